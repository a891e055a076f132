import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { fillNormal, fillUniform, type Noise, noiseFrom } from "./noise.ts";
import { logCdf } from "./normal.ts";

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
])("%s follow from the seed, also when they are drawn in parts", (_, fill) => {
  const whole = drawn(fill, 1000);
  expect(drawn(fill, 1000)).toEqual(whole);
  expect(drawn(fill, 1000, 2)).not.toEqual(whole);
  const noise = noiseFrom(createRng(1));
  const parts = new Float32Array(1000);
  const squares = fill(noise, parts, 0, 1) + fill(noise, parts, 1, 700) + fill(noise, parts, 700, 1000);
  expect(parts).toEqual(whole);
  expect(squares / (1000 * moment(parts, 2))).toBeCloseTo(1, 5);
});

test("only the asked part is filled", () => {
  const values = new Float32Array(5);
  fillNormal(noiseFrom(createRng(1)), values, 1, 4);
  expect([...values].map((value) => value !== 0)).toEqual([false, true, true, true, false]);
});
