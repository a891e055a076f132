import { EnvironmentFault } from "@shadowfarm/core/errors";
import { PROTOCOL } from "@shadowfarm/core/protocol";
import type { Store } from "./client.ts";

/** A leader that has not said so for so long leads no more. */
const SILENT_SECONDS = 30;

/** Says that this process's Shadowfarm plans and hands out the jobs; to be said again every few seconds. */
export async function announceLeader(store: Store, version: string): Promise<void> {
  await store.db.$executeRaw`
    INSERT INTO "Leader" (version, protocol, heartbeat) VALUES (${version}, ${PROTOCOL}, now())
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, protocol = excluded.protocol, heartbeat = excluded.heartbeat`;
}

/** To be said by whoever stops leading, or knows that nobody does: the next leader may be of another version. */
export async function withdrawLeader(store: Store): Promise<void> {
  await store.db.$executeRaw`DELETE FROM "Leader"`;
}

/** @throws {EnvironmentFault} naming both versions, when the leader and this process do not take jobs to be written alike. */
export async function checkLeader(store: Store, version: string): Promise<void> {
  const [leader] = await store.db.$queryRaw<{ version: string; protocol: string }[]>`
    SELECT version, protocol FROM "Leader" WHERE heartbeat > now() - make_interval(secs => ${SILENT_SECONDS})`;
  if (!leader || leader.protocol === PROTOCOL) return;
  throw new EnvironmentFault(
    `this worker is Shadowfarm ${version} (jobs ${PROTOCOL}), the scheduler ${leader.version} (jobs ${leader.protocol}): it could not run what the scheduler hands out; run the same Shadowfarm everywhere, the scheduler first`,
    { retryable: true },
  );
}

/**
 * The same, with patience for a scheduler that is just being replaced.
 *
 * @throws {EnvironmentFault}
 */
export async function awaitLeader(store: Store, version: string, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await checkLeader(store, version);
    } catch (error) {
      if (performance.now() > deadline || !(error instanceof EnvironmentFault)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
