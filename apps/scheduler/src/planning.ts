import { setImmediate } from "node:timers/promises";
import type { Catalog, DatasetUse } from "@shadowfarm/core/catalog";
import { messageOf } from "@shadowfarm/core/errors";
import { parseExperiment } from "@shadowfarm/core/experiment";
import type { Plan, PlanSteps } from "@shadowfarm/core/plan";
import { hasRounds, roundSteps } from "@shadowfarm/core/rounds";
import type { Store } from "@shadowfarm/store/client";
import {
  type ExperimentRow,
  endedRounds,
  finishExperiments,
  listExperiments,
  rejectExperiment,
} from "@shadowfarm/store/experiments";
import { recordPlan } from "@shadowfarm/store/plans";
import { listResults } from "@shadowfarm/store/results";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import type { SchedulerTraces } from "./traces.ts";

export interface PlanningConfig {
  store: Store;
  /** The units that an experiment on these datasets may name. */
  catalogFor(datasets: readonly DatasetUse[]): Catalog;
  telemetry: Telemetry;
}

/** Planning goes on for so long before other work of the process has its turn. */
const SLICE_MS = 10;

/**
 * Plans what is submitted, and what may have further rounds. A large plan takes many seconds to make and to write; meanwhile the
 * process does its other work.
 *
 * @returns how many experiments were looked at
 */
export async function planAll(config: PlanningConfig, traces: SchedulerTraces): Promise<number> {
  const { store } = config;
  const submitted = await listExperiments(store, { state: "submitted" });
  for (const experiment of submitted) await planExperiment(config, traces, experiment);
  const ended = await endedRounds(store);
  for (const experiment of ended) await planExperiment(config, traces, experiment, experiment.cells);
  return submitted.length + ended.length;
}

/** @param cells of the rounds that have come to their end; null for a new experiment */
async function planExperiment(
  { store, catalogFor, telemetry: { log } }: PlanningConfig,
  traces: SchedulerTraces,
  experiment: ExperimentRow,
  cells: number | null = null,
): Promise<void> {
  const { id, name, spec, datasets, engine } = experiment;
  const started = performance.now();
  const start = Date.now();
  let plan: Plan;
  try {
    const catalog = catalogFor(datasets);
    const results = hasRounds(spec) ? await listResults(store, { experiment: id }) : [];
    const known = { results, ended: cells !== null };
    plan = await inSlices(roundSteps(parseExperiment(spec, catalog), catalog, { datasets, engine }, known));
  } catch (error) {
    log.error({ experiment: id, name, err: error }, "experiment cannot be planned");
    await rejectExperiment(store, id, messageOf(error));
    return;
  }
  if (cells !== null && plan.cells.length <= cells) {
    await finishExperiments(store, id);
    return;
  }
  await recordPlan(store, id, plan, cells === null ? "submitted" : "running");
  traces.planned(experiment, start, plan.jobs.length, plan.cells.length);
  const seconds = (performance.now() - started) / 1000;
  log.info({ experiment: id, name, jobs: plan.jobs.length, cells: plan.cells.length, seconds }, "experiment planned");
}

async function inSlices(steps: PlanSteps): Promise<Plan> {
  for (let since = performance.now(); ; ) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
