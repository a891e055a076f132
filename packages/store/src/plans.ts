import { inputKeys } from "@shadowfarm/core/job";
import type { Plan } from "@shadowfarm/core/plan";
import type { Store } from "./client.ts";
import type { Prisma } from "./generated/client.ts";
import { WAKE_CHANNEL } from "./signals.ts";

/**
 * Held shared by every commit of a job and exclusively while a plan's states are settled: without it, an input that is
 * committed at that moment would neither be seen as done by the plan nor see its new dependants.
 */
export const PLAN_LOCK = 0x73_68_70_6c;

const CHUNK = 5_000;

/**
 * Writes an experiment's plan in one transaction: jobs that do not exist yet, their dependencies, and the experiment's
 * cells. Jobs that are done stay done; jobs that failed, were blocked or cancelled are asked for anew.
 */
export async function recordPlan(store: Store, experimentId: string, plan: Plan): Promise<void> {
  await store.db.$transaction(async (tx) => {
    // Another scheduler, or a cancellation, may have been quicker.
    const mine = await tx.experiment.updateMany({
      where: { id: experimentId, state: "submitted" },
      data: { state: "running", error: null, finishedAt: null },
    });
    if (mine.count === 0) return;
    for (const jobs of chunks(plan.jobs)) {
      const rows = jobs.map((job) => ({
        key: job.key,
        kind: job.kind,
        params: job.params,
        pending: inputKeys(job).length,
      }));
      await tx.$executeRaw`
        INSERT INTO "Job" (key, kind, params, state, pending)
        SELECT key, kind::"JobKind", params, 'waiting', pending
        FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(key text, kind text, params jsonb, pending int)
        ON CONFLICT (key) DO NOTHING`;
    }
    for (const jobs of chunks(plan.jobs)) {
      const edges = jobs.flatMap((job) => inputKeys(job).map((input) => [job.key, input] as const));
      await tx.$executeRaw`
        INSERT INTO "JobDependency" ("jobKey", "inputKey")
        SELECT * FROM unnest(${edges.map(([job]) => job)}::text[], ${edges.map(([, input]) => input)}::text[])
        ON CONFLICT DO NOTHING`;
    }
    await tx.experimentJob.deleteMany({ where: { experimentId } });
    await tx.cell.deleteMany({ where: { experimentId } });
    for (const jobs of chunks(plan.jobs)) {
      await tx.$executeRaw`
        INSERT INTO "ExperimentJob" ("experimentId", "jobKey", cached)
        SELECT ${experimentId}, key, state = 'done' FROM "Job" WHERE key = ANY(${jobs.map((job) => job.key)})`;
    }
    for (const [chunk, cells] of chunks(plan.cells).entries()) {
      const rows = cells.map(({ dataset, records, model, training, defense, attack, repeat, jobKey }, index) => ({
        ...{
          index: chunk * CHUNK + index,
          repeat,
          dataset: dataset.name,
          data: dataset.source,
          origin: dataset.origin,
        },
        ...{ records, model: model.name, modelParams: model.params, training, defense: defense.name },
        ...{ defenseParams: defense.params, attack: attack.name, attackParams: attack.params, jobKey },
      }));
      // One statement over JSON, because Prisma's own createMany takes five times as long.
      await tx.$executeRaw`
        INSERT INTO "Cell" ("experimentId", index, repeat, dataset, data, origin, records, model, "modelParams", training,
                            defense, "defenseParams", attack, "attackParams", "jobKey")
        SELECT ${experimentId}, index, repeat, dataset, data::"DataSource", origin, records, model, "modelParams", training,
               defense, "defenseParams", attack, "attackParams", "jobKey"
        FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
          index int, repeat int, dataset text, data text, origin text, records int, model text, "modelParams" jsonb,
          training jsonb, defense text, "defenseParams" jsonb, attack text, "attackParams" jsonb, "jobKey" text)`;
    }
    // Without fresh statistics, the statements that follow would read whole tables.
    if (plan.jobs.length > 10_000) await tx.$executeRaw`ANALYZE "Job", "JobDependency", "ExperimentJob", "Cell"`;
    await askAgain(tx, experimentId);
    await tx.$executeRaw`SELECT pg_notify(${WAKE_CHANNEL}, 'jobs')`;
  });
}

/** Sets an experiment's unfinished jobs to what their inputs allow; failed, blocked and cancelled ones start afresh. */
export async function askAgain(tx: Prisma.TransactionClient, experimentId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${PLAN_LOCK})`;
  await tx.$executeRaw`
    WITH unfinished AS (
      SELECT wanted."jobKey" AS key, (count(input.key) FILTER (WHERE input.state <> 'done'))::int AS pending
      FROM "ExperimentJob" wanted
      LEFT JOIN "JobDependency" edge ON edge."jobKey" = wanted."jobKey"
      LEFT JOIN "Job" input ON input.key = edge."inputKey"
      WHERE wanted."experimentId" = ${experimentId}
      GROUP BY wanted."jobKey"
    )
    UPDATE "Job" job SET
      pending = unfinished.pending,
      state = CASE WHEN unfinished.pending = 0 THEN 'ready' ELSE 'waiting' END::"JobState",
      failures = 0, error = NULL, "finishedAt" = NULL, "enqueuedAt" = NULL, "notBefore" = NULL
    FROM unfinished
    WHERE job.key = unfinished.key AND (
      job.state IN ('failed', 'blocked', 'cancelled')
      -- Most of a new plan is waiting with the right count already, and is not written a second time.
      OR job.state = 'waiting' AND (unfinished.pending = 0 OR job.pending <> unfinished.pending))`;
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, index) =>
    items.slice(index * CHUNK, (index + 1) * CHUNK),
  );
}
