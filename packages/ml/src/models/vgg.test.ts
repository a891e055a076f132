import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { initialize, shapesAfter } from "../network.ts";
import { vgg } from "./vgg.ts";

const layersFor = (shape: number[], params: Record<string, unknown>, classes: number) =>
  vgg.layers({ kind: "image", shape, low: 0, high: 1 }, classes, vgg.params.parse(params));
const weightsOf = (shape: number[], params: Record<string, unknown>, classes: number) =>
  Object.values(initialize(layersFor(shape, params, classes), shape, classes, createRng(1))).reduce(
    (sum, { data }) => sum + data.length,
    0,
  );

test("yale: every other convolution halves the image, and the next one doubles the filters", () => {
  const shapes = shapesAfter(layersFor([192, 168, 1], {}, 38), [192, 168, 1]);
  expect(shapes).toEqual([
    ...[
      [192, 168, 8],
      [96, 84, 8],
      [96, 84, 16],
      [48, 42, 16],
      [48, 42, 32],
      [24, 21, 32],
      [24, 21, 64],
      [12, 11, 64],
    ],
    [12 * 11 * 64],
    [200],
    [38],
  ]);
  const filters = 8 + 8 * 8 + 8 * 16 + 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64;
  const biases = 2 * (8 + 16 + 32 + 64);
  expect(weightsOf([192, 168, 1], {}, 38)).toBe(9 * filters + biases + (8448 + 1) * 200 + (200 + 1) * 38);
});

test("fashion: two convolutions, then one that halves, twice", () => {
  const shapes = shapesAfter(layersFor([28, 28, 1], { plan: "fashion" }, 10), [28, 28, 1]);
  expect(shapes.slice(0, 7)).toEqual([
    [28, 28, 256],
    [28, 28, 256],
    [14, 14, 256],
    [14, 14, 512],
    [14, 14, 512],
    [7, 7, 512],
    [7 * 7 * 512],
  ]);
  const filters = 16 + 16 * 16 * 2 + 16 * 32 + 32 * 32 * 2;
  expect(weightsOf([28, 28, 1], { plan: "fashion", width: 1 }, 10)).toBe(
    9 * filters + 3 * (16 + 32) + (7 * 7 * 32 + 1) * 200 + (200 + 1) * 10,
  );
});

test("small: two convolutions that both halve the image, as wide as published", () => {
  const shapes = shapesAfter(layersFor([28, 28, 1], { plan: "small" }, 10), [28, 28, 1]);
  expect(shapes).toEqual([[14, 14, 16], [7, 7, 32], [7 * 7 * 32], [100], [10]]);
  const filters = 16 * (1 * 16 + 1) + 32 * (16 * 16 + 1);
  expect(weightsOf([28, 28, 1], { plan: "small" }, 10)).toBe(filters + (7 * 7 * 32 + 1) * 100 + (100 + 1) * 10);
});
