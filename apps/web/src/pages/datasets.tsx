import type { datasetsSchema } from "@shadowfarm/core/api/farm";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { DataTag } from "../parts/data-tag.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { listOf } from "../url-search.ts";

const searchSchema = z.object({ sort: z.string().optional(), column: listOf(z.string()) });

/** Which data is real here, and how to get what is not. */
export const datasetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets",
  validateSearch: searchSchema,
  component: DatasetsPage,
});

type Answer = z.output<typeof datasetsSchema>;
type Dataset = Answer["datasets"][number];

function DatasetsPage() {
  const query = useQuery(queries.datasets());
  return (
    <>
      <Heading text="Datasets" />
      <Loaded query={query}>{(answer) => <Shown answer={answer} />}</Loaded>
    </>
  );
}

function Shown({ answer: { datasets, problems } }: { answer: Answer }) {
  const { sort, column } = datasetsRoute.useSearch();
  const navigate = datasetsRoute.useNavigate();
  const change = (search: Partial<z.output<typeof searchSchema>>) =>
    void navigate({ search: (before) => ({ ...before, ...search }), replace: true });
  const count = (state: Dataset["state"]) => datasets.filter((dataset) => dataset.state === state).length;
  const missing = datasets.filter(({ state, downloads }) => state === "absent" && downloads.length > 0);
  return (
    <>
      <dl className="numbers">
        <div>
          <dt>real here</dt>
          <dd>
            <b>{count("present")}</b> <span className="faint">of {datasets.length}</span>
          </dd>
        </div>
        <div>
          <dt>SYNTHETIC stand-in alone</dt>
          <dd>
            <b>{count("absent")}</b>
          </dd>
        </div>
        <div>
          <dt>damaged</dt>
          <dd>
            <b className={count("damaged") > 0 ? "bad" : undefined}>{count("damaged")}</b>
          </dd>
        </div>
      </dl>
      {problems.length > 0 && (
        <section className="problem">
          <h2>Imported tables cannot be read</h2>
          {problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </section>
      )}
      <DataTable
        label="Datasets"
        columns={columns}
        rows={datasets}
        rowKey={({ name }) => name}
        sort={sort}
        onSort={(by) => change({ sort: by })}
        shown={column}
        onShown={(next) => change({ column: next })}
      />
      {missing.length > 0 && (
        <section>
          <h2>Get everything that can be downloaded</h2>
          <p className="faint">
            {sizeText(missing)}, checked against the published hashes. An experiment takes a stand-in only if its file
            says so.
          </p>
          <pre>
            <code>npm run farm -- data pull {missing.map(({ name }) => name).join(" ")}</code>
          </pre>
        </section>
      )}
    </>
  );
}

const columns: Column<Dataset>[] = [
  {
    id: "name",
    header: "Dataset",
    value: ({ name }) => name,
    show: ({ name }) => (
      <Link className="unbroken" to="/catalog/$kind/$name" params={{ kind: "dataset", name }}>
        {name}
      </Link>
    ),
  },
  { id: "state", header: "Here", value: ({ state }) => state, show: (dataset) => <State dataset={dataset} /> },
  { id: "records", header: "Records here", value: ({ found }) => found?.records ?? null, decimals: 0 },
  { id: "official", header: "Official", value: ({ records }) => records, decimals: 0 },
  { id: "classes", header: "Classes", value: ({ classes }) => classes, decimals: 0 },
  { id: "kind", header: "Kind", value: ({ kind }) => kind },
  {
    id: "origin",
    header: "Origin",
    value: ({ found, state }) => found?.origin ?? (state === "absent" ? "synthetic stand-in" : null),
  },
  { id: "get", header: "Get it: npm run farm -- …", value: commandOf, show: (dataset) => <Get dataset={dataset} /> },
  {
    id: "licence",
    header: "Licence",
    value: ({ licence }) => licence,
    show: ({ licence }) => <span className="terms">{licence}</span>,
  },
  { id: "title", header: "What", value: ({ title }) => title, hidden: true },
  { id: "paper", header: "Cite", value: ({ paper }) => paper, hidden: true },
];

function State({ dataset: { state, problem } }: { dataset: Dataset }) {
  if (state === "damaged") return <span className="bad">damaged: {problem}</span>;
  return <DataTag data={state === "present" ? "real" : "synthetic"} />;
}

function commandOf({ name, downloads }: Dataset): string {
  return downloads.length > 0 ? `data pull ${name}` : "data import PATH";
}

function Get({ dataset }: { dataset: Dataset }) {
  if (dataset.state === "present") return "it is here";
  const { downloads } = dataset;
  return (
    <>
      <code className="unbroken">{commandOf(dataset)}</code>{" "}
      <span className="faint unbroken">{downloads.length > 0 ? sizeText([dataset]) : "with its files"}</span>
    </>
  );
}

function sizeText(datasets: readonly Dataset[]): string {
  const bytes = datasets
    .flatMap(({ downloads }) => downloads.map((file) => file.bytes))
    .reduce((sum, own) => sum + own, 0);
  return bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
    : `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
}
