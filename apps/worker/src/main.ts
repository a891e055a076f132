import { VERSION } from "@shadowfarm/core/version";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import { openStore } from "@shadowfarm/store/client";
import { pino } from "pino";
import { openChildren } from "./children.ts";
import { readConfig } from "./config.ts";
import { leaveWhenIdle } from "./idle.ts";
import { startWorker, WORKER_DEFAULTS } from "./worker.ts";

const config = readConfig(process.env);
// Before it takes jobs: each would fail.
await (await openArtifacts(config.artifacts)).probe();
const engine = await chooseEngine(config.engine, true);
const store = await openStore(config.databaseUrl);
const started = startWorker({
  ...WORKER_DEFAULTS,
  ...config,
  engine,
  store,
  compute: openChildren(config),
  version: VERSION,
  log: pino({ level: config.logLevel }, pino.destination(2)),
});

const end = async () => {
  await (await started).stop();
  idle?.stop();
  await store.close();
};
// Idleness and a signal may come together.
let ended: Promise<void> | undefined;
const stop = () => {
  ended ??= end();
  return ended;
};
// From the start on: a worker that is ended while it starts would be missed only when its heartbeat is.
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
const worker = await started;
const idle =
  config.exitWhenIdle === null ? null : leaveWhenIdle(worker.idleSince, config.exitWhenIdle, () => void stop());
