import { VERSION } from "@shadowfarm/core/version";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import { openStore } from "@shadowfarm/store/client";
import { pino } from "pino";
import { openChildren } from "./children.ts";
import { readConfig } from "./config.ts";
import { startWorker, WORKER_DEFAULTS } from "./worker.ts";

const config = readConfig(process.env);
// Before it takes jobs: each would fail.
await (await openArtifacts(config.artifacts)).probe();
const engine = await chooseEngine(config.engine, true);
const store = await openStore(config.databaseUrl);
const worker = await startWorker({
  ...WORKER_DEFAULTS,
  ...config,
  engine,
  store,
  compute: openChildren(config),
  version: VERSION,
  log: pino({ level: config.logLevel }, pino.destination(2)),
});

const stop = async () => {
  await worker.stop();
  await store.close();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
