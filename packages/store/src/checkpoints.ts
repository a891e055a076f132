import type { ArtifactRef } from "./artifacts.ts";
import type { Store } from "./client.ts";
import type { Claim } from "./jobs.ts";

type Tx = Pick<Store["db"], "$queryRaw" | "$executeRaw">;

/**
 * Keeps where held jobs stand, in place of what was kept of them before. Of a job whose claim is not the newest any more nothing
 * is kept.
 *
 * @param artifacts all that the next attempt needs
 * @returns the hashes, of these and of those before, that no job's checkpoint refers to now: their bytes may go
 */
export async function keepCheckpoint(
  store: Store,
  held: readonly Pick<Claim, "key" | "fence">[],
  artifacts: readonly ArtifactRef[],
): Promise<string[]> {
  const claims = JSON.stringify(held.map(({ key, fence }) => ({ key, fence })));
  return store.db.$transaction(async (tx) => {
    const before = await hashesOf(
      tx,
      held.map(({ key }) => key),
    );
    await tx.$executeRaw`
      INSERT INTO "Checkpoint" ("jobKey", fence, artifacts)
      SELECT key, fence, ${JSON.stringify(artifacts)}::jsonb FROM "Job"
      JOIN jsonb_to_recordset(${claims}::jsonb) AS held(key text, fence int) USING (key, fence)
      WHERE state::text = 'running' ORDER BY key FOR SHARE OF "Job"
      ON CONFLICT ("jobKey") DO UPDATE SET fence = excluded.fence, artifacts = excluded.artifacts, "savedAt" = now()`;
    return unreferred(tx, [...before, ...artifacts.map(({ sha256 }) => sha256)]);
  });
}

/**
 * Forgets where jobs stood that are done.
 *
 * @returns hashes, as `keepCheckpoint` does
 */
export async function dropCheckpoint(store: Store, keys: readonly string[]): Promise<string[]> {
  return store.db.$transaction(async (tx) => {
    const before = await hashesOf(tx, keys);
    await tx.$executeRaw`DELETE FROM "Checkpoint" WHERE "jobKey" = ANY(${[...keys]}::text[])`;
    return unreferred(tx, before);
  });
}

/** Forgets where jobs stood that nobody is going to go on with. */
export async function forgetCheckpoints(store: Store): Promise<void> {
  await store.db.$executeRaw`
    DELETE FROM "Checkpoint" USING "Job" job
    WHERE job.key = "jobKey" AND job.state NOT IN ('waiting', 'ready', 'running')`;
}

/** Which of these hashes a job needs to go on. */
export async function neededToGoOn(tx: Tx, hashes: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ sha256: string }[]>`
    SELECT DISTINCT ref->>'sha256' AS sha256
    FROM "Checkpoint" JOIN "Job" job ON job.key = "jobKey", jsonb_array_elements(artifacts) ref
    WHERE job.state IN ('waiting', 'ready', 'running') AND ref->>'sha256' = ANY(${[...hashes]}::text[])`;
  return rows.map(({ sha256 }) => sha256);
}

async function unreferred(tx: Tx, hashes: readonly string[]): Promise<string[]> {
  const needed = await neededToGoOn(tx, hashes);
  return [...new Set(hashes)].filter((hash) => !needed.includes(hash));
}

async function hashesOf(tx: Tx, keys: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ artifacts: ArtifactRef[] }[]>`
    SELECT artifacts FROM "Checkpoint" WHERE "jobKey" = ANY(${[...keys]}::text[]) ORDER BY "jobKey" FOR UPDATE`;
  return rows.flatMap(({ artifacts }) => artifacts.map(({ sha256 }) => sha256));
}
