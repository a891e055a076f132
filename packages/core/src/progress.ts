import { isFinal, type JobKind, type JobState, jobKinds } from "./job.ts";

/** Jobs of an experiment of one kind in one state. */
export interface JobCount {
  kind: JobKind;
  state: JobState;
  count: number;
  /** Those that were done before the experiment asked. */
  cached: number;
  /** Mean duration of those that are done; null for other states. */
  meanSeconds: number | null;
  /** Of computing those that are done and were not before. */
  computeSeconds: number;
}

/** An experiment's jobs at one moment. */
export interface Progress {
  total: number;
  done: number;
  cached: number;
  running: number;
  failed: number;
  blocked: number;
  /** Seconds to the end, from the durations measured so far; null before there are any. */
  etaSeconds: number | null;
  /** Of computing the jobs that are done and were not before. */
  computeSeconds: number;
}

/**
 * Sums up counts of jobs.
 *
 * @param slots how many jobs are computed at a time in the whole farm
 * @param share the part of them that the experiment can expect, 0 … 1
 */
export function summarizeProgress(rows: readonly JobCount[], slots: number, share = 1): Progress {
  const count = (matches: (row: JobCount) => boolean) => rows.filter(matches).reduce((sum, row) => sum + row.count, 0);
  return {
    total: count(() => true),
    done: count((row) => row.state === "done"),
    cached: rows.reduce((sum, row) => sum + row.cached, 0),
    running: count((row) => row.state === "running"),
    failed: count((row) => row.state === "failed"),
    blocked: count((row) => row.state === "blocked"),
    etaSeconds: estimate(rows, Math.max(1, slots * share)),
    computeSeconds: rows.reduce((sum, row) => sum + row.computeSeconds, 0),
  };
}

/**
 * Work that is left, each kind at its mean duration so far, on so many slots; but no less than one job of each kind, which
 * follow each other however many slots there are. A kind not seen yet counts as the shortest of the others: it comes later in
 * the plan, and queries and attacks are far shorter than what goes before them.
 */
function estimate(rows: readonly JobCount[], slots: number): number | null {
  const measured = rows.filter((row) => row.state === "done" && row.meanSeconds !== null);
  if (measured.length === 0) return null;
  const shortest = Math.min(...measured.map((row) => row.meanSeconds ?? 0));
  const left = jobKinds.map((kind) => ({
    open: rows.reduce((jobs, row) => jobs + (row.kind === kind && !isFinal(row.state) ? row.count : 0), 0),
    seconds: measured.find((row) => row.kind === kind)?.meanSeconds ?? shortest,
  }));
  const work = left.reduce((sum, { open, seconds }) => sum + open * seconds, 0);
  const chain = left.reduce((sum, { open, seconds }) => sum + Math.min(1, open) * seconds, 0);
  return Math.max(work / slots, chain);
}
