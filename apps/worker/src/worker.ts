import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { FarmError, InputLost, messageOf, StoreUnusable } from "@shadowfarm/core/errors";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { consume } from "@shadowfarm/queue/queue";
import type { Store } from "@shadowfarm/store/client";
import {
  type Claim,
  claim,
  claimAlike,
  commit,
  failAttempt,
  handBack,
  heartbeat,
  type Outcome,
} from "@shadowfarm/store/jobs";
import { loseInput } from "@shadowfarm/store/lost-inputs";
import { registerWorker, retireWorker } from "@shadowfarm/store/workers";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import type { Compute, RunFailure } from "./compute.ts";
import { watchWorker } from "./watch.ts";

export interface WorkerConfig {
  store: Store;
  queue: QueueConfig;
  compute: Compute;
  /** Jobs at a time. */
  slots: number;
  engine: string;
  version: string;
  telemetry: Telemetry;
  heartbeatMs: number;
  /** Failed attempts after which a job is given up. */
  maxFailures: number;
  backoffSeconds: number;
}

/** How patient a worker is, unless its configuration says otherwise. */
export const WORKER_DEFAULTS = { heartbeatMs: 2_000, maxFailures: 3, backoffSeconds: 0.5 };

export interface RunningWorker {
  id: string;
  /** When it last had a job, or started, by this machine's clock; null while it has one. */
  idleSince(): number | null;
  stop(): Promise<void>;
}

/** Between two looks whether what is away has come back. */
const PAUSE_MS = 1_000;
/** Writes that the database refuses so often, while it answers, are not refused because it was away. */
const TRIES = 3;

/** Why a run is to be stopped. */
type Reason = "stopping" | "no longer ours";

/** Jobs that are computed together; one, as a rule. */
interface Run {
  controller: AbortController;
  jobs: Claim[];
}

/**
 * Takes jobs from the queue and sees each to its end: claim, compute, commit. The claim decides whether a message is
 * good, so a message delivered twice does nothing.
 */
export async function startWorker(config: WorkerConfig): Promise<RunningWorker> {
  const { store, compute, telemetry } = config;
  const { log } = telemetry;
  const machine = hostname();
  const id = `${machine}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const running = new Map<string, Run>();
  const watch = watchWorker(telemetry, store, config.slots, () => new Set(running.values()).size);
  let stopping = false;
  let idleSince = Date.now();

  await registerWorker(store, {
    id,
    machine,
    pid: process.pid,
    slots: config.slots,
    engine: config.engine,
    version: config.version,
  });

  /** Resolves once jobs can be taken again. */
  const recovered = async (): Promise<void> => {
    log.warn("takes no jobs until what it needs is there");
    while (!stopping) {
      await pause();
      try {
        await store.db.$queryRaw`SELECT 1`;
        await compute.ready();
        log.warn("takes jobs again");
        return;
      } catch (error) {
        log.warn({ err: error }, "takes no jobs");
      }
    }
  };

  /** Writes what became of a job, also if the database is away meanwhile: work is not lost with a connection. */
  const persist = async <T>(write: () => Promise<T>): Promise<T> => {
    for (let tries = TRIES; ; await pause()) {
      try {
        return await write();
      } catch (error) {
        if (stopping) throw error;
        log.warn({ err: error }, "the end of an attempt cannot be written now");
        const answers = await store.db.$queryRaw`SELECT 1`.then(
          () => true,
          () => false,
        );
        if (answers) tries -= 1;
        if (tries === 0) throw error;
      }
    }
  };

  const handle = async (key: string): Promise<void> => {
    const held = stopping ? null : await claim(store, key, id);
    if (!held) return;
    const run: Run = { controller: new AbortController(), jobs: [held] };
    const { signal } = run.controller;
    running.set(key, run);
    watch.begin(held);
    const claimMore = async (most: number): Promise<Claim[]> => {
      const more = stopping ? [] : await claimAlike(store, held, most, id);
      run.jobs.push(...more);
      for (const job of more) {
        running.set(job.key, run);
        watch.begin(job);
      }
      return more;
    };
    let fault: unknown = null;
    try {
      const ends = await compute.run(held, signal, claimMore, (from, text) => watch.hear(run.jobs, from, text));
      const settled = new Map(ends.map((one) => [one.key, one]));
      for (const job of run.jobs) {
        const end = settled.get(job.key);
        if (end && "outcome" in end) {
          await settleSuccess(job, end.outcome);
          continue;
        }
        const error = end ? failureError(end.failure) : new Error("left out of its run");
        if (error instanceof StoreUnusable) fault = error;
        await settleFailure(job, signal, error);
      }
    } catch (error) {
      for (const job of run.jobs) await settleFailure(job, signal, error);
    } finally {
      for (const { key } of run.jobs) if (running.get(key) === run) running.delete(key);
      idleSince = Date.now();
    }
    // The next job would fare no better here.
    if (fault) throw fault;
  };

  const settleSuccess = async (held: Claim, outcome: Outcome): Promise<void> => {
    const where = { engine: engineOf(held) ?? config.engine, machine, version: config.version };
    const committed = await persist(() => commit(store, held, outcome, where));
    if (!committed) watch.say(held, "warn", "finished a job that is no longer ours");
    watch.end(held, committed ? "done" : "lost", committed ? outcome.seconds : undefined);
  };

  const settleFailure = async (held: Claim, signal: AbortSignal, error: unknown): Promise<void> => {
    const reason = signal.aborted ? (signal.reason as Reason) : null;
    if (reason) {
      watch.end(held, reason === "stopping" ? "cancelled" : "lost");
      if (reason === "stopping") await persist(() => handBack(store, held));
      return;
    }
    watch.say(held, "error", "attempt failed", error);
    watch.end(held, "failed");
    // Whoever sees that it failed shall see why.
    await watch.keep();
    const why = telemetry.hide(messageOf(error));
    await persist(() => {
      if (error instanceof InputLost) return loseInput(store, held, error.input, why);
      if (error instanceof StoreUnusable) return handBack(store, held, why);
      return failAttempt(store, held, {
        error: why,
        retryable: error instanceof FarmError ? error.retryable : true,
        maxFailures: config.maxFailures,
        backoffSeconds: config.backoffSeconds,
      });
    });
  };

  const beat = async (): Promise<void> => {
    const keys = [...running.keys()];
    try {
      const held = await heartbeat(store, id, keys);
      for (const run of new Set(running.values())) {
        // As long as one of them is ours, the run goes on; what is not ours any more cannot commit.
        const lost = run.jobs.every(({ key }) => running.get(key) !== run || (keys.includes(key) && !held.has(key)));
        if (lost) run.controller.abort("no longer ours" satisfies Reason);
      }
    } catch (error) {
      log.error({ err: error }, "heartbeat failed");
    }
    await watch.keep();
    watch.beat();
  };
  let beating = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(beat);
  }, config.heartbeatMs);

  const consumer = await consume(
    config.queue,
    { concurrency: config.slots, onError: (error) => log.error({ err: error }, "queue error"), recovered },
    handle,
  );
  telemetry.check("database", () => store.db.$queryRaw`SELECT 1`);
  telemetry.check("queue", () => consumer.ping());
  telemetry.check("compute", () => compute.ready());
  log.info({ worker: id, slots: config.slots, engine: config.engine }, "worker started");

  return {
    id,
    idleSince: () => (running.size > 0 ? null : idleSince),
    async stop() {
      stopping = true;
      for (const { controller } of running.values()) controller.abort("stopping" satisfies Reason);
      await consumer.close();
      clearInterval(timer);
      await beating;
      await compute.close();
      await watch.keep();
      await retireWorker(store, id);
      log.info({ worker: id }, "worker stopped");
    },
  };
}

/** A failure in another process as the error that it was there. */
function failureError({ code, message, stack, retryable, lostInput }: RunFailure): FarmError {
  const error =
    lostInput !== undefined
      ? new InputLost(lostInput, message)
      : code === StoreUnusable.code
        ? new StoreUnusable(message)
        : new FarmError(code, message, { retryable });
  error.stack = stack;
  return error;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function engineOf(job: Claim): string | null {
  return "engine" in job.params ? job.params.engine : null;
}
