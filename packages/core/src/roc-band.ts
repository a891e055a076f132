import { proportion } from "./intervals.ts";
import { pointAtFpr, type Roc } from "./roc.ts";
import { summarize } from "./summary.ts";

/** An attack's ROC curve over its repeats. */
export interface RocBand {
  /** Repeats. */
  n: number;
  /** The smallest FPR above 0 that every repeat can show. */
  smallestFpr: number;
  /** From the smallest FPR to 1. `low` and `high`: one sd around the mean of the repeats; of a single one 95 %, Clopper–Pearson. */
  points: { fpr: number; tpr: number; low: number; high: number }[];
}

/** Even steps for a logarithmic axis, and for a linear one. */
const DECADES = 60;
const LINEAR = 25;

/** Curves averaged vertically: the mean TPR at each FPR, of which no curve is interpolated (as `tprAtFpr`). At least one curve. */
export function rocBand(rocs: readonly [Roc, ...Roc[]]): RocBand {
  const smallestFpr = Math.max(...rocs.map(({ nonMembers }) => 1 / nonMembers));
  const logarithmic = Array.from({ length: DECADES + 1 }, (_, step) => smallestFpr ** (1 - step / DECADES));
  const linear = Array.from({ length: LINEAR }, (_, step) => (step + 1) / LINEAR).filter((fpr) => fpr > smallestFpr);
  const levels = [...new Set([...logarithmic, ...linear])].sort((one, other) => one - other);
  return { n: rocs.length, smallestFpr, points: levels.map((fpr) => ({ fpr, ...tprAt(fpr, rocs) })) };
}

function tprAt(level: number, rocs: readonly [Roc, ...Roc[]]): { tpr: number; low: number; high: number } {
  const { mean, sd } = summarize(rocs.map((roc) => roc.tpr[pointAtFpr(roc, level)] as number));
  const [roc] = rocs;
  const single = proportion(roc.truePositives[pointAtFpr(roc, level)] as number, roc.members);
  if (mean === null || sd === null) return { tpr: single.value, low: single.interval[0], high: single.interval[1] };
  return { tpr: mean, low: Math.max(0, mean - sd), high: Math.min(1, mean + sd) };
}
