import { randomBytes } from "node:crypto";
import type { Store } from "@shadowfarm/store/client";
import { registerWorker } from "@shadowfarm/store/workers";

/** Workers as the scheduler knows them, which never fall silent. Returns the name of their pool. */
export async function aPool(store: Store): Promise<string> {
  const id = `fake-${randomBytes(6).toString("hex")}`;
  const pool = await registerWorker(store, { id, machine: "test", pid: 1, slots: 4, engine: "test", version: "0" });
  await store.db.worker.update({ where: { id }, data: { heartbeat: new Date(Date.now() + 3_600_000) } });
  return pool;
}
