import { countBelow } from "./moments.ts";

/** A statistic of records whose membership is known. */
export interface KnownScores {
  scores: Float64Array; // records; higher = more likely a member
  isMember: Uint8Array; // records
  labels: Int32Array; // records
}

/** Threshold for a class of which nothing is known; Song & Mittal's code. */
const UNKNOWN = 0;

/**
 * For each class the threshold with the best balanced accuracy among its own records, and among equally good ones the
 * first in the order of the values: the search of Song & Mittal 2021. It is 0 for a class without a record on either side.
 *
 * @returns classes; member if and only if score ≥ its class's threshold
 */
export function classThresholds({ scores, isMember, labels }: KnownScores, classes: number): number[] {
  const own = Array.from({ length: classes }, () => ({ members: [] as number[], others: [] as number[] }));
  scores.forEach((score, record) => {
    own[labels[record] as number]?.[isMember[record] === 1 ? "members" : "others"].push(score);
  });
  return own.map(({ members, others }) => bestThreshold(members, others));
}

function bestThreshold(members: readonly number[], others: readonly number[]): number {
  if (members.length + others.length === 0) return UNKNOWN;
  const shares = (values: readonly number[]) => {
    const sorted = Float64Array.from(values).sort();
    return (least: number) => (sorted.length === 0 ? 0 : (sorted.length - countBelow(sorted, least)) / sorted.length);
  };
  const ofMembers = shares(members);
  const ofOthers = shares(others);
  let best = { accuracy: Number.NEGATIVE_INFINITY, value: UNKNOWN };
  for (const value of [...members, ...others]) {
    const accuracy = (ofMembers(value) + 1 - ofOthers(value)) / 2;
    if (accuracy > best.accuracy) best = { accuracy, value };
  }
  return best.value;
}
