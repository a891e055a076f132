import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { FarmError, messageOf } from "@shadowfarm/core/errors";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { consume } from "@shadowfarm/queue/queue";
import type { Store } from "@shadowfarm/store/client";
import { type Claim, claim, commit, failAttempt, handBack, heartbeat } from "@shadowfarm/store/jobs";
import { registerWorker, retireWorker } from "@shadowfarm/store/workers";
import type { Logger } from "pino";
import type { Compute } from "./compute.ts";

export interface WorkerConfig {
  store: Store;
  queue: QueueConfig;
  compute: Compute;
  /** Jobs at a time. */
  slots: number;
  engine: string;
  version: string;
  log: Logger;
  heartbeatMs: number;
  /** Failed attempts after which a job is given up. */
  maxFailures: number;
  backoffSeconds: number;
}

/** How patient a worker is, unless its configuration says otherwise. */
export const WORKER_DEFAULTS = { heartbeatMs: 2_000, maxFailures: 3, backoffSeconds: 0.5 };

/** Why a running job is to be stopped. */
type Reason = "stopping" | "no longer ours";

/**
 * Takes jobs from the queue and sees each to its end: claim, compute, commit. The claim decides whether a message is
 * good, so a message delivered twice does nothing.
 */
export async function startWorker(config: WorkerConfig): Promise<{ id: string; stop(): Promise<void> }> {
  const { store, compute, log } = config;
  const machine = hostname();
  const id = `${machine}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const running = new Map<string, AbortController>();
  let stopping = false;

  await registerWorker(store, {
    id,
    machine,
    pid: process.pid,
    slots: config.slots,
    engine: config.engine,
    version: config.version,
  });

  const handle = async (key: string): Promise<void> => {
    const held = stopping ? null : await claim(store, key, id);
    if (!held) return;
    const controller = new AbortController();
    running.set(key, controller);
    try {
      const outcome = await compute.run(held, controller.signal);
      const where = { engine: engineOf(held) ?? config.engine, machine, version: config.version };
      if (!(await commit(store, held, outcome, where))) log.warn({ job: key }, "finished a job that is no longer ours");
    } catch (error) {
      await settleFailure(held, controller.signal, error);
    } finally {
      running.delete(key);
    }
  };

  const settleFailure = async (held: Claim, signal: AbortSignal, error: unknown): Promise<void> => {
    const reason = signal.aborted ? (signal.reason as Reason) : null;
    if (reason === "no longer ours") return;
    if (reason === "stopping") return handBack(store, held);
    log.error({ job: held.key, kind: held.kind, fence: held.fence, err: error }, "attempt failed");
    await failAttempt(store, held, {
      error: messageOf(error),
      retryable: error instanceof FarmError ? error.retryable : true,
      maxFailures: config.maxFailures,
      backoffSeconds: config.backoffSeconds,
    });
  };

  const beat = async (): Promise<void> => {
    const keys = [...running.keys()];
    try {
      const held = await heartbeat(store, id, keys);
      for (const key of keys) if (!held.has(key)) running.get(key)?.abort("no longer ours" satisfies Reason);
    } catch (error) {
      log.error({ err: error }, "heartbeat failed");
    }
  };
  let beating = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(beat);
  }, config.heartbeatMs);

  const consumer = await consume(
    config.queue,
    { concurrency: config.slots, onError: (error) => log.error({ err: error }, "queue error") },
    handle,
  );
  log.info({ worker: id, slots: config.slots, engine: config.engine }, "worker started");

  return {
    id,
    async stop() {
      stopping = true;
      for (const controller of running.values()) controller.abort("stopping" satisfies Reason);
      await consumer.close();
      clearInterval(timer);
      await beating;
      await compute.close();
      await retireWorker(store, id);
      log.info({ worker: id }, "worker stopped");
    },
  };
}

function engineOf(job: Claim): string | null {
  return "engine" in job.params ? job.params.engine : null;
}
