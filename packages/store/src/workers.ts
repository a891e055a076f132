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

/** A worker with what it does. */
export interface WorkerStatus extends WorkerRow {
  startedAt: Date;
  heartbeat: Date;
  stoppedAt: Date | null;
  alive: boolean;
  running: number;
}

/** Those that were heard of within a day, the alive ones first. */
export async function listWorkers(store: Store): Promise<WorkerStatus[]> {
  return store.db.$queryRaw<WorkerStatus[]>`
    SELECT worker.*, worker."stoppedAt" IS NULL AND worker.heartbeat > now() - interval '30 seconds' AS alive,
           (SELECT count(*)::int FROM "Job" job WHERE job.state = 'running' AND job."workerId" = worker.id) AS running
    FROM "Worker" worker WHERE worker.heartbeat > now() - interval '1 day' ORDER BY alive DESC, worker.machine, worker.id LIMIT 1000`;
}
