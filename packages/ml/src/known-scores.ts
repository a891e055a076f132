import type { KnownScores } from "./class-thresholds.ts";
import { type SignalName, signalsOf } from "./signals.ts";
import type { KnownAnswers } from "./unit.ts";

/** A signal, or another score, of all shadows' records together. */
export function knownScores(
  shadows: readonly KnownAnswers[],
  of: SignalName | ((shadow: KnownAnswers) => Float64Array),
): KnownScores {
  const scores: number[] = [];
  const isMember: number[] = [];
  const labels: number[] = [];
  for (const shadow of shadows) {
    for (const [record, score] of (typeof of === "string" ? signalsOf(shadow, of) : of(shadow)).entries()) {
      scores.push(score);
      isMember.push(shadow.isMember[record] as number);
      labels.push(shadow.labels[record] as number);
    }
  }
  return { scores: Float64Array.from(scores), isMember: Uint8Array.from(isMember), labels: Int32Array.from(labels) };
}
