import { type Abilities, meets, type Needs, poolName } from "@shadowfarm/core/pool";
import { PROTOCOL } from "@shadowfarm/core/protocol";
import type { Store } from "./client.ts";
import { wakeSchedulers } from "./signals.ts";

/** A worker that was not heard of for so long is not counted on. */
export const SILENT_SECONDS = 30;

export interface WorkerRow {
  id: string;
  machine: string;
  pid: number;
  slots: number;
  engine: string;
  version: string;
  labels?: readonly string[];
  /** Gigabytes for each job. */
  memory?: number;
}

/**
 * Adds a worker to the pool of those that can do the same.
 *
 * @returns the pool's name
 */
export async function registerWorker(store: Store, worker: WorkerRow): Promise<string> {
  const { engine, labels = [], memory = 0 } = worker;
  const pool = poolName({ engine, labels, memory }, PROTOCOL);
  await store.db.worker.create({ data: { ...worker, labels: [...labels], pool } });
  await wakeSchedulers(store.db, "workers");
  return pool;
}

/** Has no more jobs handed to a worker, which finishes what it has. */
export async function retireWorker(store: Store, id: string): Promise<void> {
  await store.db.worker.update({ where: { id }, data: { stoppedAt: new Date() } });
}

/**
 * Compute slots of the workers that were heard of lately.
 *
 * @param engine of those alone
 */
export async function liveSlots(store: Store, engine: string | null = null): Promise<number> {
  // By one clock: that of a machine may be wrong.
  const [row] = await store.db.$queryRaw<[{ slots: number }]>`
    SELECT coalesce(sum(slots), 0)::int AS slots FROM "Worker"
    WHERE "stoppedAt" IS NULL AND heartbeat > now() - make_interval(secs => ${SILENT_SECONDS})
      AND (${engine}::text IS NULL OR engine = ${engine})`;
  return row.slots;
}

/** Live workers that can do the same. */
export interface Pool extends Abilities {
  name: string;
  slots: number;
  /** Jobs that they run. */
  busy: number;
  /** Jobs that wait in their queue. */
  queued: number;
}

/** The pools of the workers that were heard of lately and that speak of jobs as this Shadowfarm does. */
export async function livePools(store: Store): Promise<Pool[]> {
  const rows = await store.db.$queryRaw<Pool[]>`
    WITH flight AS MATERIALIZED (
      SELECT state, pool, "workerId" FROM "Job" WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL
    )
    SELECT worker.pool AS name, min(engine) AS engine, min(labels) AS labels, min(memory) AS memory, sum(slots)::int AS slots,
           (SELECT count(*)::int FROM flight WHERE state = 'running' AND "workerId" = ANY(array_agg(worker.id))) AS busy,
           (SELECT count(*)::int FROM flight WHERE state = 'ready' AND flight.pool = worker.pool) AS queued
    FROM "Worker" worker
    WHERE "stoppedAt" IS NULL AND heartbeat > now() - make_interval(secs => ${SILENT_SECONDS}) GROUP BY worker.pool
    ORDER BY worker.pool`;
  return rows.filter((row) => row.name === poolName(row, PROTOCOL));
}

/** How many jobs of an experiment can run at a time, if it has the farm for itself. */
export function slotsFor(pools: readonly Pool[], needs: Needs): number {
  return pools.reduce((sum, pool) => sum + (meets(pool, needs) ? pool.slots : 0), 0);
}

/** A running experiment with jobs that none of the live workers can run. */
export interface Unserved extends Abilities {
  experiment: string;
  name: string;
  /** Jobs that are ready. */
  jobs: number;
}

/** Running experiments whose ready jobs wait for a worker that is not there. */
export async function unservedExperiments(store: Store, pools: readonly Pool[]): Promise<Unserved[]> {
  const waiting = await store.db.$queryRaw<Omit<Unserved, "jobs">[]>`
    SELECT id AS experiment, name, engine, labels, memory FROM "Experiment" running
    WHERE state = 'running' AND EXISTS (SELECT FROM "Offer" WHERE "experimentId" = id) ORDER BY "submittedAt"`;
  const unserved = waiting.filter((needs) => !pools.some((pool) => meets(pool, needs)));
  if (unserved.length === 0) return [];
  // Where the engine alone is missing, what needs none can be run.
  const anyEngine = unserved.map((needs) => pools.some((pool) => meets({ ...pool, engine: needs.engine }, needs)));
  const counts = await store.db.$queryRaw<{ experiment: string; jobs: number }[]>`
    SELECT offer."experimentId" AS experiment, count(*)::int AS jobs
    FROM unnest(${unserved.map(({ experiment }) => experiment)}::text[], ${anyEngine}::boolean[]) AS unserved(id, any_engine)
    JOIN "Offer" offer ON offer."experimentId" = unserved.id JOIN "Job" job ON job.key = offer."jobKey"
    WHERE job.state::text = 'ready' AND NOT (any_engine AND offer.kind = 'prepare' AND NOT job.params ? 'engine') GROUP BY 1`;
  const jobsOf = new Map(counts.map(({ experiment, jobs }) => [experiment, jobs]));
  return unserved.flatMap((needs) => {
    const jobs = jobsOf.get(needs.experiment);
    return jobs === undefined ? [] : [{ ...needs, jobs }];
  });
}
