import { createRng } from "@shadowfarm/core/rng";
import type { ArrayValue } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import {
  type Activation,
  forward,
  initialize,
  isStatistic,
  type Layer,
  macsOf,
  type Pass,
  shapesAfter,
} from "./network.ts";

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

test("multiply-accumulates are those of all kernels, also inside a block", () => {
  expect(macsOf([dense(128), { kind: "dropout", rate: 0.5 }, dense(30)], [446])).toBe(446 * 128 + 128 * 30);
  // Nine by eight pixels of four filters, each of 3 × 3 × 3 numbers.
  expect(macsOf([conv(4, 3, "same"), { kind: "flatten" }], [9, 8, 3])).toBe(9 * 8 * 4 * 27);
  const block: Layer = { kind: "residual", layers: [conv(3, 3, "same")], shortcut: [conv(3, 1, "same")] };
  expect(macsOf([block], [5, 5, 2])).toBe(25 * 3 * 2 * (9 + 1));
  expect(() => macsOf([conv(2, 5, "valid")], [4, 4, 1])).toThrow("larger than its input");
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

test("a batch-norm starts without effect, a convolution may do without bias, and blocks have streams of their own", () => {
  const narrow: Layer = { kind: "conv", filters: 3, size: 1, padding: "same", bias: false, activation: "linear" };
  const layers: Layer[] = [
    { kind: "batch-norm", activation: "relu" },
    { kind: "residual", layers: [narrow], shortcut: [narrow] },
    { kind: "global-avg-pool" },
    dense(2),
  ];
  const weights = initialize(layers, [4, 4, 2], 2, createRng(1));
  expect(Object.entries(weights).map(([name, { shape }]) => [name, shape])).toEqual([
    ["batch-norm1/scale", [2]],
    ["batch-norm1/offset", [2]],
    ["batch-norm1/moving-mean", [2]],
    ["batch-norm1/moving-variance", [2]],
    ["residual1/conv1/kernel", [1, 1, 2, 3]],
    ["residual1/shortcut/conv1/kernel", [1, 1, 2, 3]],
    ["dense1/kernel", [3, 2]],
    ["dense1/bias", [2]],
  ]);
  const numbers = (name: string) => [...(weights[name]?.data ?? [])];
  expect(["scale", "offset", "moving-mean", "moving-variance"].map((part) => numbers(`batch-norm1/${part}`))).toEqual([
    [1, 1],
    [0, 0],
    [0, 0],
    [1, 1],
  ]);
  expect(numbers("residual1/conv1/kernel")).not.toEqual(numbers("residual1/shortcut/conv1/kernel"));
  expect(Object.keys(weights).filter(isStatistic)).toEqual(["batch-norm1/moving-mean", "batch-norm1/moving-variance"]);
});

test("an average pool and the mean of each channel, as by hand", async () => {
  const x = { shape: [1, 3, 4, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9) };
  expect(await outputOf([{ kind: "avg-pool", size: 2 }, { kind: "flatten" }], {}, x)).toEqual([3.5, 5.5]);
  expect(await outputOf([{ kind: "global-avg-pool" }], {}, x)).toEqual([6]);
});

/** Random images, and random weights in place of the first ones, which hide what a zero or a one does. */
function aProblem(layers: Layer[], shape: number[]) {
  const rng = createRng("problem");
  const random = (array: ArrayValue, low: number) => ({
    shape: array.shape,
    data: array.data.map(() => low + rng.uniform()),
  });
  const first = initialize([...layers, { kind: "flatten" }, dense(2)], shape, 2, rng);
  const weights = Object.fromEntries(
    Object.entries(first).map(([name, array]) => [name, random(array, name.endsWith("variance") ? 0.5 : -0.5)]),
  );
  const size = [3, ...shape];
  const x = random({ shape: size, data: new Float32Array(size.reduce((product, one) => product * one, 1)) }, -0.5);
  return { weights, x };
}

test("strided convolutions and a projected block are what TF.js's own operations make", async () => {
  const tf = tfjs();
  const strided = (filters: number, size: number, stride: number, activation: Activation): Layer => ({
    kind: "conv",
    padding: "same",
    ...{ filters, size, stride, activation },
  });
  const layers: Layer[] = [
    strided(4, 3, 2, "leaky-relu"),
    {
      kind: "residual",
      layers: [
        { kind: "batch-norm", activation: "leaky-relu" },
        { ...strided(6, 3, 2, "linear"), bias: false } as Layer,
      ],
      shortcut: [strided(6, 1, 2, "linear")],
    },
    { kind: "residual", layers: [strided(6, 3, 1, "relu")], shortcut: [] },
  ];
  const { weights, x } = aProblem(layers, [9, 8, 2]);
  await tf.setBackend("cpu");
  const expected = tf.tidy(() => {
    const weight = (name: string) => tf.tensor(weights[name]?.data ?? [], [...(weights[name]?.shape ?? [])]);
    const convolve = (input: tfTypes.Tensor, name: string, stride: number) =>
      tf.conv2d(input as tfTypes.Tensor4D, weight(`${name}/kernel`) as tfTypes.Tensor4D, stride, "same");
    const images = tf.tensor(x.data, [...x.shape]);
    const first = tf.leakyRelu(tf.add(convolve(images, "conv1", 2), weight("conv1/bias")), 0.1);
    const norm = (part: string) => weight(`residual1/batch-norm1/${part}`);
    const deviation = tf.sqrt(tf.add(norm("moving-variance"), 1e-5));
    const unit = tf.div(tf.sub(first, norm("moving-mean")), deviation);
    const active = tf.leakyRelu(tf.add(tf.mul(unit, norm("scale")), norm("offset")), 0.1);
    const around = tf.add(convolve(first, "residual1/shortcut/conv1", 2), weight("residual1/shortcut/conv1/bias"));
    const second = tf.add(convolve(active, "residual1/conv1", 2), around);
    const third = tf.relu(tf.add(convolve(second, "residual2/conv1", 1), weight("residual2/conv1/bias")));
    return [...tf.add(second, third).dataSync()];
  });
  const output = await outputOf(layers, weights, x);
  expect(output.length).toBe(3 * 3 * 2 * 6);
  for (const [at, value] of expected.entries()) expect(output[at]).toBeCloseTo(value, 5);
});

test("in training a batch-norm goes by the batch, and tells where its moving statistics go", async () => {
  const tf = tfjs();
  const layers: Layer[] = [{ kind: "batch-norm", activation: "linear" }];
  const weights = {
    "batch-norm1/scale": { shape: [1], data: Float32Array.of(2) },
    "batch-norm1/offset": { shape: [1], data: Float32Array.of(1) },
    "batch-norm1/moving-mean": { shape: [1], data: Float32Array.of(10) },
    "batch-norm1/moving-variance": { shape: [1], data: Float32Array.of(4) },
  };
  const x = { shape: [2, 1], data: Float32Array.of(1, 5) };
  const statistics: Record<string, tfTypes.Tensor> = {};
  const uniform = () => tf.scalar(0);
  const training = await outputOf(layers, weights, x, { training: true, uniform });
  expect(training.map((value) => value.toFixed(4))).toEqual(["-1.0000", "3.0000"]);
  expect((await outputOf(layers, weights, x)).map((value) => value.toFixed(4))).toEqual(["-8.0000", "-4.0000"]);
  const next = tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(weights).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]),
    );
    forward(layers, tensors, tf.tensor(x.data, x.shape), { training: true, uniform, statistics });
    return Object.entries(statistics).map(([name, tensor]) => [name, tensor.dataSync()[0]?.toFixed(4)]);
  });
  expect(next).toEqual([
    ["batch-norm1/moving-mean", "9.3000"],
    // The batch's variance is 4, without bias 8.
    ["batch-norm1/moving-variance", "4.4000"],
  ]);
});
