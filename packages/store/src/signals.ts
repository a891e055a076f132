import pg from "pg";
import type { Store } from "./client.ts";

/** Carries `jobs` when jobs became ready, and `experiments` when one was submitted. */
export const WAKE_CHANNEL = "shadowfarm_wake";

/**
 * Calls `wake` whenever another process changed something that the scheduler should look at. Only a saving of time: who
 * listens also looks at intervals, so a lost connection or message delays and never stops.
 */
export async function onWake(
  store: Store,
  wake: (what: string | undefined) => void,
): Promise<{ close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: store.url });
  client.on("error", () => {});
  client.on("notification", ({ payload }) => wake(payload));
  await client.connect();
  await client.query(`LISTEN ${WAKE_CHANNEL}`);
  return { close: () => client.end() };
}

/**
 * Holds a named lock on the database until `release`, or until this process dies.
 *
 * @returns null when another process holds it for longer than `patienceMs`
 */
export async function holdLock(
  store: Store,
  name: string,
  patienceMs: number,
): Promise<{ release(): Promise<void> } | null> {
  const client = new pg.Client({ connectionString: store.url, application_name: `shadowfarm ${name} ${process.pid}` });
  client.on("error", () => {});
  await client.connect();
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock(hashtext($1)) AS held", [name]);
    if (rows[0]?.held) return { release: () => client.end() };
    if (Date.now() > deadline) {
      await client.end();
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
