import { type Death, deaths, messageOf } from "@shadowfarm/core/errors";
import { engineOf, jobKinds } from "@shadowfarm/core/job";
import { type AttemptLines, keepLines, type LogLine } from "@shadowfarm/store/attempt-logs";
import type { Store } from "@shadowfarm/store/client";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import { Counter, Gauge, Histogram } from "prom-client";
import { type AttemptLog, openAttemptLog } from "./attempt-log.ts";
import type { Step } from "./compute.ts";
import { type Course, spansOf } from "./traces.ts";

/** How an attempt ended, for the worker that made it; `lost`: the job had been taken away meanwhile. */
export type Ending = "done" | "failed" | "cancelled" | "lost";
const endings: readonly Ending[] = ["done", "failed", "cancelled", "lost"];

/** From jobs that only read to trainings of a day. */
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];
/** Longer than any timeout of the database, shorter than patience. */
const BEAT_WITHIN_MS = 60_000;

/** What a worker tells of its attempts: in the log, in the metrics, and beside each attempt in the database. */
export interface WorkerWatch {
  /** @param asked when it was asked for, by this machine's clock */
  begin(job: Claim, asked: number): void;
  /** Parts of these attempts, for their traces. */
  step(jobs: readonly Claim[], steps: readonly Step[]): void;
  /** A line about an attempt: logged, and kept with it. */
  say(job: Claim, level: "debug" | "warn" | "error", message: string, error?: unknown): void;
  /** A line that the compute process of these jobs wrote. */
  hear(jobs: readonly Claim[], from: "stdout" | "stderr", text: string): void;
  /** @param seconds of computing, where it came to its end */
  end(job: Claim, ending: Ending, seconds?: number): void;
  /** A compute process died in the middle of a job. */
  died(death: Death): void;
  /** Keeps what was said since the last time; what cannot be written now is kept for the next. */
  keep(): Promise<void>;
  /** The heartbeats go on. */
  beat(): void;
}

interface Attempt {
  job: Claim;
  log: AttemptLog;
  changed: boolean;
  ended: boolean;
  steps: Step[];
  /** What is said of it last. */
  error: string | undefined;
  trace(course: Course): void;
}

/**
 * @param busy how many slots are
 * @param engine that computes, where a job names none
 */
export function watchWorker(
  telemetry: Telemetry,
  store: Store,
  slots: number,
  busy: () => number,
  engine: string,
): WorkerWatch {
  const { log, hide, registry } = telemetry;
  const registers = [registry];
  const attempts = new Counter({
    name: "shadowfarm_attempts_total",
    help: "Attempts that ended on this worker, by kind of job and outcome.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "shadowfarm_job_duration_seconds",
    help: "Wall-clock seconds of computing a job that was done, by kind; of jobs computed together each has its share.",
    labelNames: ["kind"],
    buckets: SECONDS,
    registers,
  });
  const died = new Counter({
    name: "shadowfarm_compute_deaths_total",
    help: "Compute processes of this worker that died in the middle of a job, by how.",
    labelNames: ["death"],
    registers,
  });
  for (const death of deaths) died.inc({ death }, 0);
  for (const kind of jobKinds) {
    durations.zero({ kind });
    for (const outcome of endings) attempts.inc({ kind, outcome }, 0);
  }
  const total = { name: "shadowfarm_worker_slots", help: "Jobs that this worker runs at a time." };
  new Gauge({ ...total, registers }).set(slots);
  new Gauge({
    name: "shadowfarm_worker_busy_slots",
    help: "Slots of this worker that have a job.",
    registers,
    collect() {
      this.set(busy());
    },
  });
  const pulse = telemetry.pulse("heartbeats", BEAT_WITHIN_MS);

  const known = new Map<string, Attempt>();
  const idOf = ({ key, fence }: Claim) => `${key}-${fence}`;
  const add = (job: Claim, from: LogLine["from"], text: string) => {
    const attempt = known.get(idOf(job));
    if (!attempt) return;
    attempt.log.add(from, hide(text));
    attempt.changed = true;
  };
  const logOf = ({ experiment, key, kind, fence }: Claim) => log.child({ experiment, job: key, kind, attempt: fence });
  let keeping = Promise.resolve();

  const keep = async () => {
    const changed = [...known.values()].filter((attempt) => attempt.changed);
    for (const attempt of changed) attempt.changed = false;
    try {
      await keepLines(store, changed.map(linesOf));
    } catch (error) {
      for (const attempt of changed) attempt.changed = true;
      log.error({ err: error, attempts: changed.length }, "the lines of attempts cannot be kept now");
      return;
    }
    for (const attempt of changed) if (attempt.ended && !attempt.changed) known.delete(idOf(attempt.job));
  };

  return {
    begin(job, asked) {
      let trace: (course: Course) => void = () => {};
      const course = new Promise<Course>((resolve) => {
        trace = resolve;
      });
      const steps = [{ name: "claim", start: asked, end: Date.now() }];
      known.set(idOf(job), {
        job,
        log: openAttemptLog(),
        changed: false,
        ended: false,
        steps,
        error: undefined,
        trace,
      });
      telemetry.trace(() => spansOf(store, job, asked, engineOf(job) ?? engine, course));
      logOf(job).debug("attempt begins");
    },
    step(jobs, steps) {
      for (const job of jobs) known.get(idOf(job))?.steps.push(...steps);
    },
    say(job, level, message, error) {
      const attempt = known.get(idOf(job));
      if (attempt && error !== undefined) attempt.error = messageOf(error);
      logOf(job)[level](error === undefined ? {} : { err: error }, message);
      add(job, "worker", error === undefined ? message : `${message}: ${traceOf(error)}`);
    },
    hear(jobs, from, text) {
      for (const job of jobs) add(job, from, text);
      const [first] = jobs;
      if (first) logOf(first).info({ from }, text);
    },
    end(job, ending, seconds) {
      const attempt = known.get(idOf(job));
      if (!attempt || attempt.ended) return;
      attempts.inc({ kind: job.kind, outcome: ending });
      if (seconds !== undefined) durations.observe({ kind: job.kind }, seconds);
      logOf(job).debug({ outcome: ending, seconds }, "attempt ended");
      attempt.ended = true;
      const { steps, error } = attempt;
      attempt.trace({ outcome: ending, steps, end: Date.now(), error });
      if (!attempt.changed) known.delete(idOf(job));
    },
    died: (death) => died.inc({ death }),
    keep() {
      keeping = keeping.then(keep);
      return keeping;
    },
    beat: () => pulse.beat(),
  };
}

function linesOf({ job, log }: Attempt): AttemptLines {
  return { key: job.key, fence: job.fence, lines: log.lines, dropped: log.dropped };
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
