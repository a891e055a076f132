import type { ExperimentSpec } from "@shadowfarm/core/experiment";
import type { Savings } from "@shadowfarm/core/round-savings";

/** What rounds have saved, in a sentence or two. */
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
