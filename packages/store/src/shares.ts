import { type JobKind, jobKinds } from "@shadowfarm/core/job";
import { allot, type Standing, sharesOf } from "@shadowfarm/core/share";
import type { Store } from "./client.ts";
import { offer } from "./jobs.ts";
import type { Pool } from "./workers.ts";

/** A message for the queue: which job, and which claim it is for. */
export interface Ticket {
  key: string;
  /** The job's fence when it became ready; with the key it identifies the message. */
  fence: number;
}

/** Held while jobs are handed out, by the database function `hand_out` too: who changes what it chooses from waits for it. */
export const HAND_OUT_LOCK = 0x73_68_68_6f;

/** Mean seconds of the jobs done lately, by kind, and by experiment and kind. */
export type Costs = ReadonlyMap<string, number>;

/** No job is taken to be so short that it counts for nothing. */
const LEAST_COST = 0.01;
/** Of a job while none has been measured. */
const UNKNOWN_COST = 1;
/** Jobs done last from which costs are taken. */
const MEASURED = 500;

interface StandingRow extends Omit<Standing, "cost"> {
  /** Of the next job; null when there is none. */
  kind: JobKind | null;
  /** Of the pool: jobs handed out and not yet claimed, and those among them whose message is to be sent again. */
  queued: number;
  unsent: number;
}

/** What handing out asks of a pool. */
type ToPool = Pick<Pool, "name" | "engine" | "labels" | "memory">;

/**
 * Chooses up to `limit` ready jobs by priority and fair share (core/share.ts), marks them as being in the queue and returns
 * them. Jobs whose message is to be sent again come along uncounted.
 *
 * @param pool of those that can run them; without it, whatever can be run somewhere
 * @param window no more than keep so many jobs waiting in the pool's queue
 */
export async function takeReady(
  store: Store,
  limit: number,
  options: { pool?: ToPool; window?: number; costs?: Costs; random?: () => number } = {},
): Promise<Ticket[]> {
  const { pool, window = Number.POSITIVE_INFINITY, costs = new Map(), random = Math.random } = options;
  const rows = await standingRows(store, limit, pool);
  const [{ queued, unsent } = { queued: 0, unsent: 0 }] = rows;
  const standings = rows.map((row) => ({ ...row, cost: costOf(row, costs) }));
  const { wanted, passes, ownerPasses } = allot(standings, Math.min(limit, window - queued), random);
  if (wanted.size === 0 && unsent === 0) return [];
  return store.db.$queryRaw<Ticket[]>`
    SELECT key, fence FROM hand_out(
      ${standings.map((one) => one.experiment)}::text[], ${standings.map((one) => wanted.get(one.experiment) ?? 0)}::int[],
      ${standings.map((one) => one.cost)}::float8[], ${standings.map((one) => passes.get(one.experiment) ?? null)}::float8[],
      ${[...ownerPasses.keys()]}::text[], ${[...ownerPasses.values()]}::float8[],
      ${pool?.name ?? null}, ${pool?.engine ?? null})`;
}

/** The part of the farm that each experiment with something to do can expect, by experiment. */
export async function currentShares(store: Store): Promise<Map<string, number>> {
  const rows = await standingRows(store, 1);
  return sharesOf(rows.map((row) => ({ ...row, cost: UNKNOWN_COST })));
}

async function standingRows(store: Store, most: number, pool?: ToPool): Promise<StandingRow[]> {
  return store.db.$queryRaw<StandingRow[]>`
    SELECT experiment, owner, priority, weight, pass, concurrency, owner_weight AS "ownerWeight", owner_pass AS "ownerPass",
           in_flight AS "inFlight", backlog, waiting, kind, queued, unsent
    FROM standings(${most}::int, ${pool?.name ?? null}, ${pool?.engine ?? null}, ${pool ? [...pool.labels] : null}::text[],
                   ${pool?.memory ?? null}::int)`;
}

/**
 * Moves up to `room` jobs that have waited for a second to a pool that has nothing to do, out of the queues of others.
 *
 * @returns how many were moved; their messages are to be sent
 */
export async function moveTo(store: Store, { name, engine, labels, memory }: ToPool, room: number): Promise<number> {
  return store.db.$executeRaw`
    UPDATE "Job" SET pool = ${name}, "enqueuedAt" = NULL WHERE key IN (
      SELECT job.key FROM "Job" job JOIN "Experiment" experiment ON experiment.id = job."chargedTo"
      WHERE job.state IN ('ready', 'running') AND job."chargedTo" IS NOT NULL AND job.state = 'ready' AND job.pool <> ${name}
        AND job."enqueuedAt" < now() - interval '1 second'
        AND experiment.labels <@ ${[...labels]}::text[] AND experiment.memory <= ${memory}::int
        AND (experiment.engine = ${engine} OR job.kind = 'prepare' AND NOT job.params ? 'engine')
      ORDER BY job.kind DESC LIMIT ${room}::int FOR UPDATE OF job SKIP LOCKED)`;
}

/**
 * Takes back what was handed to pools that are no more, so that it is chosen anew.
 *
 * @param pools the names of those that are
 */
export async function takeBack(store: Store, pools: readonly string[]): Promise<number> {
  const rows = await store.db.$queryRaw<{ key: string }[]>`
    UPDATE "Job" SET "chargedTo" = NULL, "enqueuedAt" = NULL
    WHERE state IN ('ready', 'running') AND "chargedTo" IS NOT NULL AND state = 'ready' AND pool <> ALL(${[...pools]}::text[])
    RETURNING key`;
  const keys = rows.map(({ key }) => key);
  // A crash between the two statements is mended by `mendOffers`.
  if (keys.length > 0) await offer(store.db, keys);
  return keys.length;
}

/** What jobs cost, from those that were done last. */
export async function recentCosts(store: Store): Promise<Costs> {
  const rows = await store.db.$queryRaw<{ experiment: string | null; kind: JobKind; seconds: number }[]>`
    SELECT "chargedTo" AS experiment, kind::text, avg(seconds) AS seconds FROM (
      SELECT "chargedTo", kind, seconds FROM "Job"
      WHERE state = 'done' AND "finishedAt" > now() - interval '1 day' ORDER BY "finishedAt" DESC LIMIT ${MEASURED}
    ) measured WHERE seconds IS NOT NULL GROUP BY GROUPING SETS (("chargedTo", kind), (kind))`;
  return new Map(
    rows.map(({ experiment, kind, seconds }) => [experiment === null ? kind : `${experiment} ${kind}`, seconds]),
  );
}

function costOf({ experiment, kind }: StandingRow, costs: Costs): number {
  const next = kind ?? (jobKinds[0] as JobKind);
  return Math.max(LEAST_COST, costs.get(`${experiment} ${next}`) ?? costs.get(next) ?? UNKNOWN_COST);
}

/** Someone who shares the farm. */
export interface UserRow {
  name: string;
  weight: number;
}

export async function listUsers(store: Store): Promise<UserRow[]> {
  return store.db.user.findMany({ select: { name: true, weight: true }, orderBy: { name: "asc" } });
}

/** Sets a user's part of the farm, also before they first submit. */
export async function weighUser(store: Store, name: string, weight: number): Promise<void> {
  await store.db.user.upsert({ where: { name }, create: { name, weight }, update: { weight } });
}

/**
 * Mends the offers, which a crash or an unlucky moment may leave wrong: takes back those of jobs that have run or are not
 * wanted any more, and offers ready jobs that are offered to nobody.
 *
 * @returns how many jobs were forgotten
 */
export async function mendOffers(store: Store): Promise<number> {
  await store.db.$executeRaw`
    DELETE FROM "Offer" offer WHERE NOT EXISTS (SELECT FROM "Experiment" WHERE id = offer."experimentId" AND state = 'running')
      OR NOT EXISTS (SELECT FROM "Job" WHERE key = offer."jobKey" AND state::text = 'ready' AND "chargedTo" IS NULL)`;
  const [row] = await store.db.$queryRaw<[{ count: number }]>`
    WITH forgotten AS (
      SELECT key FROM "Job" job WHERE state = 'ready' AND "chargedTo" IS NULL
        AND NOT EXISTS (SELECT FROM "Offer" WHERE "jobKey" = job.key)
        AND EXISTS (
          SELECT FROM "ExperimentJob" wanted JOIN "Experiment" active ON active.id = wanted."experimentId"
          WHERE wanted."jobKey" = job.key AND active.state = 'running')
    )
    SELECT count(*)::int AS count, offer_jobs(array_agg(key))::text FROM forgotten`;
  return row.count;
}
