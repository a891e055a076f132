import { VERSION } from "@shadowfarm/core/version";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { openStore } from "@shadowfarm/store/client";
import { dieReadably, openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { openChildren } from "./children.ts";
import { readConfig } from "./config.ts";
import { startWorker, WORKER_DEFAULTS } from "./worker.ts";

const config = readConfig(process.env);
const { databaseUrl, queue } = config;
const telemetry = openTelemetry({ level: config.logLevel, addresses: [databaseUrl, queue.redisUrl] });
dieReadably(telemetry);
const served = config.metrics && (await telemetry.serve(config.metrics));
const engine = await chooseEngine(config.engine, true);
const store = await openStore(databaseUrl);
const worker = await startWorker({
  ...WORKER_DEFAULTS,
  ...config,
  engine,
  store,
  compute: openChildren(config, telemetry.log),
  version: VERSION,
  telemetry,
});
telemetry.phase("running");

const stop = async () => {
  telemetry.phase("stopping");
  await worker.stop();
  await store.close();
  await served?.close();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
