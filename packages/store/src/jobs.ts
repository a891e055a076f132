import type { JobWork } from "@shadowfarm/core/job";
import type { Metrics } from "@shadowfarm/core/metrics";
import type { ArtifactRef } from "./artifacts.ts";
import type { Store } from "./client.ts";
import { PLAN_LOCK } from "./plans.ts";
import { liveSlots } from "./workers.ts";

/** A job in the hands of one worker. `fence` proves it: a later claim raises it, and the older can no longer commit. */
export type Claim = JobWork & {
  key: string;
  fence: number;
  /** A running experiment that wants it, the newest of several. */
  experiment: string | null;
  /** The artifacts of the job's inputs, by input key and name. */
  inputs: Record<string, Record<string, ArtifactRef>>;
  /** What an earlier attempt left to go on from; see checkpoints.ts. */
  checkpoint: ArtifactRef[];
};

/** What a job leaves. */
export interface Outcome {
  artifacts: Record<string, ArtifactRef>;
  /** Of an attack job. */
  metrics?: Metrics;
  seconds: number;
}

/** Where and with what a job was computed; kept with its result. */
export interface Provenance {
  engine: string;
  machine: string;
  version: string;
}

// Statements about one job compare `state::text`, so that Postgres looks the row up by its key. For `state` alone it takes
// the index on states, where every job that ever ran has left a dead entry until the next vacuum.

/**
 * Claims a ready job for a worker by compare-and-set; null when it is not ready, because another has it or it is over. A late
 * message is not good for a job that has not been handed out again, if it is of an experiment with a limited concurrency.
 */
export async function claim(store: Store, key: string, workerId: string): Promise<Claim | null> {
  const [held] = await claimAll(store, [key], workerId);
  return held ?? null;
}

/** Claims those of some jobs that are ready. */
export async function claimAll(store: Store, keys: readonly string[], workerId: string): Promise<Claim[]> {
  return store.db.$queryRaw<Claim[]>`
    WITH claimed AS (
      UPDATE "Job" SET state = 'running', fence = fence + 1, "workerId" = ${workerId}, heartbeat = now()
      WHERE key = ANY(${[...keys]}::text[]) AND state::text = 'ready' AND (
        "chargedTo" IS NOT NULL OR NOT EXISTS (
          SELECT FROM "ExperimentJob" wanted JOIN "Experiment" active ON active.id = wanted."experimentId"
          WHERE wanted."jobKey" = key AND active.state = 'running' AND active.concurrency IS NOT NULL))
      RETURNING key, kind, params, fence
    ), attempt AS (
      INSERT INTO "Attempt" ("jobKey", fence, "workerId") SELECT key, fence, ${workerId} FROM claimed
    )
    SELECT key, kind::text, params, fence, (
      SELECT coalesce(jsonb_object_agg(input, artifacts), '{}') FROM (
        SELECT artifact."jobKey" AS input,
               jsonb_object_agg(artifact.name, jsonb_build_object('sha256', artifact.sha256, 'bytes', artifact.bytes)) AS artifacts
        FROM "JobDependency" edge JOIN "Artifact" artifact ON artifact."jobKey" = edge."inputKey"
        WHERE edge."jobKey" = claimed.key GROUP BY artifact."jobKey") AS found
    ) AS inputs, (
      SELECT experiment.id FROM "ExperimentJob" wanted JOIN "Experiment" experiment ON experiment.id = wanted."experimentId"
      WHERE wanted."jobKey" = claimed.key AND experiment.state = 'running' ORDER BY experiment."submittedAt" DESC LIMIT 1
    ) AS experiment,
    coalesce((SELECT artifacts FROM "Checkpoint" WHERE "jobKey" = claimed.key), '[]') AS checkpoint
    FROM claimed`;
}

/** Gives back a message of a job that was not claimed, so that it is sent again, to whoever is there. */
export async function returnMessage(store: Store, key: string): Promise<void> {
  await store.db.$executeRaw`
    UPDATE "Job" SET "enqueuedAt" = NULL WHERE key = ${key} AND state::text = 'ready' AND "chargedTo" IS NOT NULL`;
}

/** Ready trainings that are looked at for one that asks for company. */
const MANY_ALIKE = 1_000;

/**
 * Claims further ready trainings that differ from a held one in nothing but their seeds and whose model it is, so that
 * they can be trained as one, and that were left at the same place, if they were begun before. Never so many that another compute slot would go without: each gets its share.
 *
 * @param most how many at most
 */
export async function claimAlike(store: Store, held: Claim, most: number, workerId: string): Promise<Claim[]> {
  if (held.kind !== "train" || most < 1) return [];
  const ready = await store.db.$queryRaw<{ key: string }[]>`
    SELECT job.key FROM "JobDependency" edge
    JOIN "Job" job ON job.key = edge."jobKey"
    JOIN "Job" like_this ON like_this.key = ${held.key}
    WHERE edge."inputKey" = ${held.params.inputs.records} AND job.state::text = 'ready' AND job.kind = 'train'
      AND job.params - '{owner,seed}'::text[] #- '{split,seed}' = like_this.params - '{owner,seed}'::text[] #- '{split,seed}'
      AND (SELECT artifacts FROM "Checkpoint" WHERE "jobKey" = job.key)
          IS NOT DISTINCT FROM (SELECT artifacts FROM "Checkpoint" WHERE "jobKey" = ${held.key})
    ORDER BY job.key LIMIT ${MANY_ALIKE}`;
  const share = Math.ceil((ready.length + 1) / Math.max(1, await liveSlots(store, held.params.engine))) - 1;
  const taken = ready.slice(0, Math.min(most, share)).map(({ key }) => key);
  if (taken.length === 0) return [];
  const company = await claimAll(store, taken, workerId);
  // Those that have not been handed out are charged as the one that they accompany.
  const keys = company.map((job) => job.key);
  await store.db.$executeRaw`SELECT charge_company(${held.key}, ${keys}::text[])`;
  return company;
}

/** A job that was computed. */
export interface Finished {
  held: Claim;
  outcome: Outcome;
  where: Provenance;
}

/**
 * Commits finished jobs in one transaction, the database function `commit_jobs` of the migrations: done, artifacts, results,
 * dependants released.
 *
 * @returns the keys of those that were committed: for a claim that is no longer the newest, nothing is written
 */
export async function commitAll(store: Store, finished: readonly Finished[]): Promise<Set<string>> {
  const batch = finished.map(({ held: { key, fence }, outcome: { artifacts, metrics, seconds }, where }) => ({
    ...{ key, fence, seconds, metrics, ...where },
    artifacts: Object.entries(artifacts).map(([name, ref]) => ({ name, ...ref })),
  }));
  const [row] = await store.db.$queryRaw<[{ committed: string[] }]>`
    SELECT commit_jobs(${JSON.stringify(batch)}::jsonb) AS committed`;
  return new Set(row.committed);
}

/** Commits one job. @returns false, with nothing written, when the claim is no longer the newest */
export async function commit(store: Store, held: Claim, outcome: Outcome, where: Provenance): Promise<boolean> {
  return (await commitAll(store, [{ held, outcome, where }])).has(held.key);
}

/** How an attempt that did not succeed is to be taken. */
export interface Failure {
  error: string;
  retryable: boolean;
  /** Failed attempts after which the job is given up. */
  maxFailures: number;
  /** Wait before the first retry; doubled for each further one. */
  backoffSeconds: number;
}

/** Ends a claim without success: the job becomes ready again, or fails and blocks whatever depends on it. */
export async function failAttempt(store: Store, held: { key: string; fence: number }, failure: Failure): Promise<void> {
  await store.db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(${PLAN_LOCK})`;
    const rows = await tx.$queryRaw<{ state: string }[]>`
      UPDATE "Job" SET
        failures = failures + 1,
        state = CASE WHEN ${failure.retryable} AND failures + 1 < ${failure.maxFailures} THEN 'ready' ELSE 'failed' END::"JobState",
        "enqueuedAt" = NULL, "chargedTo" = NULL,
        "notBefore" = now() + make_interval(secs => ${failure.backoffSeconds}::float8 * 2 ^ failures),
        error = ${failure.error}, "finishedAt" = now()
      WHERE key = ${held.key} AND state::text = 'running' AND fence = ${held.fence} RETURNING state::text`;
    if (rows.length === 0) return;
    await tx.attempt.updateMany({
      where: { jobKey: held.key, fence: held.fence },
      data: { outcome: "failed", error: failure.error, finishedAt: new Date() },
    });
    if (rows[0]?.state === "failed") await blockDependants(tx, held.key);
    else await offer(tx, [held.key]);
  });
}

/** Has the scheduler choose from these jobs, if they are ready. */
export async function offer(tx: Pick<Store["db"], "$executeRaw">, keys: readonly string[]): Promise<void> {
  await tx.$executeRaw`SELECT offer_jobs(${[...keys]}::text[])`;
}

/** Nothing that depends on a failed job, near or far, can be done. */
export async function blockDependants(tx: Pick<Store["db"], "$executeRaw">, key: string): Promise<void> {
  await tx.$executeRaw`
    WITH RECURSIVE downstream AS (
      SELECT "jobKey" FROM "JobDependency" WHERE "inputKey" = ${key}
      UNION SELECT edge."jobKey" FROM "JobDependency" edge JOIN downstream ON edge."inputKey" = downstream."jobKey"
    )
    UPDATE "Job" SET state = 'blocked', "finishedAt" = now(), error = 'its input ' || ${key} || ' failed'
    WHERE key IN (SELECT "jobKey" FROM downstream) AND state IN ('waiting', 'ready')`;
}

/** Gives a job back unharmed, for another worker to take: this one is stopping, or has an `error` that is not the job's. */
export async function handBack(
  store: Store,
  held: { key: string; fence: number },
  error: string | null = null,
): Promise<void> {
  await store.db.$transaction(async (tx) => {
    await tx.$executeRaw`
      WITH given AS (
        UPDATE "Job" SET state = 'ready', "enqueuedAt" = NULL, "chargedTo" = NULL
        WHERE key = ${held.key} AND state::text = 'running' AND fence = ${held.fence} RETURNING key, fence
      )
      UPDATE "Attempt" SET outcome = 'cancelled', "finishedAt" = now(), error = ${error}
      FROM given WHERE "Attempt"."jobKey" = given.key AND "Attempt".fence = given.fence`;
    await offer(tx, [held.key]);
  });
}

/** Says that a worker and its jobs are alive. Returns the keys it still holds: the others were cancelled or given away. */
export async function heartbeat(store: Store, workerId: string, keys: readonly string[]): Promise<Set<string>> {
  const rows = await store.db.$queryRaw<{ key: string }[]>`
    WITH worker AS (UPDATE "Worker" SET heartbeat = now() WHERE id = ${workerId})
    UPDATE "Job" SET heartbeat = now()
    WHERE key = ANY(${[...keys]}::text[]) AND state::text = 'running' AND "workerId" = ${workerId} RETURNING key`;
  return new Set(rows.map((row) => row.key));
}

/** Attempts lost with their workers after which a job is taken to be what kills them. */
const MAX_LOST = 10;

/** The last sign of life that a job's worker gave. */
export interface Sign {
  key: string;
  fence: number;
  /** Milliseconds since 1970 by the database's clock; only good to be compared. */
  at: number;
}

/** Of every running job. */
export async function signsOfLife(store: Store): Promise<Sign[]> {
  return store.db.$queryRaw<Sign[]>`
    SELECT key, fence, (extract(epoch FROM heartbeat) * 1000)::float8 AS at FROM "Job" WHERE state = 'running'`;
}

/**
 * Frees running jobs whose workers have given no further sign. They have had their turn and have been charged for: their messages
 * are sent again before any other.
 *
 * @param signs all running jobs, where it is left out: for a farm that has the database to itself and starts
 */
export async function freeLost(store: Store, signs?: readonly Sign[]): Promise<number> {
  const silent = signs ?? (await signsOfLife(store));
  if (silent.length === 0) return 0;
  const rows = await store.db.$queryRaw<{ key: string; state: string }[]>`
    WITH lost AS (
      SELECT key, fence, (
        SELECT count(*) FROM "Attempt" WHERE "jobKey" = key AND outcome = 'lost'
      ) + 1 >= ${MAX_LOST} AS hopeless
      FROM "Job" WHERE state = 'running' AND (key, fence, (extract(epoch FROM heartbeat) * 1000)::float8) IN (
        SELECT * FROM unnest(
          ${silent.map(({ key }) => key)}::text[], ${silent.map(({ fence }) => fence)}::int[], ${silent.map(({ at }) => at)}::float8[]))
      FOR UPDATE SKIP LOCKED
    ), attempt AS (
      UPDATE "Attempt" SET outcome = 'lost', "finishedAt" = now(), error = 'its worker fell silent'
      FROM lost WHERE "Attempt"."jobKey" = lost.key AND "Attempt".fence = lost.fence
    )
    UPDATE "Job" SET
      state = CASE WHEN lost.hopeless THEN 'failed' ELSE 'ready' END::"JobState",
      error = CASE WHEN lost.hopeless THEN ${MAX_LOST}::text || ' workers died while they ran it' END,
      "enqueuedAt" = NULL
    FROM lost WHERE "Job".key = lost.key RETURNING "Job".key, "Job".state::text`;
  for (const { key, state } of rows) if (state === "failed") await blockDependants(store.db, key);
  // Those that were claimed without having been handed out have yet to be. A crash before this is mended by `mendOffers`.
  if (rows.length > 0)
    await offer(
      store.db,
      rows.map(({ key }) => key),
    );
  return rows.length;
}

/** How many jobs should have a message in the queue of each pool by now. */
export async function countEnqueued(store: Store): Promise<Map<string, number>> {
  const rows = await store.db.$queryRaw<{ pool: string; count: number }[]>`
    SELECT coalesce(pool, '') AS pool, count(*)::int AS count FROM "Job"
    WHERE state = 'ready' AND "enqueuedAt" < now() - interval '5 seconds' GROUP BY 1`;
  return new Map(rows.map(({ pool, count }) => [pool, count]));
}

/**
 * Has every message that has waited for so long sent again; the queue ignores those that it still has.
 *
 * @param pool in its queue; in all of them, where it is left out
 */
export async function enqueueAgain(store: Store, seconds = 5, pool: string | null = null): Promise<number> {
  return store.db.$executeRaw`
    UPDATE "Job" SET "enqueuedAt" = NULL
    WHERE state = 'ready' AND "enqueuedAt" < now() - make_interval(secs => ${seconds}::float8)
      AND (${pool}::text IS NULL OR pool = ${pool})`;
}
