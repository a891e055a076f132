import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { initialize, isStatistic, shapesAfter } from "../network.ts";
import { cnn7 } from "./cnn7.ts";

const layersFor = (shape: number[], params: Record<string, unknown>, classes = 10) =>
  cnn7.layers({ kind: "image", shape, low: 0, high: 1 }, classes, cnn7.params.parse(params));
const channels = (params: Record<string, unknown>) =>
  layersFor([32, 32, 3], params).flatMap((layer): (number | "M")[] => {
    return layer.kind === "conv" ? [layer.filters] : layer.kind === "max-pool" ? ["M"] : [];
  });

test("the channels are those of the published CNN3, CNN7 and CNN11, times the width", () => {
  expect(channels({ depth: 3 })).toEqual([64, "M", 64, "M", 128, "M", 512, "M"]);
  expect(channels({})).toEqual([64, "M", 256, "M", 512, "M", 512, "M"]);
  expect(channels({ depth: 11 })).toEqual([64, 128, "M", 256, 256, "M", 512, "M", 512, "M"]);
  expect(channels({ width: 0.125 })).toEqual([8, "M", 32, "M", 64, "M", 64, "M"]);
  expect(channels({ width: 0.001 })).toEqual([1, "M", 1, "M", 1, "M", 1, "M"]);
  for (const depth of [2, 12, 3.5]) expect(() => cnn7.params.parse({ depth })).toThrow();
  for (const width of [0, 4.1]) expect(() => cnn7.params.parse({ width })).toThrow();
});

test("one convolution's kernel, one normalization's numbers, one dense layer after the other make 3.8 million weights", () => {
  const weights = initialize(layersFor([32, 32, 3], {}), [32, 32, 3], 10, createRng(1));
  const total = (statistics: boolean) =>
    Object.entries(weights).reduce(
      (sum, [name, { data }]) => sum + (isStatistic(name) === statistics ? data.length : 0),
      0,
    );
  const convolutions = 9 * (3 * 64 + 64 * 256 + 256 * 512 + 512 * 512);
  const normalizations = 2 * (64 + 256 + 512 + 512);
  expect(total(false)).toBe(convolutions + normalizations + (512 + 1) * 256 + (256 + 1) * 10);
  expect(total(true)).toBe(normalizations);
});

test.each([
  { image: [28, 28, 1], pool: 1 },
  { image: [32, 32, 3], pool: 2 },
  { image: [64, 64, 3], pool: 3 },
  { image: [128, 128, 3], pool: 5 },
  { image: [192, 168, 1], pool: 7 },
])("$image: the average pool of $pool leaves one pixel", ({ image, pool }) => {
  const layers = layersFor(image, { width: 0.125 });
  const at = layers.findIndex(({ kind }) => kind === "avg-pool");
  expect(layers[at]).toEqual({ kind: "avg-pool", size: pool });
  expect(shapesAfter(layers, image)[at]).toEqual([1, 1, 64]);
});

test("dropout comes before the hidden layer", () => {
  expect(layersFor([32, 32, 3], { dropout: 0.6 }).slice(-3)).toEqual([
    { kind: "dropout", rate: 0.6 },
    { kind: "dense", units: 256, activation: "relu" },
    { kind: "dense", units: 10, activation: "linear" },
  ]);
});

test("images of less than 16 pixels are refused", () => {
  const refused = () => layersFor([12, 12, 1], {});
  expect(refused).toThrow(InvalidInput);
  expect(refused).toThrow(
    "layer 12 (max-pool of size 2) is larger than its input of shape [1,1,512]; choose a smaller size, larger images or another model",
  );
});
