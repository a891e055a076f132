import type { paperSchema } from "@shadowfarm/core/api/papers";
import { compareWithPaper, matches, type PaperNumbers } from "@shadowfarm/core/paper";
import type { ResultRow } from "@shadowfarm/store/results";
import type { z } from "zod";

export type Comparison = z.infer<typeof paperSchema>["comparisons"][number];

/** Results that are named behind one number. */
const MOST_NAMED = 20;

/** Published numbers beside the results that they are about. */
export function besidePaper(numbers: readonly PaperNumbers[], results: readonly ResultRow[]): Comparison[] {
  return compareWithPaper(numbers, results).map((comparison) => {
    const { value, within, ours, where, metric } = comparison;
    const difference = ours.mean === null ? null : ours.mean - value;
    const own = results.filter((result) => matches(result, where) && result.metrics[metric] !== null);
    return {
      ...comparison,
      difference,
      holds: difference === null || within === undefined ? null : Math.abs(difference) <= within,
      synthetic: own.some(({ data }) => data === "synthetic"),
      records: [...new Set(own.map(({ records }) => records))].sort((one, other) => one - other),
      results: [...new Set(own.map(({ jobKey }) => jobKey))].slice(0, MOST_NAMED),
    };
  });
}
