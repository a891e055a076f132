import { mkdir } from "node:fs/promises";
import path from "node:path";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { VERSION } from "@shadowfarm/core/version";
import { chooseEngine } from "@shadowfarm/engine/backends";
import { catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { SCHEDULER_DEFAULTS, startScheduler } from "@shadowfarm/scheduler/scheduler";
import { secretsOf } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Store } from "@shadowfarm/store/client";
import { freeLost } from "@shadowfarm/store/jobs";
import { withdrawLeader } from "@shadowfarm/store/leader";
import { holdLock } from "@shadowfarm/store/signals";
import { openTelemetry, type Telemetry } from "@shadowfarm/telemetry/telemetry";
import { openChildren } from "@shadowfarm/worker/children";
import { resourcesOf } from "@shadowfarm/worker/resources";
import { startWorker, WORKER_DEFAULTS } from "@shadowfarm/worker/worker";
import { pino } from "pino";
import type { FarmConfig } from "./config.ts";

/** A scheduler and a worker in this process, with the home to themselves. */
export interface Farm {
  telemetry: Telemetry;
  stop(): Promise<void>;
}

/** Takes the home for this process alone; the lock goes with the process. */
async function holdHome(config: FarmConfig, store: Store): Promise<{ release(): Promise<void> }> {
  // Patience: the server needs a moment to notice that a killed farm is gone.
  const lock = await holdLock(store, "farm", 2_000);
  if (lock) return lock;
  throw new EnvironmentFault(
    `the home ${config.home} is in use by another farm; hand it the experiment with "shadowfarm submit", stop it, or set SHADOWFARM_HOME to another folder`,
  );
}

/**
 * Starts a whole farm on a database.
 *
 * @throws {EnvironmentFault} when another farm holds the home.
 */
export async function startFarm(config: FarmConfig, store: Store, logTo: "file" | "stderr"): Promise<Farm> {
  // Before it takes jobs: each would fail.
  const artifacts = await openArtifacts(config.artifacts);
  await artifacts.probe();
  await mkdir(config.home, { recursive: true });
  const destination =
    logTo === "file" ? { dest: path.join(config.home, "farm.log"), sync: false } : { dest: 2, sync: true };
  const telemetry = openTelemetry({
    level: config.logLevel,
    destination: pino.destination(destination),
    addresses: [store.url, config.queue.redisUrl],
    secrets: secretsOf(config.artifacts),
  });
  const served = config.metrics && (await telemetry.serve(config.metrics));
  const traced = config.traced ? await telemetry.exportSpans("farm") : null;
  const lock = config.databaseUrl === null ? await holdHome(config, store) : null;
  // With the home to itself, whatever still counts as running was left by a farm that died.
  if (lock) {
    await freeLost(store);
    await withdrawLeader(store);
  }

  const engine = await chooseEngine(config.engine, true);
  const queue = { ...config.queue, databaseUrl: store.url };
  const sender = await openSender(queue);
  const worker = await startWorker({
    ...resourcesOf({ ...config.wanted, SHADOWFARM_WORKERS: config.slots }, engine, []),
    store,
    queue,
    compute: openChildren(config, telemetry.log),
    artifacts,
    version: VERSION,
    telemetry,
    ...WORKER_DEFAULTS,
  });
  const scheduler = await startScheduler({ store, sender, catalogFor, telemetry, ...SCHEDULER_DEFAULTS });
  telemetry.phase("running");
  return {
    telemetry,
    async stop() {
      telemetry.phase("stopping");
      await scheduler.stop();
      await worker.stop();
      await traced?.close();
      await sender.close();
      await served?.close();
      await lock?.release();
    },
  };
}
