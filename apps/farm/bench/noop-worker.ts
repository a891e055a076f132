import { VERSION } from "@shadowfarm/core/version";
import { openStore } from "@shadowfarm/store/client";
import { startWorker, WORKER_DEFAULTS } from "@shadowfarm/worker/worker";
import { pino } from "pino";

// A worker whose jobs do nothing: what is left is the farm's own cost.
const databaseUrl = process.argv[2] as string;
const redisUrl = process.env.REDIS_URL || null;
const store = await openStore(databaseUrl);
const worker = await startWorker({
  ...WORKER_DEFAULTS,
  store,
  queue: { databaseUrl, redisUrl, prefix: "bench" },
  compute: { run: async ({ key }) => [{ key, outcome: { artifacts: {}, seconds: 0 } }], close: async () => {} },
  slots: 8,
  engine: "none",
  version: VERSION,
  log: pino({ level: "silent" }),
});
process.on("disconnect", async () => {
  await worker.stop();
  await store.close();
});
process.send?.("ready");
