import { createRng } from "@shadowfarm/core/rng";
import type { ArrayValue } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { expect, test } from "vitest";
import { forward, initialize, type Layer, type Pass, shapesAfter } from "./network.ts";

const dense = (units: number, activation: "linear" | "relu" | "tanh" = "linear"): Layer => ({
  kind: "dense",
  units,
  activation,
});
const conv = (filters: number, size: number, padding: "same" | "valid"): Layer => ({
  kind: "conv",
  filters,
  size,
  padding,
  activation: "relu",
});
const inference: Pass = { training: false };

/** A network's output on one batch, on TF.js's cpu backend. */
async function outputOf(layers: Layer[], weights: Record<string, ArrayValue>, x: ArrayValue, pass = inference) {
  const tf = tfjs();
  await tf.setBackend("cpu");
  return tf.tidy(() => {
    const tensor = ({ shape, data }: ArrayValue) => tf.tensor(data, [...shape]);
    const tensors = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, tensor(value)]));
    return [...forward(layers, tensors, tensor(x), pass).dataSync()];
  });
}

test("shapes follow the layers", () => {
  const layers = [
    conv(4, 3, "same"),
    { kind: "max-pool", size: 2 },
    conv(5, 3, "valid"),
    { kind: "flatten" },
    dense(7),
  ] as const;
  expect(shapesAfter(layers, [9, 8, 3])).toEqual([[9, 8, 4], [4, 4, 4], [2, 2, 5], [20], [7]]);
  expect(shapesAfter([{ kind: "dropout", rate: 0.5 }], [3])).toEqual([[3]]);
});

test.each([
  {
    layers: [conv(2, 5, "valid")],
    shape: [4, 4, 1],
    problem: "layer 1 (conv of size 5) is larger than its input of shape [4,4,1]",
  },
  {
    layers: [dense(2), { kind: "max-pool", size: 3 }],
    shape: [4],
    problem: "a max-pool layer needs height × width × channels, not shape [2]",
  },
  {
    layers: [{ kind: "max-pool", size: 3 }],
    shape: [2, 2, 1],
    problem: "layer 1 (max-pool of size 3) is larger than its input",
  },
  {
    layers: [dense(2)],
    shape: [2, 2, 1],
    problem: "a dense layer needs a flat input, not shape [2,2,1]; put a flatten layer before it",
  },
  { layers: [{ kind: "dropout", rate: 1 }], shape: [2], problem: "dropout rate 1 is not in [0, 1)" },
  { layers: [dense(3)], shape: [2], problem: "the network ends in outputs of shape [3], but 2 classes need [2]" },
] as { layers: Layer[]; shape: number[]; problem: string }[])("refused: $problem", ({ layers, shape, problem }) => {
  expect(() => initialize(layers, shape, 2, createRng(1))).toThrow(problem);
});

test("first weights are Glorot-uniform, biases zero, and both follow from the seed and the layer's name", () => {
  const weights = initialize([conv(8, 3, "same"), { kind: "flatten" }, dense(10)], [6, 6, 2], 10, createRng(3));
  expect(Object.entries(weights).map(([name, { shape }]) => [name, shape])).toEqual([
    ["conv1/kernel", [3, 3, 2, 8]],
    ["conv1/bias", [8]],
    ["dense1/kernel", [288, 10]],
    ["dense1/bias", [10]],
  ]);
  expect(weights["conv1/bias"]?.data).toEqual(new Float32Array(8));
  const limits = { "conv1/kernel": Math.sqrt(6 / (9 * (2 + 8))), "dense1/kernel": Math.sqrt(6 / (288 + 10)) };
  for (const [name, limit] of Object.entries(limits)) {
    const values = weights[name]?.data ?? new Float32Array();
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    expect(Math.max(...values)).toBeGreaterThan(0.9 * limit);
    expect(Math.min(...values)).toBeLessThan(-0.9 * limit);
  }
  const withDropout: Layer[] = [{ kind: "dropout", rate: 0.5 }, conv(8, 3, "same"), { kind: "flatten" }, dense(10)];
  expect(initialize(withDropout, [6, 6, 2], 10, createRng(3))).toEqual(weights);
  expect(initialize(withDropout, [6, 6, 2], 10, createRng(4))).not.toEqual(weights);
});

test("a dense network computes what it does by hand", async () => {
  const weights = {
    "dense1/kernel": { shape: [2, 2], data: Float32Array.of(1, -2, 3, 4) },
    "dense1/bias": { shape: [2], data: Float32Array.of(0.5, -1) },
    "dense2/kernel": { shape: [2, 1], data: Float32Array.of(2, -3) },
    "dense2/bias": { shape: [1], data: Float32Array.of(0.25) },
  };
  const x = { shape: [2, 2], data: Float32Array.of(0.1, 0.2, -1, 0.5) };
  // records × hidden units, before the activation.
  const sums = [
    [0.1 * 1 + 0.2 * 3 + 0.5, -0.1 * 2 + 0.2 * 4 - 1],
    [-1 + 1.5 + 0.5, 2 + 2 - 1],
  ] as [number, number][];
  const activations = { relu: (value: number) => Math.max(0, value), tanh: Math.tanh };
  for (const [name, activate] of Object.entries(activations)) {
    const output = await outputOf([dense(2, name as "relu" | "tanh"), dense(1)], weights, x);
    for (const [record, [first, second]] of sums.entries()) {
      expect(output[record]).toBeCloseTo(2 * activate(first) - 3 * activate(second) + 0.25, 5);
    }
  }
});

test("a convolution slides its kernel, a pool keeps the largest, flatten keeps the order", async () => {
  const layers: Layer[] = [conv(1, 2, "valid"), { kind: "max-pool", size: 2 }, { kind: "flatten" }];
  const weights = {
    "conv1/kernel": { shape: [2, 2, 1, 1], data: Float32Array.of(1, 0, 0, -1) },
    "conv1/bias": { shape: [1], data: Float32Array.of(0.5) },
  };
  const image = Float32Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8);
  expect(await outputOf(layers, weights, { shape: [1, 3, 3, 1], data: image })).toEqual([5.5]);
});

test("dropout is inverted, keeps what is not below its rate, and sleeps outside training", async () => {
  const tf = tfjs();
  const layers: Layer[] = [{ kind: "dropout", rate: 0.75 }];
  const x = { shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
  const training: Pass = { training: true, uniform: (shape) => tf.tensor([0.1, 0.75, 0.9, 0.7], [...shape]) };
  expect(await outputOf(layers, {}, x, training)).toEqual([0, 8, 12, 0]);
  expect(await outputOf(layers, {}, x)).toEqual([1, 2, 3, 4]);
  expect(await outputOf([{ kind: "dropout", rate: 0 }], {}, x, training)).toEqual([1, 2, 3, 4]);
});
