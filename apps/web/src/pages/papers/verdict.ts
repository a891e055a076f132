import type { paperDetailSchema } from "@shadowfarm/core/api/papers";
import type { z } from "zod";

/** What must be known of an experiment to judge its numbers. */
export type Rerun = Pick<z.output<typeof paperDetailSchema>["experiments"][number], "experiment" | "changed">;
type Comparison = z.output<typeof paperDetailSchema>["experiments"][number]["comparisons"][number];

export interface Verdict {
  said: "within" | "BEYOND" | "no tolerance" | "no result";
  why: string;
  bad: boolean;
}

/** Whether a number is within its tolerance, and what may be why it is not. */
export function verdictOf(comparison: Comparison, { experiment, changed }: Rerun): Verdict {
  const { holds, difference, synthetic, ours } = comparison;
  if (difference === null) {
    const why = experiment === null ? "not run yet" : `its run is ${experiment.state}`;
    return { said: "no result", why, bad: false };
  }
  const reasons = [
    ...(synthetic ? ["SYNTHETIC data: no measure of the paper"] : []),
    ...(changed.length > 0 ? [`run with other ${changed.join(", ")}`] : []),
    ...(holds === false ? [precisionText(comparison)] : []),
    ...(ours.n === 1 ? ["one repeat: its spread is not known"] : []),
  ].filter((reason) => reason !== "");
  if (holds === null) return { said: "no tolerance", why: reasons.join("; "), bad: false };
  if (holds) return { said: "within", why: reasons.join("; "), bad: false };
  const why = reasons.length > 0 ? reasons.join("; ") : "the setting differs: see the experiment's description";
  return { said: "BEYOND", why, bad: true };
}

/** Whether so few repeats can tell it from a number within the tolerance. */
function precisionText({ ours: { low, high, n }, value, within = 0 }: Comparison): string {
  if (low === null || high === null) return "";
  const reaches = low <= value + within && high >= value - within;
  return reaches ? `n ${n} is too small to tell: the 95 % interval reaches the tolerance` : "";
}
