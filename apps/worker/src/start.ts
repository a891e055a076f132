import { InvalidInput } from "@shadowfarm/core/errors";
import { VERSION } from "@shadowfarm/core/version";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { secretsOf } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import { openStore } from "@shadowfarm/store/client";
import { dieReadably, openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { openChildren } from "./children.ts";
import { readConfig } from "./config.ts";
import { findGpus } from "./gpus.ts";
import { leaveWhenIdle } from "./idle.ts";
import { resourcesOf, usesGpu } from "./resources.ts";
import { startWorker, WORKER_DEFAULTS } from "./worker.ts";

const ANSWER_MS = 10_000;

/**
 * Runs a worker of a cluster until it is told to stop by a signal, or leaves since it has been idle. The first signal has it
 * finish its jobs within its grace time; a second one has it hand them back at once.
 *
 * @throws {InvalidInput} naming each variable that cannot be accepted, or GPUs that are not there
 * @throws {EnvironmentFault} when artifacts, database, queue or engine cannot be used, or the scheduler is of another version
 */
export async function runWorker(variables: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(variables);
  const { databaseUrl, queue, artifacts, grace, exitWhenIdle } = config;
  const telemetry = openTelemetry({
    level: config.logLevel,
    addresses: [databaseUrl, queue.redisUrl],
    secrets: secretsOf(artifacts),
  });
  dieReadably(telemetry);
  const served = config.metrics && (await telemetry.serve(config.metrics));
  const traced = config.traced ? await telemetry.exportSpans("worker") : null;
  // Before it takes jobs: each would fail.
  const opened = await openArtifacts(artifacts);
  await opened.probe();
  const found = await findGpus(variables);
  const { gpus } = config;
  if (gpus !== "auto" && found.length < gpus) {
    throw new InvalidInput(
      `SHADOWFARM_GPUS: ${gpus} are asked for, and ${found.length} are here; look at nvidia-smi and CUDA_VISIBLE_DEVICES, or give auto`,
    );
  }
  const engine = await chooseEngine(config.engine, true);
  const resources = resourcesOf(config.wanted, engine, gpus === "auto" ? found : found.slice(0, gpus));
  if (found.length > 0 && gpus !== 0 && !usesGpu(engine)) {
    const why = "shadowfarm doctor says why no engine uses them; SHADOWFARM_GPUS=0 if that is meant";
    telemetry.log.warn({ engine, gpus: found.map(({ name }) => name) }, `this machine's GPUs are not used; ${why}`);
  }
  // Its statements are short, and each may be said again; a dead connection must not keep its heartbeats.
  const store = await openStore(databaseUrl, { answerMs: ANSWER_MS });
  const { devices } = resources;
  const started = startWorker({
    ...WORKER_DEFAULTS,
    ...resources,
    queue,
    store,
    compute: openChildren({ ...config, devices }, telemetry.log),
    artifacts: opened,
    version: VERSION,
    telemetry,
  });

  await new Promise<void>((resolve, reject) => {
    let signals = 0;
    let idle: { stop(): void } | undefined;
    const stop = async () => {
      signals += 1;
      idle?.stop();
      telemetry.phase("stopping");
      await (await started).stop(signals === 1 ? grace * 1_000 : 0);
    };
    const leave = () => stop().then(resolve, reject);
    // From the start on: a worker that is ended while it starts would be missed only when its heartbeat is.
    process.on("SIGINT", leave);
    process.on("SIGTERM", leave);
    started.then((worker) => {
      if (signals > 0) return;
      telemetry.phase("running");
      if (exitWhenIdle !== null) idle = leaveWhenIdle(worker.idleSince, exitWhenIdle, leave);
    }, reject);
  });
  await traced?.close();
  await store.close();
  await served?.close();
}
