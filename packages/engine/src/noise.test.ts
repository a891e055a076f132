import { logCdf } from "@shadowfarm/core/normal";
import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { fillNormal, fillUniform, type Noise, noiseFrom } from "./noise.ts";

const count = 400_000;

type Fill = (noise: Noise, out: Float32Array, from: number, to: number) => number;

function drawn(fill: Fill, length = count, seed = 1): Float32Array {
  const values = new Float32Array(length);
  fill(noiseFrom(createRng(seed)), values, 0, length);
  return values;
}

function moment(values: Float32Array, power: number): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
}

/** The largest difference between the values' distribution and `cdf`, in units in which 1.63 is exceeded once in a hundred. */
function kolmogorov(values: Float32Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let largest = 0;
  for (let at = 0; at < sorted.length; at++) {
    const below = cdf(sorted[at] as number);
    largest = Math.max(largest, below - at / sorted.length, (at + 1) / sorted.length - below);
  }
  return largest * Math.sqrt(sorted.length);
}

/** How two successive values go together. */
function serial(values: Float32Array): number {
  let sum = 0;
  for (let at = 1; at < values.length; at++) sum += (values[at] as number) * (values[at - 1] as number);
  return sum / values.length;
}

test("normals have the moments, the tails and the distribution of N(0, 1)", () => {
  const values = drawn(fillNormal);
  // Each bound is some four standard errors.
  expect(Math.abs(moment(values, 1))).toBeLessThan(0.0065);
  expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.009);
  expect(Math.abs(moment(values, 3))).toBeLessThan(0.025);
  expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.065);
  expect(Math.abs(serial(values))).toBeLessThan(0.0065);
  expect(kolmogorov(values, (x) => Math.exp(logCdf(x)))).toBeLessThan(1.63);
  for (const limit of [1, 2, 3, 3.5, 3.7, 4]) {
    for (const sign of [-1, 1]) {
      const expected = count * Math.exp(logCdf(-limit));
      const beyond = values.reduce((sum, value) => sum + (sign * value > limit ? 1 : 0), 0);
      expect(Math.abs(beyond - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  }
});

test("uniforms fill [-1, 1) evenly", () => {
  const values = drawn(fillUniform);
  expect(values.every((value) => value >= -1 && value < 1)).toBe(true);
  expect(Math.abs(moment(values, 1))).toBeLessThan(0.004);
  expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(0.002);
  expect(Math.abs(serial(values))).toBeLessThan(0.0025);
  expect(kolmogorov(values, (x) => (x + 1) / 2)).toBeLessThan(1.63);
});

test.each([
  ["normals", fillNormal],
  ["uniforms", fillUniform],
])("%s follow from the seed and go on from call to call", (_, fill) => {
  const whole = drawn(fill, 4000);
  expect(drawn(fill, 4000)).toEqual(whole);
  expect(drawn(fill, 4000, 2)).not.toEqual(whole);
  const noise = noiseFrom(createRng(1));
  const parts = new Float32Array(4000);
  fill(noise, parts, 0, 1000);
  fill(noise, parts, 1000, 4000);
  expect(parts).toEqual(whole);
});

test.each([
  ["normals", fillNormal],
  ["uniforms", fillUniform],
])("of %s any number is filled, no other, and the sum of the squares is theirs", (_, fill) => {
  for (let count = 0; count < 20; count++) {
    const values = new Float32Array(24);
    const squares = fill(noiseFrom(createRng(count)), values, 1, 1 + count);
    expect([...values].map((value) => value !== 0)).toEqual(Array.from(values, (_, at) => at >= 1 && at <= count));
    expect(squares).toBeCloseTo(
      values.reduce((sum, value) => sum + value * value, 0),
      4,
    );
  }
});

test("normals are those of Box and Muller to float32 precision, also where the logarithm is largest and smallest", () => {
  // One turn of four generators whose first words are these; the second ones follow from the rest of the state.
  const words = [0, 1, 0x7fffffff, -1];
  const noise = Int32Array.of(...words, 0, 0, 0, 0, 11, 222, 3333, 44_444, 0, 0, 0, 0);
  const values = new Float32Array(8);
  fillNormal(noise, values, 0, 8);
  for (const [lane, word] of words.entries()) {
    const uniform = Math.fround(((word >>> 1) | 1) * 2 ** -31);
    expect(Math.hypot(values[lane] as number, values[lane + 4] as number)).toBeCloseTo(
      Math.sqrt(-2 * Math.log(uniform)),
      5,
    );
  }
});
