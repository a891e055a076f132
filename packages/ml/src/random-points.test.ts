import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { randomPoints } from "./random-points.ts";

test("random points of binary data are fair coins", () => {
  const bits = randomPoints({ kind: "binary", shape: [446], low: 0, high: 1 }, 200, createRng(1));
  expect(bits).toHaveLength(200 * 446);
  expect(new Set(bits)).toEqual(new Set([0, 1]));
  expect(bits.reduce((sum, bit) => sum + bit, 0) / bits.length).toBeCloseTo(0.5, 1);
});

test("random points of images are uniform over the range of a pixel", () => {
  const pixels = randomPoints({ kind: "image", shape: [8, 8, 3], low: -1, high: 3 }, 50, createRng(1));
  expect(pixels).toHaveLength(50 * 192);
  expect(Math.min(...pixels)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...pixels)).toBeLessThan(3);
  expect(pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length).toBeCloseTo(1, 1);
});

test("random points follow from the seed", () => {
  const input = { kind: "tabular", shape: [5], low: 0, high: 1 } as const;
  expect(randomPoints(input, 3, createRng(1))).toEqual(randomPoints(input, 3, createRng(1)));
  expect(randomPoints(input, 3, createRng(1))).not.toEqual(randomPoints(input, 3, createRng(2)));
});
