import type { paperDetailSchema } from "@shadowfarm/core/api/papers";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Gauge } from "../parts/gauge.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded, PlotShape } from "../parts/loaded.tsx";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { type Comparison, Figure } from "./papers/figure.tsx";

const searchSchema = z.object({ experiment: z.string().optional() });

/** Does it match the paper: theirs beside ours, figure by figure, of one experiment at a time. */
export const paperRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/papers/$paper",
  validateSearch: searchSchema,
  component: PaperPage,
});

type Paper = z.output<typeof paperDetailSchema>;
type Rerun = Paper["experiments"][number];

function PaperPage() {
  const { paper } = paperRoute.useParams();
  const query = useQuery(queries.paperDetail(paper));
  return (
    <Loaded query={query} shape={<PlotShape />}>
      {(detail) => <Shown paper={detail} />}
    </Loaded>
  );
}

function Shown({ paper }: { paper: Paper }) {
  const { source, within, beyond, open, missing, synthetic, experiments } = paper;
  const { experiment } = paperRoute.useSearch();
  const shown = experiments.find(({ name }) => name === experiment) ?? experiments.find(hasResults) ?? experiments[0];
  const counts: [name: string, count: number][] = [
    ["within tolerance", within],
    ["beyond it", beyond],
    ["without a tolerance", open],
    ["without a result", missing],
    ["compared with SYNTHETIC data", synthetic],
  ];
  return (
    <>
      <Heading text={source} />
      <dl className="numbers">
        {counts.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <b>{count}</b>
            </dd>
          </div>
        ))}
      </dl>
      {experiments.length > 1 && (
        <DataTable
          label="Experiments that rerun it"
          columns={columnsFor(paper, shown?.name)}
          rows={experiments}
          rowKey={({ name }) => name}
        />
      )}
      {shown && <Experiment rerun={shown} />}
    </>
  );
}

function hasResults({ comparisons }: Rerun): boolean {
  return comparisons.some(({ ours }) => ours.n > 0);
}

function columnsFor({ id }: Paper, shown: string | undefined): Column<Rerun>[] {
  const count = ({ comparisons }: Rerun, is: (comparison: Comparison) => boolean) => comparisons.filter(is).length;
  const within = (rerun: Rerun) => count(rerun, ({ holds }) => holds === true);
  const judged = (rerun: Rerun) => count(rerun, ({ holds }) => holds !== null);
  return [
    {
      id: "name",
      header: "Experiment",
      value: ({ name }) => name,
      show: ({ name }) => (
        <Link
          className="unbroken"
          to="/papers/$paper"
          params={{ paper: id }}
          search={{ experiment: name }}
          replace
          resetScroll={false}
          activeProps={{}}
          aria-current={name === shown ? "true" : undefined}
        >
          {name}
        </Link>
      ),
    },
    { id: "state", header: "State", value: ({ experiment }) => experiment?.state ?? "not run" },
    {
      id: "within",
      header: "Within tolerance",
      value: within,
      show: (rerun) =>
        judged(rerun) === 0 ? (
          "–"
        ) : (
          <Gauge
            label={`numbers of ${rerun.name} within tolerance`}
            value={within(rerun)}
            most={judged(rerun)}
            text={`${within(rerun)} of ${judged(rerun)}`}
          />
        ),
    },
    { id: "missing", header: "No result", value: (rerun) => count(rerun, ({ ours }) => ours.n === 0), decimals: 0 },
    { id: "numbers", header: "Numbers", value: ({ comparisons }) => comparisons.length, decimals: 0 },
    { id: "file", header: "File", value: ({ file }) => file?.replace(/^apps\/farm\/experiments\//, "") ?? "submitted" },
  ];
}

function Experiment({ rerun }: { rerun: Rerun }) {
  const { name, description, file, experiment, changed, comparisons } = rerun;
  return (
    <section>
      <h2>{name}</h2>
      {description !== "" && <p>{description}</p>}
      <p className="faint">
        {experiment === null ? (
          "It was not run here yet."
        ) : (
          <>
            <Link to="/experiments/$id" params={{ id: experiment.id }}>
              The newest run of it
            </Link>{" "}
            is {experiment.state}.
          </>
        )}{" "}
        {changed.length > 0 && (
          <span className="bad">It was run with {changed.join(", ")} other than the file has.</span>
        )}{" "}
        {file === null && "It was submitted; no file of it comes with this version."}
      </p>
      {file !== null && (
        <pre>
          <code>npm run farm -- run {file}</code>
        </pre>
      )}
      {comparisons.length === 0 && (
        <p className="faint">It reruns the setting; no number of the paper is in its file to be compared with.</p>
      )}
      {figuresOf(comparisons).map(([figure, own]) => (
        <Figure key={figure} name={name} figure={figure} comparisons={own} rerun={rerun} />
      ))}
    </section>
  );
}

function figuresOf(comparisons: readonly Comparison[]): [figure: string, comparisons: Comparison[]][] {
  const figures = new Map<string, Comparison[]>();
  for (const comparison of comparisons) {
    const { figure } = comparison;
    figures.set(figure, [...(figures.get(figure) ?? []), comparison]);
  }
  return [...figures];
}
