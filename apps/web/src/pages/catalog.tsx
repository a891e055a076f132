import type { catalogSchema } from "@shadowfarm/core/api/farm";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";

const unitKinds = ["attack", "defense", "model", "dataset"] as const;

const searchSchema = z.object({
  kind: z.enum(unitKinds).optional(),
  text: z.string().optional(),
  sort: z.string().optional(),
});

/** What an experiment file can name: every unit with its paper. */
export const catalogRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/catalog",
  validateSearch: searchSchema,
  component: CatalogPage,
});

type Unit = z.output<typeof catalogSchema>["units"][number];

function CatalogPage() {
  const { kind, text = "", sort } = catalogRoute.useSearch();
  const navigate = catalogRoute.useNavigate();
  const query = useQuery(queries.catalog());
  const change = (search: Partial<z.output<typeof searchSchema>>) =>
    void navigate({ search: (before) => ({ ...before, ...search }), replace: true });
  const wanted = text.toLowerCase();
  const isWanted = (unit: Unit) =>
    (kind === undefined || unit.kind === kind) &&
    [unit.name, unit.title, unit.paper].some((own) => own.toLowerCase().includes(wanted));
  return (
    <>
      <Heading text="Catalogue" />
      <form className="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Kind{" "}
          <select
            value={kind ?? ""}
            onChange={({ target }) => change({ kind: unitKinds.find((own) => own === target.value) })}
          >
            <option value="">any</option>
            {unitKinds.map((own) => (
              <option key={own}>{own}</option>
            ))}
          </select>
        </label>
        <label>
          Name or paper <input value={text} onChange={({ target }) => change({ text: target.value || undefined })} />
        </label>
      </form>
      <Loaded query={query}>
        {({ units }) => {
          const rows = units.filter(isWanted);
          if (rows.length === 0) {
            return (
              <Empty title="No unit is like this">
                <p>
                  <Link to="/catalog">Show all of them</Link>
                </p>
              </Empty>
            );
          }
          return (
            <DataTable
              label="Units"
              columns={columns}
              rows={rows}
              rowKey={(unit) => `${unit.kind} ${unit.name}`}
              sort={sort}
              onSort={(by) => change({ sort: by })}
            />
          );
        }}
      </Loaded>
    </>
  );
}

const columns: Column<Unit>[] = [
  {
    id: "name",
    header: "Unit",
    value: ({ name }) => name,
    show: ({ kind, name }) => (
      <Link className="unbroken" to="/catalog/$kind/$name" params={{ kind, name }}>
        {name}
      </Link>
    ),
  },
  { id: "kind", header: "Kind", value: ({ kind }) => kind },
  { id: "title", header: "What", value: ({ title }) => title },
  { id: "paper", header: "Paper", value: ({ paper }) => paper },
  { id: "parameters", header: "Parameters", value: ({ params }) => Object.keys(params).length, decimals: 0 },
  { id: "version", header: "Version", value: ({ version }) => version, decimals: 0 },
];
