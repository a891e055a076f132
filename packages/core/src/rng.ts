import { hash } from "node:crypto";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/**
 * A seeded random generator that is split by name: the stream of `rng.child("shadow", 3)` depends on the root seed and
 * on the path alone, never on how much was drawn elsewhere. xoroshiro128+ over a SHA-256 of the path.
 */
export interface Rng {
  /** The path from the root, for example `1/repeat/0/shadow/3`; equal paths give equal streams. */
  readonly path: string;
  child(...names: (string | number)[]): Rng;
  /** A 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /**
   * Uniform integer in [0, bound).
   *
   * @throws {RangeError} unless bound is an integer from 1 to 2³².
   */
  int(bound: number): number;
  /** Standard normal, by Box–Muller. */
  normal(): number;
  /** 0 … n−1 in random order (Fisher–Yates). */
  permutation(n: number): Uint32Array;
}

/** The generator of a seed or of a path that `Rng.path` gave. */
export function createRng(path: string | number): Rng {
  return rngAt(String(path));
}

function rngAt(path: string): Rng {
  const digest = hash("sha256", path, "buffer");
  const seed = new DataView(digest.buffer, digest.byteOffset);
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => seed.getInt32(offset)));
  const uint32 = (): number => generator.next() >>> 0;
  const uniform = (): number => uint32() / 2 ** 32;
  const int = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`${bound} is not a bound from 1 to 2^32 for a random integer`);
    }
    // Rejection keeps every integer equally likely.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let drawn = uint32();
    while (drawn >= limit) drawn = uint32();
    return drawn % bound;
  };
  let spare: number | null = null;

  return {
    path,
    child: (...names) => rngAt([path, ...names].join("/")),
    uint32,
    uniform,
    int,
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    permutation(n) {
      const order = Uint32Array.from({ length: n }, (_, index) => index);
      for (let last = n - 1; last > 0; last--) {
        const other = int(last + 1);
        const held = order[last] as number;
        order[last] = order[other] as number;
        order[other] = held;
      }
      return order;
    },
  };
}
