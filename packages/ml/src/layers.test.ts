import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { type Layer, place, simpleLayers } from "./layers.ts";

const conv = (filters: number, size: number, stride: number, padding: "same" | "valid" = "same"): Layer => ({
  kind: "conv",
  filters,
  size,
  stride,
  padding,
  activation: "relu",
});
const shapesOf = (layers: Layer[], shape: number[]) => place(layers, shape).map(({ outputShape }) => outputShape);

test("strides, pools and the mean of channels make images smaller", () => {
  const layers: Layer[] = [
    conv(4, 3, 2),
    { kind: "batch-norm", activation: "leaky-relu" },
    { kind: "avg-pool", size: 2 },
    conv(5, 3, 2, "valid"),
    { kind: "global-avg-pool" },
    { kind: "batch-norm", activation: "linear" },
  ];
  expect(shapesOf(layers, [21, 20, 3])).toEqual([[11, 10, 4], [11, 10, 4], [5, 5, 4], [2, 2, 5], [5], [5]]);
  // Rows and columns that no window reaches, as TF.js counts them.
  expect(shapesOf([conv(1, 3, 3, "valid")], [8, 9, 1])).toEqual([[2, 3, 1]]);
});

test("names count the layers of each kind, and begin anew in a block and in its shortcut", () => {
  const block = (to: number, stride: number, shortcut: Layer[]): Layer => ({
    kind: "residual",
    layers: [{ kind: "batch-norm", activation: "relu" }, conv(to, 3, stride), conv(to, 3, 1)],
    shortcut,
  });
  const layers = [conv(4, 3, 1), block(4, 1, []), block(8, 2, [conv(8, 1, 2)])];
  expect(shapesOf(layers, [9, 9, 1])).toEqual([
    [9, 9, 4],
    [9, 9, 4],
    [5, 5, 8],
  ]);
  expect(simpleLayers(place(layers, [9, 9, 1])).map(({ name, outputShape }) => [name, ...outputShape])).toEqual([
    ["conv1", 9, 9, 4],
    ["residual1/batch-norm1", 9, 9, 4],
    ["residual1/conv1", 9, 9, 4],
    ["residual1/conv2", 9, 9, 4],
    ["residual2/batch-norm1", 9, 9, 4],
    ["residual2/conv1", 5, 5, 8],
    ["residual2/conv2", 5, 5, 8],
    ["residual2/shortcut/conv1", 5, 5, 8],
  ]);
});

test.each([
  {
    layers: [{ kind: "residual", layers: [conv(2, 3, 2)], shortcut: [] }],
    shape: [4, 4, 1],
    problem:
      "the layers of residual1 make shape [2,2,2] of [4,4,1], but its shortcut [4,4,1]; put a convolution of size 1 there",
  },
  {
    layers: [{ kind: "residual", layers: [conv(1, 3, 1), conv(1, 5, 1, "valid")], shortcut: [] }],
    shape: [4, 4, 1],
    problem: "layer 2 of residual1 (conv of size 5) is larger than its input of shape [4,4,1]; choose a smaller size",
  },
  {
    layers: [conv(1, 3, 2), { kind: "avg-pool", size: 3 }],
    shape: [4, 4, 1],
    problem: "layer 2 (avg-pool of size 3) is larger than its input of shape [2,2,1]; choose a smaller size",
  },
  {
    layers: [{ kind: "global-avg-pool" }],
    shape: [4],
    problem: "a global-avg-pool layer needs height × width × channels, not shape [4]",
  },
] as { layers: Layer[]; shape: number[]; problem: string }[])("refused: $problem", ({ layers, shape, problem }) => {
  expect(() => place(layers, shape)).toThrow(InvalidInput);
  expect(() => place(layers, shape)).toThrow(problem);
});
