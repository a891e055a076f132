import { bestBalancedAccuracy, rocCurve } from "@shadowfarm/core/roc";
import type { KnownAnswers, Threshold } from "./unit.ts";

/** The one threshold for all records with the best balanced accuracy on the shadows' records, whose membership is known. */
export function shadowThreshold(
  shadows: readonly KnownAnswers[],
  scoresOf: (shadow: KnownAnswers) => Float64Array,
): Threshold {
  const scores = Float64Array.from(shadows.flatMap((shadow) => [...scoresOf(shadow)]));
  const isMember = Uint8Array.from(shadows.flatMap(({ isMember }) => [...isMember]));
  return { by: "shadow", value: bestBalancedAccuracy(rocCurve(scores, isMember)).threshold };
}
