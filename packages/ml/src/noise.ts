import type { Rng } from "@shadowfarm/core/rng";

/**
 * A stream of noise for hot loops, as the two words of a xoroshiro64** generator (Blackman and Vigna 2021; its period is
 * 2⁶⁴ − 1). Much faster than `Rng`, from which it is seeded, and not split by name. Two words and no more: with four, V8 runs
 * out of registers in `fillNormal`, which then takes twice as long.
 */
export type Noise = Int32Array; // 2

/** Noise that follows from the next numbers of `rng`. */
export function noiseFrom(rng: Rng): Noise {
  const noise = Int32Array.of(rng.uint32(), rng.uint32());
  // From two zeros the generator would never leave them.
  if (noise[0] === 0 && noise[1] === 0) noise[0] = 1;
  return noise;
}

/**
 * Fills `out[from]` … `out[to − 1]` with standard normals, and returns the sum of their squares: the ziggurat of Marsaglia
 * and Tsang 2000 with 256 layers. Layer and value are of different bits of a word, which in the original they are not
 * (Doornik 2005).
 */
export function fillNormal(noise: Noise, out: Float32Array, from: number, to: number): number {
  const step = stepOf;
  const most = inside;
  let squares = 0;
  let at = from;
  while (at < to) {
    // No call in the inner loop, so that all stays in registers; it ends at a value that may lie outside, one in eighty or so.
    let a = noise[0] as number;
    let b = noise[1] as number;
    let edge = -1;
    for (; at < to; at++) {
      const product = Math.imul(a, multiplier);
      const word = Math.imul((product << 5) | (product >>> 27), 5);
      b ^= a;
      a = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9);
      b = (b << 13) | (b >>> 19);
      const layer = word >>> 24;
      const steps = (word << 8) >> 8;
      const value = steps * (step[layer] as number);
      out[at] = value;
      if (Math.abs(steps) >= (most[layer] as number)) {
        edge = layer;
        break;
      }
      squares += value * value;
    }
    noise[0] = a;
    noise[1] = b;
    if (edge >= 0) {
      const value = atEdge(noise, edge, out[at] as number);
      out[at++] = value;
      squares += value * value;
    }
  }
  return squares;
}

/** Fills `out[from]` … `out[to − 1]` uniformly from [−1, 1), and returns the sum of the squares. */
export function fillUniform(noise: Noise, out: Float32Array, from: number, to: number): number {
  let a = noise[0] as number;
  let b = noise[1] as number;
  let squares = 0;
  for (let at = from; at < to; at++) {
    const product = Math.imul(a, multiplier);
    const word = Math.imul((product << 5) | (product >>> 27), 5);
    b ^= a;
    a = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9);
    b = (b << 13) | (b >>> 19);
    // The upper 24 bits: a float32 holds all of them, and does not round up to 1.
    const value = (word >> 8) * 2 ** -23;
    out[at] = value;
    squares += value * value;
  }
  noise[0] = a;
  noise[1] = b;
  return squares;
}

const multiplier = 0x9e3779bb;

/** The next word, where speed is no concern. */
function nextWord(noise: Noise): number {
  const a = noise[0] as number;
  const b = (noise[1] as number) ^ a;
  const product = Math.imul(a, multiplier);
  noise[0] = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9);
  noise[1] = (b << 13) | (b >>> 19);
  return Math.imul((product << 5) | (product >>> 27), 5);
}

/** Uniform in (0, 1). */
function nextUniform(noise: Noise): number {
  return ((nextWord(noise) >>> 0) + 0.5) / 2 ** 32;
}

const layers = 256;
/** Where the tail begins, and the area of each layer. */
const tail = 3.6541528853610088;
const area = 0.00492867323399;
const density = (x: number): number => Math.exp(-0.5 * x * x);

const mostSteps = 2 ** 23;
/** By layer: the width of one of `mostSteps` steps, how many of them are surely under the curve, and its density. */
const stepOf = new Float64Array(layers);
const inside = new Int32Array(layers);
const densityAt = new Float64Array(layers);
fillTables();

function fillTables(): void {
  const base = area / density(tail);
  stepOf[0] = base / mostSteps;
  inside[0] = Math.floor((tail / base) * mostSteps);
  densityAt[0] = 1;
  let edge = tail;
  for (let layer = layers - 1; layer >= 1; layer--) {
    stepOf[layer] = edge / mostSteps;
    densityAt[layer] = density(edge);
    const next = layer === 1 ? 0 : Math.sqrt(-2 * Math.log(area / edge + density(edge)));
    inside[layer] = Math.floor((next / edge) * mostSteps);
    edge = next;
  }
}

/** A normal where a layer's value may lie outside the curve. */
function atEdge(noise: Noise, layer: number, value: number): number {
  for (;;) {
    if (layer === 0) return beyondTail(noise, value < 0);
    const [lower, upper] = [densityAt[layer] as number, densityAt[layer - 1] as number];
    if (lower + nextUniform(noise) * (upper - lower) < density(value)) return value;
    const word = nextWord(noise);
    layer = word >>> 24;
    const steps = (word << 8) >> 8;
    value = steps * (stepOf[layer] as number);
    if (Math.abs(steps) < (inside[layer] as number)) return value;
  }
}

/** A normal beyond the last layer (Marsaglia 1964). */
function beyondTail(noise: Noise, negative: boolean): number {
  for (;;) {
    const x = -Math.log(nextUniform(noise)) / tail;
    if (-2 * Math.log(nextUniform(noise)) > x * x) return negative ? -(tail + x) : tail + x;
  }
}
