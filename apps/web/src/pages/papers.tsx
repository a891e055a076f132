import type { papersSchema } from "@shadowfarm/core/api/papers";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Gauge } from "../parts/gauge.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";

const searchSchema = z.object({ sort: z.string().optional() });

/** Does it match the papers: every paper that experiments rerun. */
export const papersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/papers",
  validateSearch: searchSchema,
  component: PapersPage,
});

type Paper = z.output<typeof papersSchema>["papers"][number];

function PapersPage() {
  const { sort } = papersRoute.useSearch();
  const navigate = papersRoute.useNavigate();
  const query = useQuery(queries.papers());
  return (
    <>
      <Heading text="Papers" />
      <Loaded query={query}>
        {({ papers, problems }) => (
          <>
            {problems.length > 0 && (
              <section className="problem">
                <h2>Experiment files that cannot be read</h2>
                {problems.map((problem) => (
                  <p key={problem}>{problem}</p>
                ))}
              </section>
            )}
            <p className="faint">
              Published numbers beside the means of our repeats. Each is within its tolerance, beyond it, without a
              tolerance, or without a result yet.
            </p>
            {papers.length === 0 ? (
              <Empty title="No experiment reruns a paper">
                <p>
                  Name the paper in an experiment file as <code>source</code>, and its numbers as <code>paper</code>.
                </p>
              </Empty>
            ) : (
              <DataTable
                label="Papers"
                columns={columns}
                rows={papers}
                rowKey={({ id }) => id}
                sort={sort}
                onSort={(by) => void navigate({ search: { sort: by }, replace: true })}
              />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

const columns: Column<Paper>[] = [
  {
    id: "source",
    header: "Paper",
    value: ({ source }) => source,
    show: ({ id, source }) => (
      <Link className="terms" to="/papers/$paper" params={{ paper: id }}>
        {source}
      </Link>
    ),
  },
  {
    id: "met",
    header: "Within tolerance",
    value: ({ within, beyond }) => (within + beyond === 0 ? null : within / (within + beyond)),
    show: ({ id, within, beyond }) =>
      within + beyond === 0 ? (
        "–"
      ) : (
        <Gauge
          label={`numbers of ${id} within tolerance`}
          value={within}
          most={within + beyond}
          text={`${within} of ${within + beyond}`}
        />
      ),
  },
  { id: "beyond", header: "Beyond", value: ({ beyond }) => beyond, decimals: 0 },
  { id: "open", header: "No tolerance", value: ({ open }) => open, decimals: 0 },
  { id: "missing", header: "No result", value: ({ missing }) => missing, decimals: 0 },
  { id: "synthetic", header: "On SYNTHETIC data", value: ({ synthetic }) => synthetic, decimals: 0 },
  { id: "numbers", header: "Numbers", value: ({ numbers }) => numbers, decimals: 0 },
  { id: "files", header: "Experiments", value: ({ files }) => files, decimals: 0 },
];
