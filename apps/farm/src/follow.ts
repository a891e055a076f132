import { describeNeeds } from "@shadowfarm/core/pool";
import type { Progress } from "@shadowfarm/core/progress";
import type { Store } from "@shadowfarm/store/client";
import { type ExperimentRow, findExperiment } from "@shadowfarm/store/experiments";
import { progressNow } from "@shadowfarm/store/progress";
import { livePools, unservedExperiments } from "@shadowfarm/store/workers";
import { SingleBar } from "cli-progress";

/** `90` → `1m30s`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "?";
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, "0")}m`;
  return minutes > 0 ? `${minutes}m${String(whole % 60).padStart(2, "0")}s` : `${whole}s`;
}

const LOOK_MS = 250;
/** Counting is more work than asking whether it has ended. */
const COUNT_MS = 1_000;
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
  let counted = Number.NEGATIVE_INFINITY;
  let warned = false;
  try {
    while (!signal.aborted) {
      const experiment = await findExperiment(store, id);
      const ended = experiment.state !== "submitted" && experiment.state !== "running";
      if (!warned && Date.now() - asked > LONELY_MS) {
        asked = Date.now();
        const reason = await whyNobody(store, experiment);
        if (reason !== null) process.stderr.write(`${reason}\n`);
        warned = reason !== null;
      }
      if (ended || (experiment.state === "running" && performance.now() - counted >= COUNT_MS)) {
        const progress = (await progressNow(store, [experiment])).get(id) as Progress;
        counted = performance.now();
        view.show(progress);
        if (ended) {
          view.end(progress);
          return { experiment, progress };
        }
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return null;
  } finally {
    view.close();
  }
}

/** Why nothing happens, if that is for want of a worker. */
async function whyNobody(store: Store, experiment: ExperimentRow): Promise<string | null> {
  const pools = await livePools(store);
  if (pools.length === 0) return "no worker has been heard of; start a farm on this database: shadowfarm up";
  const unserved = await unservedExperiments(store, pools);
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
