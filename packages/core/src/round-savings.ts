import type { Catalog } from "./catalog.ts";
import type { Experiment } from "./experiment.ts";
import { compilePlan, type Plan, type PlanContext } from "./plan.ts";
import { type KnownResult, planRounds, repeatsNeeded, resultsByCombination } from "./rounds.ts";

/** What an experiment with rounds took, and what it would have taken without them. */
export interface Savings {
  jobs: number;
  fullJobs: number;
  /** Training epochs of all models, shadows among them. */
  epochs: number;
  fullEpochs: number;
  /** Combinations, and how many of them are settled: known well enough, or run in full. */
  combinations: number;
  settled: number;
  /** Repeats of each combination that full would have been. */
  repeats: number;
}

/**
 * With `precision`, full is as many repeats of every combination as the one that needed most has; with `search`, the whole sweep.
 *
 * @returns null for an experiment without rounds
 */
export function savingsOf(
  experiment: Experiment,
  catalog: Catalog,
  context: PlanContext,
  results: readonly KnownResult[],
): Savings | null {
  const { precision, search } = experiment.spec;
  if (!precision && !search) return null;
  const groups = [...resultsByCombination(results).values()];
  const repeats = precision ? Math.max(experiment.repeats, ...groups.map(({ length }) => length)) : experiment.repeats;
  const plan = planRounds(experiment, catalog, context, { results, ended: true });
  const full = compilePlan({ ...experiment, repeats }, catalog, context);
  const settled = groups.filter((own) => {
    if (!precision) return own.length >= repeats;
    const values = own.map(({ metrics }) => metrics[precision.metric]);
    return values.length >= precision.least && repeatsNeeded(values, precision) <= values.length;
  });
  return {
    ...{ jobs: plan.jobs.length, fullJobs: full.jobs.length, epochs: epochsOf(plan), fullEpochs: epochsOf(full) },
    ...{ combinations: precision ? groups.length : full.cells.length / repeats, settled: settled.length, repeats },
  };
}

function epochsOf({ jobs }: Plan): number {
  return jobs.reduce((sum, job) => sum + (job.kind === "train" ? job.params.training.epochs : 0), 0);
}
