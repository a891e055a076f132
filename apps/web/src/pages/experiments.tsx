import type { experimentsSchema } from "@shadowfarm/core/api/experiments";
import { experimentStates } from "@shadowfarm/core/job";
import { useInfiniteQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { ProgressBar } from "../parts/progress-bar.tsx";
import { durationText, timeText } from "../parts/words.ts";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { useMay } from "../session.ts";

const searchSchema = z.object({
  state: z.enum(experimentStates).optional(),
  user: z.string().optional(),
  name: z.string().optional(),
  sort: z.string().optional(),
});

/** What runs, when it is done, what broke: every experiment. */
export const experimentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments",
  validateSearch: searchSchema,
  component: ExperimentsPage,
});

function ExperimentsPage() {
  const { sort, ...filter } = experimentsRoute.useSearch();
  const may = useMay("submitter");
  const navigate = experimentsRoute.useNavigate();
  const query = useInfiniteQuery(queries.experiments({ ...filter, limit: 100 }));
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const change = (search: Partial<z.output<typeof searchSchema>>) =>
    void navigate({ search: (before) => ({ ...before, ...search }), replace: true });
  return (
    <>
      <Heading text="Experiments">
        <span className="wide" />
        {may && (
          <Link to="/submit" className="button">
            Submit an experiment
          </Link>
        )}
      </Heading>
      <form className="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Name{" "}
          <input value={filter.name ?? ""} onChange={({ target }) => change({ name: target.value || undefined })} />
        </label>
        <label>
          State{" "}
          <select
            value={filter.state ?? ""}
            onChange={({ target }) => change({ state: experimentStates.find((state) => state === target.value) })}
          >
            <option value="">any</option>
            {experimentStates.map((state) => (
              <option key={state}>{state}</option>
            ))}
          </select>
        </label>
        <label>
          Owner{" "}
          <input value={filter.user ?? ""} onChange={({ target }) => change({ user: target.value || undefined })} />
        </label>
      </form>
      <Loaded query={query}>
        {({ pages }) => {
          const rows = pages.flatMap(({ experiments }) => experiments);
          if (rows.length === 0) return <NoExperiments filtered={filtered} />;
          return (
            <>
              <DataTable
                label="Experiments"
                columns={columns}
                rows={rows}
                rowKey={({ id }) => id}
                sort={sort}
                onSort={(by) => change({ sort: by })}
              />
              {query.hasNextPage && (
                <p className="actions">
                  <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    Show older ones
                  </button>
                </p>
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function NoExperiments({ filtered }: { filtered: boolean }) {
  const may = useMay("submitter");
  if (filtered) {
    return (
      <Empty title="No experiment is like this">
        <p>
          <Link to="/experiments">Show all of them</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing was submitted yet" command="npm run farm -- submit apps/farm/experiments/demo.yaml">
      <p>
        {may && (
          <>
            <Link to="/submit">Submit an experiment</Link> here, or from the checkout:
          </>
        )}
        {!may && "From the checkout:"}
      </p>
    </Empty>
  );
}

type Row = z.output<typeof experimentsSchema>["experiments"][number];

const columns: Column<Row>[] = [
  {
    id: "name",
    header: "Name",
    value: ({ name }) => name,
    show: ({ id, name }) => (
      <Link to="/experiments/$id" params={{ id }}>
        {name}
      </Link>
    ),
  },
  { id: "user", header: "Owner", value: ({ user }) => user },
  { id: "state", header: "State", value: ({ state }) => state },
  {
    id: "progress",
    header: "Jobs",
    value: ({ progress: { total, done } }) => (total === 0 ? 0 : done / total),
    show: ({ progress, name }) => <ProgressBar progress={progress} title={`Jobs of ${name}`} />,
  },
  {
    id: "eta",
    header: "Done in",
    value: ({ progress: { etaSeconds } }) => etaSeconds,
    show: (row) => etaText(row),
    decimals: 0,
  },
  {
    id: "compute",
    header: "Compute",
    value: ({ progress: { computeSeconds } }) => computeSeconds,
    show: ({ progress: { computeSeconds } }) => durationText(computeSeconds),
    decimals: 0,
  },
  {
    id: "submittedAt",
    header: "Submitted",
    value: ({ submittedAt }) => submittedAt,
    show: ({ submittedAt }) => timeText(submittedAt),
  },
];

function etaText({ state, progress: { etaSeconds } }: Row): string {
  if (state !== "running" && state !== "submitted") return "–";
  return etaSeconds === null ? "not known yet" : durationText(etaSeconds);
}
