import type { Store } from "./client.ts";
import { blockDependants, offer } from "./jobs.ts";
import { PLAN_LOCK } from "./plans.ts";
import { wakeSchedulers } from "./signals.ts";

/** Times that a job is done again because its artifacts are missing or altered, before it is given up. */
const MAX_LOSSES = 3;

/**
 * Ends a claim whose input left artifacts that are missing or altered, in one transaction: the input is to be done again,
 * and what depends on it waits for it. An input that keeps losing them fails instead, until it is asked for anew.
 *
 * Nothing is done for a claim that is no longer the newest; and if the input was done once more since the claim, the job
 * is only tried again.
 */
export async function loseInput(
  store: Store,
  held: { key: string; fence: number },
  inputKey: string,
  error: string,
): Promise<void> {
  await store.db.$transaction(async (tx) => {
    // Exclusively: no commit and no plan may count this input as done or not done meanwhile.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${PLAN_LOCK}::bigint)`;
    const given = await tx.$executeRaw`
      UPDATE "Job" SET state = 'ready', "enqueuedAt" = NULL, "chargedTo" = NULL, "notBefore" = NULL, error = ${error}
      WHERE key = ${held.key} AND state::text = 'running' AND fence = ${held.fence}`;
    if (given === 0) return;
    await tx.$executeRaw`
      UPDATE "Attempt" SET outcome = 'failed', error = ${error}, "finishedAt" = now()
      WHERE "jobKey" = ${held.key} AND fence = ${held.fence}`;
    // An input whose own inputs are not done, because they lost theirs too, waits for them.
    const [input] = await tx.$queryRaw<{ state: string }[]>`
      WITH above AS (
        SELECT count(*) FILTER (WHERE job.state <> 'done')::int AS pending,
               coalesce(bool_or(job.state IN ('failed', 'blocked', 'cancelled')), false) AS hopeless
        FROM "JobDependency" edge JOIN "Job" job ON job.key = edge."inputKey" WHERE edge."jobKey" = ${inputKey}
      )
      UPDATE "Job" input SET
        losses = losses + 1, failures = 0, pending = above.pending, "enqueuedAt" = NULL, "chargedTo" = NULL, "notBefore" = NULL,
        state = CASE WHEN losses >= ${MAX_LOSSES}::int THEN 'failed' WHEN above.hopeless THEN 'blocked'
                     WHEN above.pending > 0 THEN 'waiting' ELSE 'ready' END::"JobState",
        error = CASE WHEN losses >= ${MAX_LOSSES}::int
          THEN 'done ' || losses + 1 || ' times, and its artifacts were lost each time; see that all workers use one store, and that it keeps what it is given (shadowfarm artifacts verify): '
          ELSE '' END || ${error}
      FROM above
      WHERE input.key = ${inputKey} AND input.state::text = 'done'
        AND input."finishedAt" <= (SELECT "startedAt" FROM "Attempt" WHERE "jobKey" = ${held.key} AND fence = ${held.fence})
      RETURNING input.state::text`;
    await tx.$executeRaw`
      WITH dependant AS (
        SELECT edge."jobKey" AS key, count(*) FILTER (WHERE job.state <> 'done')::int AS pending
        FROM "JobDependency" edge JOIN "Job" job ON job.key = edge."inputKey"
        WHERE edge."jobKey" IN (SELECT "jobKey" FROM "JobDependency" WHERE "inputKey" = ${inputKey})
        GROUP BY edge."jobKey"
      )
      UPDATE "Job" job SET
        pending = dependant.pending, "enqueuedAt" = NULL, "chargedTo" = NULL,
        state = CASE WHEN dependant.pending = 0 THEN 'ready' ELSE 'waiting' END::"JobState"
      FROM dependant
      WHERE job.key = dependant.key AND job.state IN ('waiting', 'ready') AND job.pending <> dependant.pending`;
    // Also when another consumer has reported it before: then this job came after those that were blocked.
    const state = input?.state ?? (await tx.job.findUnique({ where: { key: inputKey } }))?.state;
    if (state === "failed" || state === "blocked") await blockDependants(tx, inputKey);
    await offer(tx, [held.key, inputKey]);
    await wakeSchedulers(tx, "jobs");
  });
}
