import type { InputInfo } from "@shadowfarm/core/catalog";
import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";

/**
 * Points that are certainly nobody's records: fair-coin bits for binary data, uniform values in the feature range
 * otherwise. Salem et al. 2019, §V-B.
 *
 * @returns count × shape
 */
export function randomPoints({ kind, shape, low, high }: InputInfo, count: number, rng: Rng): Float32Array {
  const width = sizeOf(shape);
  const draw = kind === "binary" ? () => (rng.uniform() < 0.5 ? low : high) : () => low + (high - low) * rng.uniform();
  return Float32Array.from({ length: count * width }, draw);
}
