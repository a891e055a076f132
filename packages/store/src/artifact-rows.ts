import type { ArtifactRef } from "./artifacts.ts";
import { neededToGoOn } from "./checkpoints.ts";
import type { Store } from "./client.ts";
import { PLAN_LOCK } from "./plans.ts";

/** An artifact as a job refers to it. */
export interface ArtifactRow extends ArtifactRef {
  jobKey: string;
  kind: string;
  name: string;
}

const PAGE = 1_000;

/** Every artifact that a job refers to, equal ones together. */
export async function* referredArtifacts(store: Store): AsyncIterable<ArtifactRef & { rows: ArtifactRow[] }> {
  let after = "";
  for (;;) {
    const page = await store.db.$queryRaw<(ArtifactRef & { rows: ArtifactRow[] })[]>`
      SELECT sha256, max(artifact.bytes)::int AS bytes, jsonb_agg(jsonb_build_object(
        'jobKey', "jobKey", 'kind', job.kind, 'name', name, 'sha256', sha256, 'bytes', bytes)) AS rows
      FROM "Artifact" artifact JOIN "Job" job ON job.key = "jobKey"
      WHERE sha256 > ${after} GROUP BY sha256 ORDER BY sha256 LIMIT ${PAGE}`;
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.sha256;
  }
}

/** Which of these hashes a job refers to, other than the given ones, or needs to go on. */
export async function referredAmong(
  store: Store,
  hashes: readonly string[],
  exceptOf: readonly string[] = [],
): Promise<Set<string>> {
  const rows = await store.db.$queryRaw<{ sha256: string }[]>`
    SELECT DISTINCT sha256 FROM "Artifact"
    WHERE sha256 = ANY(${[...hashes]}::text[]) AND NOT "jobKey" = ANY(${[...exceptOf]}::text[])`;
  return new Set([...rows.map(({ sha256 }) => sha256), ...(await neededToGoOn(store.db, hashes))]);
}

/**
 * Jobs whose artifacts nobody needs: no experiment wants them but cancelled ones, no result was computed from them, and
 * nothing that waits or runs depends on them.
 */
export async function unwantedJobs(store: Pick<Store, "db">): Promise<string[]> {
  const rows = await store.db.$queryRaw<{ key: string }[]>`
    WITH RECURSIVE needed AS (
      SELECT "jobKey" AS key FROM "Result"
      UNION SELECT wanted."jobKey" FROM "ExperimentJob" wanted
            JOIN "Experiment" experiment ON experiment.id = wanted."experimentId" WHERE experiment.state <> 'cancelled'
      UNION SELECT key FROM "Job" WHERE state IN ('waiting', 'ready', 'running')
      UNION SELECT edge."inputKey" FROM "JobDependency" edge JOIN needed ON edge."jobKey" = needed.key
    )
    SELECT key FROM "Job" job WHERE state = 'done' AND key NOT IN (SELECT key FROM needed)
      AND EXISTS (SELECT FROM "Artifact" WHERE "jobKey" = job.key) ORDER BY key`;
  return rows.map(({ key }) => key);
}

/** Forgets the artifacts of jobs that nobody needs; an experiment that wants such a job later does it again. */
export async function forgetUnwanted(store: Store): Promise<string[]> {
  return store.db.$transaction(async (tx) => {
    // Exclusively: no plan may want one of them meanwhile.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${PLAN_LOCK}::bigint)`;
    const keys = await unwantedJobs({ db: tx as Store["db"] });
    await tx.artifact.deleteMany({ where: { jobKey: { in: keys } } });
    await tx.$executeRaw`
      UPDATE "Job" SET state = 'cancelled', error = 'its artifacts were removed: no experiment wanted them'
      WHERE key = ANY(${keys}::text[])`;
    return keys;
  });
}

/** Forgets scores, which attacks leave; what jobs read is left, since they have it made again. @returns how many results had them */
export async function forgetScores(store: Store, sha256: string): Promise<number> {
  return store.db.$executeRaw`
    DELETE FROM "Artifact" scores USING "Job" attack
    WHERE scores.sha256 = ${sha256} AND attack.key = scores."jobKey" AND attack.kind = 'attack'`;
}
