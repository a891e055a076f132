import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { type KnownTexts, remember } from "@shadowfarm/core/fingerprint";
import { inputKeys } from "@shadowfarm/core/job";
import { combinationOf, type Plan } from "@shadowfarm/core/plan";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Store } from "./client.ts";
import { WAKE_CHANNEL } from "./signals.ts";

/**
 * Held shared by whoever changes a job's state (a trigger sees to it) and exclusively while a plan's states are settled and
 * counted: without it, an input that is committed at that moment would neither be seen as done by the plan nor see its new
 * dependants.
 */
export const PLAN_LOCK = 0x73_68_70_6c;

/** Held while a plan is written: what one planner finds missing, no other writes meanwhile. */
const WRITE_LOCK = 0x73_68_70_77;

/** Runs a statement with its parameters in the caller's transaction. */
type Execute = (statement: string, parameters: unknown[]) => Promise<unknown>;

/** Rows made or asked for at a time, so that the process does other things in between. */
const CHUNK = 1_000;
/** New jobs from which on fresh statistics are worth their time: without, the next statements would read whole tables. */
const MANY = 10_000;

/**
 * Writes an experiment's plan in one transaction: jobs that do not exist yet, their dependencies, and the experiment's
 * cells. What is there already is not written again. Jobs that are done stay done; jobs that failed, were blocked or cancelled
 * are asked for anew. Nothing is written when the experiment is not waiting for its plan: another scheduler, or a
 * cancellation, was quicker.
 *
 * A further round of a running experiment adds to its plan.
 *
 * This is the one place that speaks to pg and not through Prisma, which has no COPY.
 */
export async function recordPlan(
  store: Store,
  experimentId: string,
  plan: Plan,
  waiting: "submitted" | "running" = "submitted",
): Promise<void> {
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  const execute: Execute = (statement, parameters) => client.query(statement, parameters);
  try {
    await client.query("BEGIN");
    await execute("SELECT pg_advisory_xact_lock($1::bigint)", [WRITE_LOCK]);
    const mine = await client.query(
      `UPDATE "Experiment" SET state = 'running', error = NULL, "finishedAt" = NULL, pass = NULL,
         "askedAt" = CASE WHEN state = 'submitted' THEN clock_timestamp() ELSE "askedAt" END
       WHERE id = $1 AND state = $2::"ExperimentState"`,
      [experimentId, waiting],
    );
    if (mine.rowCount === 1) {
      await writeJobs(client, plan);
      await writeWanted(client, experimentId, plan, waiting === "submitted");
      await writeCells(client, experimentId, plan);
      if (waiting === "submitted") await redoWithoutScores(execute, experimentId);
      await askAgain(execute, experimentId);
      // After the lock that it takes: a result is either committed by now, or its commit will see these cells.
      await execute("SELECT write_result_rows(NULL, $1)", [experimentId]);
      await execute("SELECT pg_notify($1, 'jobs')", [WAKE_CHANNEL]);
    }
    await client.query("COMMIT");
  } finally {
    // Without its COMMIT a closed connection leaves nothing.
    await client.end();
  }
}

/** Writes the jobs that do not exist, with their edges. */
async function writeJobs(client: pg.Client, { jobs }: Plan): Promise<void> {
  const known = new Set<string>();
  await inChunks(jobs, async (some) => {
    const { rows } = await client.query<{ key: string }>(`SELECT key FROM "Job" WHERE key = ANY($1::text[])`, [
      some.map(({ key }) => key),
    ]);
    for (const { key } of rows) known.add(key);
  });
  const fresh = jobs.filter(({ key }) => !known.has(key)).map((job) => ({ ...job, inputs: inputKeys(job) }));
  const columns = ["key", "kind", "params", "state", "pending", "effort"];
  await copy(client, "Job", columns, fresh, ({ key, kind, params, inputs, effort }) => [
    [key, kind, JSON.stringify(params), "waiting", inputs.length, effort],
  ]);
  await copy(client, "JobDependency", ["jobKey", "inputKey"], fresh, ({ key, inputs }) =>
    inputs.map((input) => [key, input]),
  );
  if (fresh.length > MANY) await client.query(`ANALYZE "Job", "JobDependency"`);
}

/** Notes which jobs the experiment wants; when it asks `anew`, none but these. */
async function writeWanted(client: pg.Client, experimentId: string, { jobs }: Plan, anew: boolean): Promise<void> {
  const { rows } = await client.query<{ key: string }>(
    `SELECT "jobKey" AS key FROM "ExperimentJob" WHERE "experimentId" = $1`,
    [experimentId],
  );
  const known = new Set(rows.map(({ key }) => key));
  if (anew) {
    const planned = new Set(jobs.map(({ key }) => key));
    await inChunks(
      [...known].filter((key) => !planned.has(key)),
      (gone) =>
        client.query(`DELETE FROM "ExperimentJob" WHERE "experimentId" = $1 AND "jobKey" = ANY($2::text[])`, [
          experimentId,
          gone,
        ]),
    );
  }
  const fresh = jobs.filter(({ key }) => !known.has(key));
  await copy(client, "ExperimentJob", ["experimentId", "jobKey"], fresh, ({ key }) => [[experimentId, key]]);
  if (fresh.length > MANY) await client.query(`ANALYZE "ExperimentJob"`);
}

const cellColumns = [
  ...["experimentId", "index", "repeat", "dataset", "data", "origin", "datasetParams", "records", "split", "model"],
  ...["modelParams", "training", "defense", "defenseParams", "attack", "attackParams", "attacker", "jobKey"],
] as const;

/** A cell's job says all of what it is, so that a cell with another job is another. */
async function writeCells(client: pg.Client, experimentId: string, { cells }: Plan): Promise<void> {
  const { rows } = await client.query<{ index: number; key: string }>(
    `SELECT index, "jobKey" AS key FROM "Cell" WHERE "experimentId" = $1`,
    [experimentId],
  );
  const known = new Set<number>();
  const stale: number[] = [];
  for (const { index, key } of rows) {
    if (cells[index]?.jobKey === key) known.add(index);
    else stale.push(index);
  }
  if (stale.length > 0) {
    await client.query(`DELETE FROM "Cell" WHERE "experimentId" = $1 AND index = ANY($2::int[])`, [
      experimentId,
      stale,
    ]);
  }
  const fresh = cells.map((cell, index) => ({ cell, index })).filter(({ index }) => !known.has(index));
  const texts: KnownTexts = new WeakMap();
  await copy(client, "Cell", cellColumns, fresh, ({ cell, index }) => {
    const { dataset, repeat, jobKey } = cell;
    const own = { experimentId, index, repeat, data: dataset.source, origin: dataset.origin, jobKey };
    const row: Record<(typeof cellColumns)[number], unknown> = { ...own, ...combinationOf(cell) };
    return [cellColumns.map((name) => textOf(row[name], texts))];
  });
  if (fresh.length > MANY) await client.query(`ANALYZE "Cell"`);
}

function textOf(value: unknown, texts: KnownTexts): string | number {
  return typeof value === "string" || typeof value === "number" ? value : remember(value as object, texts);
}

async function inChunks<T>(items: readonly T[], each: (some: T[]) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < items.length; first += CHUNK) await each(items.slice(first, first + CHUNK));
}

/** Writes rows with COPY; `rowsOf` says which rows an item has, by column. */
async function copy<T>(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  items: readonly T[],
  rowsOf: (item: T) => (string | number | boolean)[][],
): Promise<void> {
  if (items.length === 0) return;
  async function* lines() {
    for (let first = 0; first < items.length; first += CHUNK) {
      const rows = items.slice(first, first + CHUNK).flatMap(rowsOf);
      yield rows.map((row) => `${row.map(copyText).join("\t")}\n`).join("");
      await setImmediate();
    }
  }
  const statement = `COPY "${table}" (${columns.map((name) => `"${name}"`).join(", ")}) FROM STDIN`;
  await pipeline(lines, client.query(copyFrom(statement)));
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function copyText(value: string | number | boolean): string {
  return String(value).replace(/[\\\n\r\t]/g, (character) => escapes[character] as string);
}

/** Has attacks done again whose scores were removed: no job reads scores, which would find them missing. */
async function redoWithoutScores(execute: Execute, experimentId: string): Promise<void> {
  await execute("SELECT pg_advisory_xact_lock($1::bigint)", [PLAN_LOCK]);
  await execute(
    `UPDATE "Job" job SET state = 'waiting' FROM "ExperimentJob" wanted
     WHERE wanted."experimentId" = $1 AND job.key = wanted."jobKey" AND job.kind = 'attack' AND job.state = 'done'
       AND NOT EXISTS (SELECT FROM "Artifact" scores WHERE scores."jobKey" = job.key)
       AND EXISTS (SELECT FROM "Result" result WHERE result."jobKey" = job.key)`,
    [experimentId],
  );
}

/**
 * Sets an experiment's unfinished jobs to what their inputs allow; failed, blocked and cancelled ones start afresh. Offers those
 * that are ready to it, which must be running by now, and to others that want them.
 */
export async function askAgain(execute: Execute, experimentId: string): Promise<void> {
  await execute("SELECT pg_advisory_xact_lock($1::bigint)", [PLAN_LOCK]);
  await execute(
    `WITH unfinished AS (
       SELECT open.key, (count(input.key) FILTER (WHERE input.state <> 'done'))::int AS pending
       FROM "ExperimentJob" wanted
       JOIN "Job" open ON open.key = wanted."jobKey" AND open.state IN ('waiting', 'failed', 'blocked', 'cancelled')
       LEFT JOIN "JobDependency" edge ON edge."jobKey" = open.key
       LEFT JOIN "Job" input ON input.key = edge."inputKey"
       WHERE wanted."experimentId" = $1
       GROUP BY open.key
     )
     UPDATE "Job" job SET
       pending = unfinished.pending,
       state = CASE WHEN unfinished.pending = 0 THEN 'ready' ELSE 'waiting' END::"JobState",
       failures = 0, losses = 0, error = NULL, "finishedAt" = NULL, "enqueuedAt" = NULL, "chargedTo" = NULL, "notBefore" = NULL
     FROM unfinished
     WHERE job.key = unfinished.key AND (
       job.state IN ('failed', 'blocked', 'cancelled')
       -- Most of a new plan is waiting with the right count already, and is not written a second time.
       OR job.state = 'waiting' AND (unfinished.pending = 0 OR job.pending <> unfinished.pending))`,
    [experimentId],
  );
  await execute(
    `SELECT offer_jobs(array_agg(job.key)) FROM "ExperimentJob" wanted JOIN "Job" job ON job.key = wanted."jobKey"
     WHERE wanted."experimentId" = $1 AND job.state::text = 'ready'`,
    [experimentId],
  );
  await execute("SELECT count_jobs($1)", [experimentId]);
}
