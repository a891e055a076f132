import type { Sender } from "@shadowfarm/queue/queue";
import type { Store } from "@shadowfarm/store/client";
import { countFarm, type FarmCounts } from "@shadowfarm/store/counts";
import { livePools, unservedExperiments } from "@shadowfarm/store/workers";
import { cached } from "@shadowfarm/telemetry/cached";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import { within } from "@shadowfarm/telemetry/within";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** For so long a scrape sees the same counts, so that scraping often costs the database nothing. */
const CACHE_SECONDS = 5;
/** Whoever scrapes waits for ten, as a rule. */
const SCRAPE_WITHIN_MS = 5_000;
const ROUND_WITHIN_MS = 60_000;

/** What a scheduler tells of its rounds. */
export interface SchedulerWatch {
  /** A round begins; the returned function is called when it has done its work, and not when it failed or stood by. */
  round(): () => void;
  /** A round, or the planning beside it, was interrupted. */
  failed(): void;
  /** Jobs were freed whose worker fell silent. */
  lost(jobs: number): void;
  /** Messages had to be sent again. */
  resent(messages: number): void;
}

/** Tells of the scheduler itself, and of the whole farm's jobs, which each scheduler counts alike. */
export function watchScheduler(telemetry: Telemetry, store: Store, sender: Sender): SchedulerWatch {
  const registers = [telemetry.registry];
  const rounds = new Histogram({
    name: "shadowfarm_scheduler_round_duration_seconds",
    help: "Seconds of the leading scheduler's rounds, without their pauses.",
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300],
    registers,
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const failures = counter(
    "shadowfarm_scheduler_failed_rounds_total",
    "Rounds, and plannings beside them, that the database or queue interrupted.",
  );
  const lost = counter("shadowfarm_jobs_lost_total", "Running jobs that were freed since their worker fell silent.");
  const resent = counter("shadowfarm_messages_resent_total", "Messages that the queue had lost.");
  tellCounts(telemetry, store);
  tellQueue(telemetry, store, sender);
  const pulse = telemetry.pulse("rounds", ROUND_WITHIN_MS);
  return {
    round() {
      pulse.beat();
      return rounds.startTimer();
    },
    failed: () => failures.inc(),
    lost: (jobs) => lost.inc(jobs),
    resent: (messages) => resent.inc(messages),
  };
}

/** Each gauge has its numbers from one look at the database; while that cannot be had, there are none. */
function tellCounts({ registry, log }: Telemetry, store: Store): void {
  const count = cached(CACHE_SECONDS, () =>
    countFarm(store).catch((error: unknown) => {
      log.warn({ err: error }, "the farm's jobs cannot be counted now");
      throw error;
    }),
  );
  const tell = (name: string, help: string, labelNames: string[], fill: (gauge: Gauge, counts: FarmCounts) => void) =>
    gauge(registry, name, help, labelNames, async (own) => fill(own, await count()));

  tell("shadowfarm_jobs", "Jobs in the database, by kind and state.", ["kind", "state"], (own, { jobs }) => {
    for (const { kind, state, count } of jobs) own.set({ kind, state }, count);
  });
  tell("shadowfarm_experiments", "Experiments in the database, by state.", ["state"], (own, { experiments }) => {
    for (const { state, count } of experiments) own.set({ state }, count);
  });
  tell(
    "shadowfarm_experiment_compute_seconds",
    "Seconds of computing the jobs that experiments did not find done, by kind of experiment.",
    ["experiment_kind"],
    (own, { computeSeconds }) => {
      for (const { kind, seconds } of computeSeconds) own.set({ experiment_kind: kind }, seconds);
    },
  );
  tell("shadowfarm_workers", "Workers that were heard of lately.", [], (own, { workers }) => own.set(workers));
  tell("shadowfarm_slots", "Jobs that those workers run at a time.", [], (own, { slots }) => own.set(slots));
}

function tellQueue({ registry, log }: Telemetry, store: Store, sender: Sender): void {
  const pools = cached(CACHE_SECONDS, () => livePools(store));
  gauge(
    registry,
    "shadowfarm_jobs_without_worker",
    "Ready jobs that none of the live workers can run.",
    [],
    async (own) => {
      const unserved = await unservedExperiments(store, await pools());
      own.set(unserved.reduce((sum, { jobs }) => sum + jobs, 0));
    },
  );
  gauge(registry, "shadowfarm_queue_messages", "Messages that wait or are being handled.", [], async (own) => {
    try {
      own.set(await sender.size((await pools()).map(({ name }) => name)));
    } catch (error) {
      log.warn({ err: error }, "the queue's messages cannot be counted now");
      throw error;
    }
  });
}

/** A gauge that is filled when it is asked for, and has no value when it cannot be. */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  fill: (gauge: Gauge) => Promise<void>,
): void {
  const own: Gauge = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      await within(fill(own), SCRAPE_WITHIN_MS).catch(() => {
        own.reset();
        // Without labels a reset gauge is 0, which would be a lie.
        if (labelNames.length === 0) own.remove();
      });
    },
  });
}
