import type { workersSchema } from "@shadowfarm/core/api/farm";
import { useQuery } from "@tanstack/react-query";
import { createRoute, Link } from "@tanstack/react-router";
import { z } from "zod";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Gauge } from "../parts/gauge.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded } from "../parts/loaded.tsx";
import { countOf, durationText, timeText } from "../parts/words.ts";
import { queries } from "../queries.ts";
import { rootRoute } from "../root-route.tsx";
import { useMay } from "../session.ts";
import { listOf } from "../url-search.ts";
import { Shares } from "./workers/shares.tsx";

const searchSchema = z.object({
  which: z.enum(["all"]).optional(),
  sort: z.string().optional(),
  column: listOf(z.string()),
});

/** Who is there, what it can do, and what it does now. */
export const workersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workers",
  validateSearch: searchSchema,
  component: WorkersPage,
});

type Worker = z.output<typeof workersSchema>["workers"][number];

/** No event tells of heartbeats. */
const AGAIN_MS = 5_000;

function WorkersPage() {
  const query = useQuery({ ...queries.workers(), refetchInterval: AGAIN_MS });
  const mayWeigh = useMay("admin");
  return (
    <>
      <Heading text="Workers" />
      <Loaded query={query}>
        {({ workers }) => (workers.length === 0 ? <NoWorkers /> : <Shown workers={workers} />)}
      </Loaded>
      {mayWeigh && <Shares />}
    </>
  );
}

function NoWorkers() {
  return (
    <Empty title="No worker was heard of within a day" command="npm run farm -- up">
      <p>
        Jobs wait until there is one. Start a farm with its own workers, or <code>npm run farm -- worker</code> on any
        machine that has its <code>DATABASE_URL</code>:
      </p>
    </Empty>
  );
}

function Shown({ workers }: { workers: readonly Worker[] }) {
  const { which, sort, column } = workersRoute.useSearch();
  const navigate = workersRoute.useNavigate();
  const alive = workers.filter((worker) => worker.alive);
  const sum = (of: (worker: Worker) => number) => alive.reduce((total, worker) => total + of(worker), 0);
  const [slots, busy] = [sum((worker) => worker.slots), sum(({ slots: own, running }) => Math.min(own, running))];
  const shown = which === "all" ? workers : alive;
  const change = (search: Partial<z.output<typeof searchSchema>>) =>
    void navigate({ search: (before) => ({ ...before, ...search }), replace: true });
  return (
    <>
      <dl className="numbers">
        <div>
          <dt>slots busy</dt>
          <dd>
            <b>
              {busy} of {slots}
            </b>
          </dd>
        </div>
        <div>
          <dt>workers that are there</dt>
          <dd>
            <b>{alive.length}</b>{" "}
            <span className="faint">on {countOf(new Set(alive.map(({ machine }) => machine)).size, "machine")}</span>
          </dd>
        </div>
        <div>
          <dt>pools</dt>
          <dd>
            <b>{new Set(alive.map(({ pool }) => pool)).size}</b>
          </dd>
        </div>
        <div>
          <dt>gone or silent within a day</dt>
          <dd>
            <b>{workers.length - alive.length}</b>
          </dd>
        </div>
      </dl>
      <form className="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          <input
            type="checkbox"
            checked={which === "all"}
            onChange={({ target }) => change({ which: target.checked ? "all" : undefined })}
          />{" "}
          with those that are gone
        </label>
      </form>
      {shown.length === 0 ? (
        <Empty title="No worker is there now" command="npm run farm -- up">
          <p>Jobs wait until there is one:</p>
        </Empty>
      ) : (
        <DataTable
          label="Workers"
          columns={columns}
          rows={shown}
          rowKey={({ id }) => id}
          sort={sort}
          onSort={(by) => change({ sort: by })}
          shown={column}
          onShown={(next) => change({ column: next })}
        />
      )}
    </>
  );
}

function stateOf({ alive, stoppedAt }: Worker): string {
  if (alive) return "there";
  return stoppedAt === null ? "silent" : "gone";
}

const columns: Column<Worker>[] = [
  { id: "machine", header: "Machine", value: ({ machine }) => machine },
  {
    id: "state",
    header: "State",
    value: stateOf,
    show: (worker) => <span className={stateOf(worker) === "silent" ? "bad" : undefined}>{stateOf(worker)}</span>,
  },
  {
    id: "busy",
    header: "Slots busy",
    value: ({ running, slots }) => Math.min(running, slots),
    show: ({ id, running, slots, alive }) =>
      alive ? (
        <Gauge label={`slots of ${id} with jobs`} value={running} most={slots} text={busyText(running, slots)} />
      ) : (
        "–"
      ),
  },
  {
    id: "utilization",
    header: "Used in the last hour",
    value: ({ utilization }) => utilization,
    show: ({ id, utilization }) => (
      <Gauge label={`use of ${id}`} value={utilization} most={1} text={`${Math.round(100 * utilization)} %`} />
    ),
  },
  {
    id: "jobs",
    header: "Does now",
    value: ({ jobs }) => jobs.length,
    show: ({ jobs, running }) => <Doing jobs={jobs} running={running} />,
  },
  { id: "engine", header: "Engine", value: ({ engine }) => engine },
  { id: "labels", header: "Labels", value: ({ labels }) => labels.join(", ") || "none" },
  { id: "memory", header: "GB a job", value: ({ memory }) => memory, decimals: 0 },
  { id: "version", header: "Version", value: ({ version }) => version },
  {
    id: "heartbeat",
    header: "Heard of",
    value: ({ silentSeconds }) => silentSeconds,
    show: ({ silentSeconds }) => `${durationText(silentSeconds)} ago`,
  },
  { id: "pool", header: "Pool", value: ({ pool }) => pool },
  { id: "id", header: "Worker", value: ({ id }) => id, hidden: true },
  { id: "pid", header: "Process", value: ({ pid }) => pid, hidden: true },
  {
    id: "startedAt",
    header: "Started",
    value: ({ startedAt }) => startedAt,
    show: ({ startedAt }) => timeText(startedAt),
    hidden: true,
  },
];

/** Small trainings are packed: there may be more jobs than slots. */
function busyText(running: number, slots: number): string {
  return running > slots ? `${slots} of ${slots}, ${running} jobs` : `${running} of ${slots}`;
}

function Doing({ jobs, running }: Pick<Worker, "jobs" | "running">) {
  const [first] = jobs;
  if (!first) return "–";
  return (
    <span className="unbroken">
      {first.kind}
      {first.experiment && (
        <>
          {" of "}
          <Link to="/experiments/$id" params={{ id: first.experiment.id }}>
            {first.experiment.name}
          </Link>
        </>
      )}{" "}
      <span className="faint">
        for {durationText(first.seconds)}
        {running > 1 && `, and ${countOf(running - 1, "other")}`}
      </span>
    </span>
  );
}
