import type { Store } from "./client.ts";

export interface WorkerRow {
  id: string;
  machine: string;
  pid: number;
  slots: number;
  engine: string;
  version: string;
}

export async function registerWorker(store: Store, worker: WorkerRow): Promise<void> {
  await store.db.worker.create({ data: worker });
}

export async function retireWorker(store: Store, id: string): Promise<void> {
  await store.db.worker.update({ where: { id }, data: { stoppedAt: new Date() } });
}

/** Compute slots of the workers that were heard of lately. */
export async function liveSlots(store: Store): Promise<number> {
  // By one clock: that of a machine may be wrong.
  const [row] = await store.db.$queryRaw<[{ slots: number }]>`
    SELECT coalesce(sum(slots), 0)::int AS slots FROM "Worker"
    WHERE "stoppedAt" IS NULL AND heartbeat > now() - interval '30 seconds'`;
  return row.slots;
}
