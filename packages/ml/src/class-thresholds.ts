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
  const sortedMembers = Float64Array.from(members).sort();
  const sortedOthers = Float64Array.from(others).sort();
  let best = { accuracy: Number.NEGATIVE_INFINITY, value: UNKNOWN };
  for (const value of [...members, ...others]) {
    // Shares of both sides over a common denominator, as integers, so that rounding decides no tie.
    const right = members.length - countBelow(sortedMembers, value);
    const wrong = others.length - countBelow(sortedOthers, value);
    const accuracy = right * Math.max(1, others.length) - wrong * Math.max(1, members.length);
    if (accuracy > best.accuracy) best = { accuracy, value };
  }
  return best.value;
}
