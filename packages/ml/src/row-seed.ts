import { counterHash } from "@shadowfarm/engine/counter-hash";

/**
 * A number in [0, 1) that follows from a row of numbers: what a defense draws for a question is the same whenever it is asked
 * again, in whatever company.
 */
export function seeded(row: Float32Array): number {
  const bits = new Uint32Array(row.slice().buffer);
  let seed = 0;
  for (const word of bits) seed = counterHash(seed, word, 0, 0);
  return seed / 2 ** 32;
}
