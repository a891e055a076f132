import { InvalidInput } from "./errors.ts";
import { studentInterval } from "./intervals.ts";

/** One metric over the repeats of a cell. */
export interface Summary {
  /** Repeats that have a value; the others could not resolve it. */
  n: number;
  /** `null` when no repeat has a value. */
  mean: number | null;
  /** Sample standard deviation (n − 1); `null` when n < 2. */
  sd: number | null;
  /** 95 % interval of the mean by Student's t, not cut to the metric's range; `null` when n < 2. */
  low: number | null;
  high: number | null;
}

/**
 * Mean, spread and interval of a metric over repeats, leaving out those that are `null`.
 *
 * @throws {InvalidInput} when a value is not finite.
 */
export function summarize(values: readonly (number | null)[]): Summary {
  const strange = values.findIndex((value) => value !== null && !Number.isFinite(value));
  if (strange >= 0) throw new InvalidInput(`repeat ${strange} has the value ${values[strange]}; it must be finite`);
  const known = values.filter((value) => value !== null);
  const n = known.length;
  if (n === 0) return { n, mean: null, sd: null, low: null, high: null };
  // Shifting by the first value makes equal values have exactly that mean and no spread.
  const first = known[0] as number;
  const mean = first + known.reduce((sum, value) => sum + (value - first), 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return summaryOf({ n, mean, sd: n === 1 ? null : Math.sqrt(squares / (n - 1)) });
}

/** The same from a mean and a standard deviation that were computed elsewhere. */
export function summaryOf({ n, mean, sd }: Pick<Summary, "n" | "mean" | "sd">): Summary {
  if (mean === null || sd === null || n < 2) return { n, mean, sd: null, low: null, high: null };
  const [low, high] = studentInterval(mean, sd, n);
  return { n, mean, sd, low, high };
}
