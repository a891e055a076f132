import { VERSION } from "@shadowfarm/core/version";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { secretsOf } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import { openStore } from "@shadowfarm/store/client";
import { dieReadably, openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { openChildren } from "./children.ts";
import { readConfig } from "./config.ts";
import { leaveWhenIdle } from "./idle.ts";
import { startWorker, WORKER_DEFAULTS } from "./worker.ts";

const ANSWER_MS = 10_000;

const config = readConfig(process.env);
const { databaseUrl, queue, artifacts } = config;
const telemetry = openTelemetry({
  level: config.logLevel,
  addresses: [databaseUrl, queue.redisUrl],
  secrets: secretsOf(artifacts),
});
dieReadably(telemetry);
const served = config.metrics && (await telemetry.serve(config.metrics));
// Before it takes jobs: each would fail.
await (await openArtifacts(artifacts)).probe();
const engine = await chooseEngine(config.engine, true);
// Its statements are short, and each may be said again; a dead connection must not keep its heartbeats.
const store = await openStore(databaseUrl, { answerMs: ANSWER_MS });
const started = startWorker({
  ...WORKER_DEFAULTS,
  ...config,
  engine,
  store,
  compute: openChildren(config, telemetry.log),
  version: VERSION,
  telemetry,
});

const end = async () => {
  telemetry.phase("stopping");
  await (await started).stop();
  idle?.stop();
  await store.close();
  await served?.close();
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
if (!ended) telemetry.phase("running");
const idle =
  config.exitWhenIdle === null ? null : leaveWhenIdle(worker.idleSince, config.exitWhenIdle, () => void stop());
