/** Not `Number.MIN_VALUE`: once ONNX Runtime has run in a process, its processor takes numbers below this one for 0. */
const SMALLEST = 2 ** -1022;

/**
 * The smallest score of non-members at which no more than a share α of them is called members. Equal scores are called
 * together, so that it may be fewer; where it can be none only, the threshold is just above the largest score.
 *
 * @param others non-members; higher = more likely a member
 * @param alpha in (0, 1)
 */
export function thresholdAtFpr(others: Float64Array, alpha: number): number {
  const descending = others.slice().sort().reverse();
  const allowed = Math.floor(alpha * descending.length);
  const barred = descending[allowed] as number;
  const called = descending.subarray(0, allowed).filter((score) => score > barred);
  return called.at(-1) ?? barred + Math.max(Math.abs(barred) * Number.EPSILON, SMALLEST);
}
