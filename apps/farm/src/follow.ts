import { isFinal, jobKinds } from "@shadowfarm/core/job";
import { describeNeeds } from "@shadowfarm/core/pool";
import type { Store } from "@shadowfarm/store/client";
import { type ExperimentRow, findExperiment, type ProgressRow, progressOf } from "@shadowfarm/store/experiments";
import { currentShares } from "@shadowfarm/store/shares";
import { livePools, liveSlots, unservedExperiments } from "@shadowfarm/store/workers";
import { SingleBar } from "cli-progress";

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
}

/**
 * Sums up the rows of `progressOf`.
 *
 * @param slots how many jobs are computed at a time in the whole farm
 * @param share the part of them that the experiment can expect, 0 … 1
 */
export function summarizeProgress(rows: readonly ProgressRow[], slots: number, share = 1): Progress {
  const count = (matches: (row: ProgressRow) => boolean) =>
    rows.filter(matches).reduce((sum, row) => sum + row.count, 0);
  return {
    total: count(() => true),
    done: count((row) => row.state === "done"),
    cached: rows.reduce((sum, row) => sum + row.cached, 0),
    running: count((row) => row.state === "running"),
    failed: count((row) => row.state === "failed"),
    blocked: count((row) => row.state === "blocked"),
    etaSeconds: estimate(rows, Math.max(1, slots * share)),
  };
}

/**
 * Work that is left, each kind at its mean duration so far, on so many slots; but no less than one job of each kind, which
 * follow each other however many slots there are. A kind not seen yet counts as the shortest of the others: it comes later in
 * the plan, and queries and attacks are far shorter than what goes before them.
 */
function estimate(rows: readonly ProgressRow[], slots: number): number | null {
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

/** `90` → `1m30s`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "?";
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, "0")}m`;
  return minutes > 0 ? `${minutes}m${String(whole % 60).padStart(2, "0")}s` : `${whole}s`;
}

const LOOK_MS = 250;
const LINE_MS = 5_000;
const LONELY_MS = 10_000;

/**
 * Shows an experiment's progress on standard error until it ends: a bar on a terminal, a line every few seconds elsewhere.
 *
 * @returns the experiment at its end, or null when `signal` was aborted before
 */
export async function follow(
  store: Store,
  id: string,
  signal: AbortSignal,
): Promise<{ experiment: ExperimentRow; progress: Progress } | null> {
  const view = process.stderr.isTTY ? barView() : lineView();
  let asked = Date.now();
  let warned = false;
  try {
    while (!signal.aborted) {
      const experiment = await findExperiment(store, id);
      const slots = await liveSlots(store);
      const share = (await currentShares(store)).get(id);
      const progress = summarizeProgress(await progressOf(store, id), slots, share);
      if (!warned && Date.now() - asked > LONELY_MS) {
        asked = Date.now();
        const reason = await whyNobody(store, experiment, slots);
        if (reason !== null) process.stderr.write(`${reason}\n`);
        warned = reason !== null;
      }
      if (experiment.state !== "submitted") view.show(progress);
      if (experiment.state !== "submitted" && experiment.state !== "running") {
        view.end(progress);
        return { experiment, progress };
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return null;
  } finally {
    view.close();
  }
}

/** Why nothing happens, if that is for want of a worker. */
async function whyNobody(store: Store, experiment: ExperimentRow, slots: number): Promise<string | null> {
  if (slots === 0) return "no worker has been heard of; start a farm on this database: shadowfarm up";
  const unserved = await unservedExperiments(store, await livePools(store));
  if (!unserved.some((one) => one.experiment === experiment.id)) return null;
  return `no worker can run its jobs; start one with ${describeNeeds(experiment)}: shadowfarm worker`;
}

interface View {
  show(progress: Progress): void;
  end(progress: Progress): void;
  close(): void;
}

function barView(): View {
  const bar = new SingleBar({
    format: "{bar} {value}/{total} jobs · {running} running · {cached} cached{trouble} · ETA {left}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  let started = false;
  return {
    show(progress) {
      const trouble = progress.failed > 0 ? ` · ${progress.failed} failed` : "";
      const payload = { ...progress, trouble, left: duration(progress.etaSeconds) };
      if (started) bar.update(progress.done, payload);
      else bar.start(progress.total, progress.done, payload);
      started = true;
    },
    end() {},
    close: () => bar.stop(),
  };
}

function lineView(): View {
  let shown = 0;
  let last = "";
  const write = (progress: Progress) => {
    const trouble = progress.failed > 0 ? `, ${progress.failed} failed` : "";
    const line = `${progress.done}/${progress.total} jobs done, ${progress.running} running, ${progress.cached} cached${trouble}, ETA ${duration(progress.etaSeconds)}`;
    if (line !== last) process.stderr.write(`${line}\n`);
    last = line;
    shown = Date.now();
  };
  return {
    show(progress) {
      if (Date.now() - shown >= LINE_MS) write(progress);
    },
    end: write,
    close() {},
  };
}
