import { describe, expect, test } from "vitest";
import { epsilonSpent, noiseFor, stepsOf } from "./accountant.ts";

const delta = 1e-5;

describe("the published accountings", () => {
  test.each([
    [60_000, 256, 1.1, 60, 14_063, 2.597, 3.009],
    [60_000, 250, 1.3, 15, 3_600, 0.942, 1.18],
    [60_000, 250, 1.1, 60, 14_400, 2.563, 2.97],
    [60_000, 250, 0.7, 45, 10_800, 6.274, 7.024],
    [50_000, 512, 1.0, 100, 9_766, 6.812, 7.562],
    [10_000, 100, 1.0, 50, 5_000, 4.596, 5.22],
  ])(
    "%d records, batch %d, noise %d, %d epochs",
    (records, batch, noiseMultiplier, epochs, steps, improved, classic) => {
      const training = { records, batch, epochs, noiseMultiplier, delta };
      expect(stepsOf(training)).toBe(steps);
      expect(Math.abs(epsilonSpent(training) - improved)).toBeLessThan(1e-2);
      expect(Math.abs(epsilonSpent(training, "classic") - classic)).toBeLessThan(1e-2);
    },
  );
});

test("the noise for an ε spends it, and not more", () => {
  const training = { records: 60_000, batch: 256, epochs: 60, delta };
  for (const epsilon of [0.5, 1, 3, 10]) {
    const noiseMultiplier = noiseFor(epsilon, training);
    const spent = epsilonSpent({ ...training, noiseMultiplier });
    expect(spent).toBeLessThanOrEqual(epsilon);
    expect(spent).toBeGreaterThan(epsilon - 0.01);
  }
});

test("more noise, fewer epochs and smaller batches spend less; whole batches spend what the plain Gaussian does", () => {
  const training = { records: 1000, batch: 100, epochs: 10, noiseMultiplier: 1, delta };
  const spent = epsilonSpent(training);
  expect(epsilonSpent({ ...training, noiseMultiplier: 2 })).toBeLessThan(spent);
  expect(epsilonSpent({ ...training, epochs: 5 })).toBeLessThan(spent);
  expect(epsilonSpent({ ...training, batch: 10 })).toBeLessThan(spent);
  const whole = { records: 10, batch: 10, epochs: 1, noiseMultiplier: 4, delta: 1e-5 };
  // min over α of α / (2 · 16) + ln(1 / δ) / (α − 1)
  const classic = Math.min(...Array.from({ length: 255 }, (_, at) => (at + 2) / 32 + Math.log(1e5) / (at + 1)));
  expect(epsilonSpent(whole, "classic")).toBeCloseTo(classic, 9);
});

test("what gives a record away, and what is no training, is refused", () => {
  const training = { records: 1000, batch: 100, epochs: 10, noiseMultiplier: 1, delta };
  expect(() => epsilonSpent({ ...training, delta: 1e-3 })).toThrow(
    "δ is 0.001, but must be positive and below 1 / 1000",
  );
  expect(() => epsilonSpent({ ...training, batch: 1001 })).toThrow("batch is 1001; it must be in 1 … 1000 records");
  expect(() => epsilonSpent({ ...training, noiseMultiplier: 0 })).toThrow("the noise multiplier is 0");
  expect(() => noiseFor(0, training)).toThrow("ε is 0; it must be positive");
  expect(() => noiseFor(1e-9, training)).toThrow("which no noise reaches");
});
