import type { Rng } from "@shadowfarm/core/rng";

/** Labels in random order whose counts follow `weights` as closely as whole records allow. */
export function labelsByWeight(weights: readonly number[], records: number, rng: Rng): Int32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sorted = new Int32Array(records);
  let sum = 0;
  let from = 0;
  weights.forEach((weight, label) => {
    sum += weight;
    const to = Math.round((records * sum) / total);
    sorted.fill(label, from, to);
    from = to;
  });
  const order = rng.permutation(records);
  return sorted.map((_, at) => sorted[order[at] as number] as number);
}
