import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { threshold } from "./threshold.ts";

const engine = { name: "none", packs: false, compileLoop: unused, compileFn: unused, compileStep: unused };
function unused(): never {
  throw new Error("the threshold attack computes nothing on the engine");
}

function run(posteriors: Float32Array, params: object, randomPoints: Float32Array | null = null) {
  const target = { classes: 2, views: 1, posteriors, labels: new Int32Array(posteriors.length / 2) };
  const input = { target, shadows: [], references: [], population: null, randomPoints };
  return threshold.run(input, threshold.params.parse(params), { rng: createRng(1), engine });
}

test.each([
  { statistic: "max", scores: [1, 0.75, 0.5] },
  { statistic: "entropy", scores: [0, 0.75 * Math.log(0.75) + 0.25 * Math.log(0.25), -Math.log(2)] },
  { statistic: "std", scores: [0.5, 0.25, 0] },
])("$statistic: higher for a sharper posterior, also a posterior of exactly 0 and 1", async ({ statistic, scores }) => {
  const output = await run(Float32Array.of(0, 1, 0.75, 0.25, 0.5, 0.5), { statistic, threshold: "oracle" });
  expect(output.threshold).toEqual({ by: "oracle" });
  for (const [at, score] of output.scores.entries()) expect(score).toBeCloseTo(scores[at] as number, 12);
});

test.each([
  { percentile: 10, value: 0.95 },
  { percentile: 25, value: 0.85 },
  { percentile: 100, value: 0.5 },
  { percentile: 0.1, value: 0.95 },
])("the top $percentile % of ten random points reach the threshold $value", async ({ percentile, value }) => {
  const peaks = [0.7, 0.95, 0.5, 0.9, 0.85, 0.8, 0.75, 0.65, 0.6, 0.55];
  const random = Float32Array.from(peaks.flatMap((peak) => [peak, 1 - peak]));
  const output = await run(Float32Array.of(0.9, 0.1), { percentile, points: 10 }, random);
  expect(output.threshold).toEqual({ by: "random points", value: expect.closeTo(value, 6) });
});
