import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { EnvironmentFault, FarmError, InputLost, messageOf, ProcessDied, StoreUnusable } from "@shadowfarm/core/errors";
import { engineOf } from "@shadowfarm/core/job";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { consume } from "@shadowfarm/queue/queue";
import type { ArtifactRef, Artifacts } from "@shadowfarm/store/artifacts";
import type { Store } from "@shadowfarm/store/client";
import { gather } from "@shadowfarm/store/gather";
import {
  type Claim,
  claimAlike,
  claimAll,
  commitAll,
  type Finished,
  failAttempt,
  handBack,
  heartbeat,
  type Outcome,
  returnMessage,
} from "@shadowfarm/store/jobs";
import { awaitLeader, checkLeader } from "@shadowfarm/store/leader";
import { loseInput } from "@shadowfarm/store/lost-inputs";
import { registerWorker, retireWorker } from "@shadowfarm/store/workers";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import { openCheckpointKeeper } from "./checkpoint-keeper.ts";
import type { Hear } from "./child-output.ts";
import type { Compute, RunFailure, Step } from "./compute.ts";
import { watchTakes } from "./takes.ts";
import { watchWorker } from "./watch.ts";

export interface WorkerConfig {
  store: Store;
  queue: QueueConfig;
  compute: Compute;
  /** Where its compute processes leave checkpoints. */
  artifacts: Artifacts;
  /** Jobs at a time. */
  slots: number;
  engine: string;
  /** What experiments may require. */
  labels?: readonly string[];
  /** Gigabytes for each job. */
  memory?: number;
  version: string;
  telemetry: Telemetry;
  heartbeatMs: number;
  /** How long messages may wait beside free slots. */
  patienceMs: number;
  /** Failed attempts after which a job is given up. */
  maxFailures: number;
  backoffSeconds: number;
}

/** How patient a worker is, unless its configuration says otherwise. */
export const WORKER_DEFAULTS = { heartbeatMs: 2_000, patienceMs: 60_000, maxFailures: 3, backoffSeconds: 0.5 };

export interface RunningWorker {
  id: string;
  /** When it last had a job, or started, by this machine's clock; null while it has one. */
  idleSince(): number | null;
  /**
   * Takes nothing new, and resolves when it has nothing left.
   *
   * @param graceMs in which jobs may come to their end; the rest is handed back. A later call may cut it short.
   */
  stop(graceMs?: number): Promise<void>;
}

/** How long a worker waits for a scheduler of its version, since both may be replaced at once. */
const LEADER_MS = 10_000;
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
 *
 * @throws {EnvironmentFault} when the scheduler is of a version that takes jobs to be written in another way
 */
export async function startWorker(config: WorkerConfig): Promise<RunningWorker> {
  const { store, compute, telemetry } = config;
  const { log } = telemetry;
  const machine = hostname();
  const id = `${machine}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const running = new Map<string, Run>();
  const { slots, engine, version, labels = [], memory = 0 } = config;
  const runs = () => new Set(running.values()).size;
  const watch = watchWorker(telemetry, store, slots, runs, engine);
  const checkpoints = openCheckpointKeeper(store, config.artifacts, log);
  let stopping = false;
  let idleSince = Date.now();

  await awaitLeader(store, version, LEADER_MS);
  const row = { id, machine, pid: process.pid, slots, engine, version, labels, memory };
  const pool = await registerWorker(store, row);

  const takes = watchTakes({
    patienceMs: config.patienceMs,
    free: () => runs() < slots,
    waiting: () => consumer.waiting(),
    async reopen(problem) {
      log.error({ pool }, `${problem}; beginning anew to take messages`);
      await consumer.reopen();
    },
  });

  const claim = gather(async (keys: readonly string[]) => {
    const claims = new Map((await claimAll(store, [...new Set(keys)].sort(), id)).map((held) => [held.key, held]));
    return keys.map((key) => {
      const held = claims.get(key) ?? null;
      claims.delete(key); // A message that came twice is good once.
      return held;
    });
  });
  const commit = gather(async (finished: readonly Finished[]) => {
    const committed = await commitAll(store, finished);
    return finished.map(({ held }) => committed.has(held.key));
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
    takes.taken();
    if (stopping || runs() >= slots) return returnMessage(store, key);
    const asked = Date.now();
    const held = await claim(key);
    if (!held) return;
    if (stopping) return handBack(store, held);
    const run: Run = { controller: new AbortController(), jobs: [held] };
    const { signal } = run.controller;
    running.set(key, run);
    watch.begin(held, asked);
    const claimMore = async (most: number): Promise<Claim[]> => {
      const asked = Date.now();
      const more = stopping ? [] : await claimAlike(store, held, most, id);
      run.jobs.push(...more);
      for (const job of more) {
        running.set(job.key, run);
        watch.begin(job, asked);
      }
      return more;
    };
    let keeping = Promise.resolve();
    const keep = (artifacts: readonly ArtifactRef[]) => {
      keeping = keeping.then(() => checkpoints.keep(run.jobs, artifacts));
    };
    const hear: Hear = (from, text) => watch.hear(run.jobs, from, text);
    const tellSteps = (steps: readonly Step[]) => watch.step(run.jobs, steps);
    let fault: unknown = null;
    try {
      const ends = await compute.run(held, signal, { claimMore, hear, keep, tellSteps }).finally(() => keeping);
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
    const where = { engine: engineOf(held) ?? engine, machine, version };
    const start = Date.now();
    const committed = await persist(() => commit({ held, outcome, where }));
    watch.step([held], [{ name: "commit", start, end: Date.now() }]);
    if (!committed) watch.say(held, "warn", "finished a job that is no longer ours");
    watch.end(held, committed ? "done" : "lost", committed ? outcome.seconds : undefined);
    if (committed) await checkpoints.drop(held);
  };

  const settleFailure = async (held: Claim, signal: AbortSignal, error: unknown): Promise<void> => {
    const reason = signal.aborted ? (signal.reason as Reason) : null;
    if (reason) {
      watch.end(held, reason === "stopping" ? "cancelled" : "lost");
      if (reason === "stopping") await persist(() => handBack(store, held));
      return;
    }
    if (error instanceof ProcessDied) watch.died(error.death);
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
      if (!stopping) await takes.look();
    } catch (error) {
      log.error({ err: error }, "heartbeat failed");
    }
    await watch.keep();
    watch.beat();
  };

  const onError = (error: Error) => log.error({ err: error }, "queue error");
  const consumer = await consume(config.queue, { concurrency: slots, pool, onError, recovered }, handle);
  let beating = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(beat);
  }, config.heartbeatMs);
  telemetry.check("database", () => store.db.$queryRaw`SELECT 1`);
  telemetry.check("queue", () => consumer.waiting());
  telemetry.check("compute", () => compute.ready());
  telemetry.check("version", () => checkLeader(store, version));
  telemetry.check("jobs", async () => {
    const problem = takes.problem();
    if (problem !== null) throw new EnvironmentFault(problem);
  });
  log.info({ worker: id, slots, engine, labels, memory, pool }, "worker started");

  const end = async () => {
    // From now on nothing is handed out for it.
    await retireWorker(store, id).catch((error: unknown) => log.error({ err: error }, "the scheduler cannot be told"));
    await consumer.close();
    clearInterval(timer);
    await beating;
    await compute.close();
    await watch.keep();
    log.info({ worker: id }, "worker stopped");
  };
  let ended: Promise<void> | null = null;
  let grace: NodeJS.Timeout | undefined;
  const handBackAll = () => {
    for (const { controller } of running.values()) controller.abort("stopping" satisfies Reason);
  };

  return {
    id,
    idleSince: () => (running.size > 0 ? null : idleSince),
    async stop(graceMs = 0) {
      stopping = true;
      clearTimeout(grace);
      if (graceMs === 0) handBackAll();
      else {
        log.info({ jobs: running.size, seconds: graceMs / 1_000 }, "finishing what runs");
        grace = setTimeout(handBackAll, graceMs);
      }
      ended ??= end().finally(() => clearTimeout(grace));
      await ended;
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
