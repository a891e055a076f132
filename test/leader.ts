import type { Store } from "@shadowfarm/store/client";

/** The scheduler that leads, as the database knows it: its process, and its connection. */
export async function leaderOf(store: Store): Promise<{ process: number; backend: number } | null> {
  const [row] = await store.db.$queryRaw<{ name: string; backend: number }[]>`
    SELECT application_name AS name, activity.pid AS backend
    FROM pg_locks lock JOIN pg_stat_activity activity ON activity.pid = lock.pid
    WHERE lock.locktype = 'advisory' AND lock.granted AND activity.datname = current_database()
      AND application_name LIKE 'shadowfarm scheduler %'`;
  return row ? { process: Number(row.name.split(" ").at(-1)), backend: row.backend } : null;
}
