import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { initialize, type Layer } from "./network.ts";
import { labelsOnly, predictedClasses, query } from "./query.ts";

test("posteriors: a row a record, positive, summing to 1, whatever the batch", async () => {
  const engine = await openEngine("onnx");
  const layers: Layer[] = [{ kind: "flatten" }, { kind: "dense", units: 4, activation: "linear" }];
  const inputShape = [2, 3, 1];
  const weights = initialize(layers, inputShape, 4, createRng(1));
  const rng = createRng(2);
  const features = Float32Array.from({ length: 50 * 6 }, () => 20 * rng.normal());
  const posteriors = await query(engine, { layers, weights, inputShape, features });
  expect(posteriors.length).toBe(50 * 4);
  for (let record = 0; record < 50; record++) {
    const row = posteriors.subarray(record * 4, record * 4 + 4);
    expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
    expect(row.every((p) => p >= 0)).toBe(true);
  }
  const alone = await query(engine, { layers, weights, inputShape, features: features.slice(6, 12) });
  for (const [at, p] of alone.entries()) expect(p).toBeCloseTo(posteriors[4 + at] as number, 6);
});

test("labels only: one-hot, the first of equal posteriors", () => {
  const posteriors = Float32Array.of(0.2, 0.5, 0.3, 0.4, 0.2, 0.4, 0, 0, 1);
  expect(predictedClasses(posteriors, 3)).toEqual(Int32Array.of(1, 0, 2));
  expect(labelsOnly(posteriors, 3)).toEqual(Float32Array.of(0, 1, 0, 1, 0, 0, 0, 0, 1));
});
