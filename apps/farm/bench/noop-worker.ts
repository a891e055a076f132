import { VERSION } from "@shadowfarm/core/version";
import { openStore } from "@shadowfarm/store/client";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { startWorker, WORKER_DEFAULTS } from "@shadowfarm/worker/worker";

// A worker whose jobs do nothing: what is left is the farm's own cost.
const databaseUrl = process.argv[2] as string;
const redisUrl = process.env.REDIS_URL || null;
const store = await openStore(databaseUrl);
const worker = await startWorker({
  ...WORKER_DEFAULTS,
  store,
  queue: { databaseUrl, redisUrl, prefix: "bench" },
  compute: {
    run: async ({ key }) => [{ key, outcome: { artifacts: {}, seconds: 0 } }],
    ready: async () => {},
    close: async () => {},
  },
  artifacts: openFolder("no checkpoint is ever made"),
  slots: 8,
  engine: "none",
  version: VERSION,
  telemetry: openTelemetry({ level: "silent", addresses: [databaseUrl] }),
});
process.on("disconnect", async () => {
  await worker.stop();
  await store.close();
});
process.send?.("ready");
