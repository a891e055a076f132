import { InvalidInput } from "./errors.ts";

/** How many members and non-members have scores in which range. */
export interface ScoreHistogram {
  edges: number[]; // bins + 1, ascending
  members: number[]; // bins; a count each
  nonMembers: number[]; // bins
}

/**
 * Counts scores in bins of equal width from the smallest to the largest score; a score on an edge belongs to the bin above it,
 * the largest one to the last bin. Scores that are all equal are one bin.
 *
 * @throws {InvalidInput} when there is no score, or one that is not finite.
 */
export function scoreHistogram(scores: Float64Array, isMember: Uint8Array, bins = 30): ScoreHistogram {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [record, score] of scores.entries()) {
    if (!Number.isFinite(score)) throw new InvalidInput(`score ${score} of record ${record} is not finite`);
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  if (scores.length === 0) throw new InvalidInput("there are no scores to count");
  const count = high > low ? bins : 1;
  const width = (high - low) / count;
  const members = new Array<number>(count).fill(0);
  const nonMembers = new Array<number>(count).fill(0);
  scores.forEach((score, record) => {
    const bin = width > 0 ? Math.min(count - 1, Math.floor((score - low) / width)) : 0;
    const side = isMember[record] === 1 ? members : nonMembers;
    side[bin] = (side[bin] as number) + 1;
  });
  const edges = Array.from({ length: count }, (_, edge) => low + edge * width);
  return { edges: [...edges, width > 0 ? high : low + 1], members, nonMembers };
}
