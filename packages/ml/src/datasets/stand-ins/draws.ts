import type { Rng } from "@shadowfarm/core/rng";

/** Points of a quantile function, from [0, smallest] to [1, largest]: [share of the population, value]. */
export type Knots = readonly (readonly [number, number])[];

/** The value at a share (0 … 1) of the population, by straight lines between the points. */
export function quantileAt(knots: Knots, share: number): number {
  const upper = Math.max(
    1,
    knots.findIndex(([q]) => q >= share),
  );
  const [q0, p0] = knots[upper - 1] as readonly [number, number];
  const [q1, p1] = knots[upper] as readonly [number, number];
  return p0 + ((share - q0) / (q1 - q0)) * (p1 - p0);
}

/** How frequent things of each rank are, by Zipf's law; the larger `shift`, the less do the first ranks stand out. */
export function zipf(ranks: number, shift: number, exponent: number): Float64Array {
  return Float64Array.from({ length: ranks }, (_, rank) => (rank + 1 + shift) ** -exponent);
}

/** Draws places of `weights` (≥ 0, not all 0) in proportion to them. */
export function chooser(weights: ArrayLike<number>): (rng: Rng) => number {
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (let at = 0; at < weights.length; at++) {
    total += weights[at] as number;
    sums[at] = total;
  }
  return (rng) => {
    const drawn = rng.uniform() * total;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
