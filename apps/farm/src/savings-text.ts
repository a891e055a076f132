import { type ExperimentSpec, parseExperiment } from "@shadowfarm/core/experiment";
import { type Savings, savingsOf } from "@shadowfarm/core/round-savings";
import { hasRounds } from "@shadowfarm/core/rounds";
import { catalogFor } from "@shadowfarm/ml/catalog";
import type { ExperimentRow } from "@shadowfarm/store/experiments";
import type { ResultRow } from "@shadowfarm/store/results";

/** What an experiment's rounds have saved, in a sentence or two; null for one without rounds. */
export function savedBy({ id, spec, datasets, engine }: ExperimentRow, results: readonly ResultRow[]): string | null {
  if (!hasRounds(spec)) return null;
  const catalog = catalogFor(datasets);
  const own = results.filter(({ experimentId }) => experimentId === id);
  const savings = savingsOf(parseExperiment(spec, catalog), catalog, { datasets, engine }, own);
  return savings && savingsText(spec, savings);
}

export function savingsText({ precision }: Pick<ExperimentSpec, "precision">, savings: Savings): string {
  const { jobs, fullJobs, epochs, fullEpochs, combinations, settled, repeats } = savings;
  if (precision) {
    const open = combinations - settled;
    const rest = open === 0 ? "" : `; ${open} are not, after ${precision.most} repeats`;
    return `precision: ${settled} of ${combinations} combinations know their ${precision.metric} to ± ${precision.halfWidth}${rest}. ${jobs} jobs, where ${repeats} repeats of each would be ${fullJobs} (${percent(jobs, fullJobs)}).`;
  }
  return `search: ${settled} of ${combinations} combinations in full. ${epochs} training epochs and ${jobs} jobs, where the whole sweep would be ${fullEpochs} and ${fullJobs} (${percent(epochs, fullEpochs)} of the epochs).`;
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
