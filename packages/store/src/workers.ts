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
  const { _sum } = await store.db.worker.aggregate({
    where: { stoppedAt: null, heartbeat: { gt: new Date(Date.now() - 30_000) } },
    _sum: { slots: true },
  });
  return _sum.slots ?? 0;
}
