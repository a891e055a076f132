import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { initialize, isStatistic, shapesAfter } from "../network.ts";
import { wideResnet } from "./wide-resnet.ts";

const layersFor = (params: Record<string, unknown>) =>
  wideResnet.layers({ kind: "image", shape: [32, 32, 3], low: 0, high: 1 }, 10, wideResnet.params.parse(params));
const weightsOf = (params: Record<string, unknown>) =>
  Object.entries(initialize(layersFor(params), [32, 32, 3], 10, createRng(1))).reduce(
    (sum, [name, { data }]) => sum + (isStatistic(name) ? 0 : data.length),
    0,
  );

test("three stages, of which the second and the third halve the image", () => {
  const layers = layersFor({ depth: 16, width: 2 });
  const shapes = shapesAfter(layers, [32, 32, 3]);
  const blocks = layers.flatMap((layer, at) => {
    return layer.kind === "residual" ? [{ shape: shapes[at], projected: layer.shortcut.length > 0 }] : [];
  });
  expect(blocks).toEqual([
    { shape: [32, 32, 32], projected: true },
    { shape: [32, 32, 32], projected: false },
    { shape: [16, 16, 64], projected: true },
    { shape: [16, 16, 64], projected: false },
    { shape: [8, 8, 128], projected: true },
    { shape: [8, 8, 128], projected: false },
  ]);
  expect(shapes.slice(-2)).toEqual([[128], [10]]);
});

test("depth 10, width 1: the first stage needs no projection, and the weights are 77,850", () => {
  const [stage1, stage2, stage3] = [
    2 * 16 + 9 * 16 * 16 + 2 * 16 + 9 * 16 * 16,
    2 * 16 + 9 * 16 * 32 + 2 * 32 + 9 * 32 * 32 + 16 * 32,
    2 * 32 + 9 * 32 * 64 + 2 * 64 + 9 * 64 * 64 + 32 * 64,
  ] as const;
  expect(weightsOf({})).toBe(9 * 3 * 16 + stage1 + stage2 + stage3 + 2 * 64 + (64 + 1) * 10);
});

test("depth 28, width 2 has the 1.47 million weights that are published for it", () => {
  expect(weightsOf({ depth: 28, width: 2 })).toBe(1_467_610);
});

test("a depth that is not 6n + 4 is refused", () => {
  expect(() => wideResnet.params.parse({ depth: 18 })).toThrow();
});
