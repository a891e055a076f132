import { inputKeys } from "@shadowfarm/core/job";
import { type Cell, combinationOf, type Plan } from "@shadowfarm/core/plan";
import pg from "pg";
import type { Store } from "./client.ts";
import { WAKE_CHANNEL } from "./signals.ts";

/**
 * Held shared by every commit of a job and exclusively while a plan's states are settled: without it, an input that is
 * committed at that moment would neither be seen as done by the plan nor see its new dependants.
 */
export const PLAN_LOCK = 0x73_68_70_6c;

/** Runs a statement with its parameters in the caller's transaction. */
type Execute = (statement: string, parameters: unknown[]) => Promise<unknown>;

const CHUNK = 5_000;

/**
 * Writes an experiment's plan in one transaction: jobs that do not exist yet, their dependencies, and the experiment's
 * cells. Jobs that are done stay done; jobs that failed, were blocked or cancelled are asked for anew. Nothing is written
 * when the experiment is not waiting for its plan: another scheduler, or a cancellation, was quicker.
 *
 * A further round of a running experiment adds to its plan.
 *
 * This is the one place that speaks to pg and not through Prisma, which would write each of these megabytes out twice.
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
    const mine = await client.query(
      `UPDATE "Experiment" SET state = 'running', error = NULL, "finishedAt" = NULL, pass = NULL WHERE id = $1 AND state = $2::"ExperimentState"`,
      [experimentId, waiting],
    );
    if (mine.rowCount === 1) {
      if (waiting === "submitted")
        await execute(`DELETE FROM "ExperimentJob" WHERE "experimentId" = $1`, [experimentId]);
      await writePlan(execute, experimentId, plan);
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

async function writePlan(execute: Execute, experimentId: string, plan: Plan): Promise<void> {
  await inChunks(
    execute,
    `INSERT INTO "Job" (key, kind, params, state, pending)
     SELECT key, kind::"JobKind", params, 'waiting', pending
     FROM jsonb_to_recordset($1::jsonb) AS row(key text, kind text, params jsonb, pending int)
     ON CONFLICT (key) DO NOTHING`,
    plan.jobs,
    (jobs) => [JSON.stringify(jobs.map((job) => ({ ...job, pending: inputKeys(job).length })))],
  );
  await inChunks(
    execute,
    `INSERT INTO "JobDependency" ("jobKey", "inputKey") SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
    plan.jobs,
    (jobs) => {
      const edges = jobs.flatMap((job) => inputKeys(job).map((input) => ({ job: job.key, input })));
      return [edges.map(({ job }) => job), edges.map(({ input }) => input)];
    },
  );
  await inChunks(
    execute,
    `INSERT INTO "ExperimentJob" ("experimentId", "jobKey", cached)
     SELECT $1, key, state = 'done' FROM "Job" WHERE key = ANY($2::text[]) ON CONFLICT DO NOTHING`,
    plan.jobs,
    (jobs) => [experimentId, jobs.map(({ key }) => key)],
  );
  await execute(`DELETE FROM "Cell" WHERE "experimentId" = $1`, [experimentId]);
  await inChunks(
    execute,
    `INSERT INTO "Cell" ("experimentId", index, repeat, dataset, data, origin, "datasetParams", records, split, model, "modelParams",
                         training, defense, "defenseParams", attack, "attackParams", attacker, "jobKey")
     SELECT $1, index, repeat, dataset, data::"DataSource", origin, "datasetParams", records, split, model, "modelParams", training,
            defense, "defenseParams", attack, "attackParams", attacker, "jobKey"
     FROM jsonb_to_recordset($2::jsonb) AS row(
       index int, repeat int, dataset text, data text, origin text, "datasetParams" jsonb, records int, split text,
       model text, "modelParams" jsonb, training jsonb, defense text, "defenseParams" jsonb, attack text, "attackParams" jsonb, attacker text,
       "jobKey" text)`,
    plan.cells,
    (cells, first) => [experimentId, JSON.stringify(cells.map((cell, position) => cellRow(cell, first + position)))],
  );
  // Without fresh statistics, the statements that follow would read whole tables.
  if (plan.jobs.length > 10_000) await execute(`ANALYZE "Job", "JobDependency", "ExperimentJob", "Cell"`, []);
}

function cellRow(cell: Cell, index: number): Record<string, unknown> {
  const { repeat, dataset, jobKey } = cell;
  return { index, repeat, data: dataset.source, origin: dataset.origin, jobKey, ...combinationOf(cell) };
}

/**
 * Sets an experiment's unfinished jobs to what their inputs allow; failed, blocked and cancelled ones start afresh. Offers those
 * that are ready to it, which must be running by now, and to others that want them.
 */
export async function askAgain(execute: Execute, experimentId: string): Promise<void> {
  await execute("SELECT pg_advisory_xact_lock($1::bigint)", [PLAN_LOCK]);
  await execute(
    `WITH unfinished AS (
       SELECT wanted."jobKey" AS key, (count(input.key) FILTER (WHERE input.state <> 'done'))::int AS pending
       FROM "ExperimentJob" wanted
       LEFT JOIN "JobDependency" edge ON edge."jobKey" = wanted."jobKey"
       LEFT JOIN "Job" input ON input.key = edge."inputKey"
       WHERE wanted."experimentId" = $1
       GROUP BY wanted."jobKey"
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
}

/** Runs a statement on a few thousand items at a time; the next parameters are made while the database is at work. */
async function inChunks<T>(
  execute: Execute,
  statement: string,
  items: readonly T[],
  parametersOf: (items: readonly T[], first: number) => unknown[],
): Promise<void> {
  let sent: Promise<unknown> = Promise.resolve();
  for (let first = 0; first < items.length; first += CHUNK) {
    const parameters = parametersOf(items.slice(first, first + CHUNK), first);
    await sent;
    sent = execute(statement, parameters);
  }
  await sent;
}
