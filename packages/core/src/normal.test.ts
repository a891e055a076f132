import { expect, test } from "vitest";
import { logCdf, logDensity, normalQuantile } from "./normal.ts";

test.each([
  [0, Math.log(0.5)],
  [1, -0.17275377902344988],
  [-1, -1.8410216450092634],
  [-20, -203.9171553710972],
  [-40, -804.608442013754],
  [9, 0],
])("ln P[N(0, 1) ≤ %d] is %d", (z, value) => {
  expect(logCdf(z)).toBeCloseTo(value, 3);
});

test("it rises everywhere, also where one series hands over to the other", () => {
  let before = Number.NEGATIVE_INFINITY;
  for (let z = -10; z < 6; z += 0.001) {
    const now = logCdf(z);
    expect(now).toBeGreaterThanOrEqual(before);
    before = now;
  }
});

test("it is the integral of the density", () => {
  let sum = 0;
  for (let step = 0; step < 12_000; step++) sum += Math.exp(logDensity(-12.5 + (step + 0.5) / 1000, 0, 1)) / 1000;
  expect(Math.log(sum)).toBeCloseTo(logCdf(-0.5), 6);
  expect(logDensity(3, 1, 2)).toBeCloseTo(-0.5 - Math.log(2) - 0.9189385332046727, 12);
});

test.each([
  [0.5, 0],
  [0.975, 1.959963984540054],
  [0.999, 3.090232306167814],
  [1 - 1e-9, 5.9978070196],
  [1e-300, -37.0471],
])("the quantile of %d is %d", (probability, z) => {
  expect(normalQuantile(probability)).toBeCloseTo(z, 4);
  expect(logCdf(normalQuantile(probability))).toBeCloseTo(Math.log(probability), 8);
});
