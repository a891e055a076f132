import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import type { ArrayValue, Engine, Tensors } from "@shadowfarm/engine/engine";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import type { Layer } from "../network.ts";
import { train } from "../train.ts";
import { type BoundMethod, verifiedMargins } from "./margins.ts";
import { aProblem, expectClose, marginsAt, oneHot, type Problem } from "./problems.fixture.ts";

let onnx: Engine;
beforeAll(async () => {
  onnx = await openEngine("onnx");
});

const dense = (units: number, activation: "linear" | "relu" | "leaky-relu" = "relu"): Layer => ({
  kind: "dense",
  units,
  activation,
});
const conv = (filters: number, stride: number): Layer => ({
  kind: "conv",
  filters,
  size: 3,
  stride,
  padding: "same",
  activation: "relu",
});

/** Bounds, and the network's own margins. */
async function marginsOf(method: BoundMethod, { layers, weights, x, targets, epsilon }: Problem) {
  const inputs = { ...weights, x, targets };
  const step = onnx.compileStep(inputs, (tensors: Tensors) => {
    const [given, y] = [tensors.x as tfTypes.Tensor, tensors.targets as tfTypes.Tensor];
    return {
      bounds: verifiedMargins(method, { layers, weights: tensors, x: given, targets: y, epsilon, low: 0, high: 1 }),
      margins: marginsAt(layers, tensors, given, y),
    };
  });
  const { bounds, margins } = (await step.run(inputs)) as Record<"bounds" | "margins", ArrayValue>;
  step.dispose();
  return { bounds: bounds.data, margins: margins.data };
}

/** One unit, x + bias, whose activation is the first logit; the other is zero. */
function oneUnit(activation: "relu" | "leaky-relu", bias: number, isTrueClass: boolean): Problem {
  return {
    layers: [dense(1, activation), dense(2, "linear")],
    inputShape: [1],
    classes: 2,
    weights: {
      "dense1/kernel": { shape: [1, 1], data: Float32Array.of(1) },
      "dense1/bias": { shape: [1], data: Float32Array.of(bias) },
      "dense2/kernel": { shape: [1, 2], data: Float32Array.of(1, 0) },
      "dense2/bias": { shape: [2], data: new Float32Array(2) },
    },
    x: { shape: [1, 1], data: Float32Array.of(0.5) },
    targets: oneHot([isTrueClass ? 0 : 1], 2),
    epsilon: 0.5,
  };
}

test.each([
  // The unit is in −0.25 … 0.75: above it is the chord, at most 0.75, and below it the line of the same slope through zero.
  { activation: "relu", bias: -0.25, most: 0.75, least: -0.25 * 0.75 },
  { activation: "leaky-relu", bias: -0.25, most: 0.75, least: -0.25 * ((0.75 + 0.025) / 1) },
  { activation: "relu", bias: 0.25, most: 1.25, least: 0.25 },
  { activation: "relu", bias: -1.25, most: 0, least: 0 },
  { activation: "leaky-relu", bias: -1.25, most: -0.025, least: -0.125 },
] as const)("of $activation with bias $bias it is what it is by hand", async ({ activation, bias, most, least }) => {
  const upper = await marginsOf({ kind: "dual" }, oneUnit(activation, bias, false));
  const lower = await marginsOf({ kind: "dual" }, oneUnit(activation, bias, true));
  expect(upper.bounds[0]).toBeCloseTo(most, 6);
  expect(lower.bounds[1]).toBeCloseTo(-least, 6);
});

test("with intermediate bounds of its own it is Algorithm 1 of the paper", async () => {
  const sizes = [4, 5, 4, 3];
  const weights: Record<string, ArrayValue> = {};
  sizes.slice(1).forEach((outputs, layer) => {
    const inputs = sizes[layer] as number;
    const kernel = Float32Array.from({ length: inputs * outputs }, (_, at) => Math.sin(1.3 * at + layer));
    const bias = Float32Array.from({ length: outputs }, (_, at) => 0.3 * Math.cos(at + layer) - 0.2);
    weights[`dense${layer + 1}/kernel`] = { shape: [inputs, outputs], data: kernel };
    weights[`dense${layer + 1}/bias`] = { shape: [outputs], data: bias };
  });
  const problem: Problem = {
    layers: [dense(5), dense(4), dense(3, "linear")],
    inputShape: [4],
    classes: 3,
    weights,
    x: { shape: [2, 4], data: Float32Array.of(0.2, 0.9, 0.5, 0.05, 0.6, 0.1, 0.95, 0.4) },
    targets: oneHot([0, 2], 3),
    epsilon: 0.4,
  };
  const { bounds } = await marginsOf({ kind: "dual", intermediate: "dual" }, problem);
  // Computed apart, in NumPy with 64 bits, as the algorithm is written: forward, with a matrix for each sum.
  expectClose(bounds, [0, 2.783877, 3.509581, 0.208268, 0.589207, 0]);
});

test("bounds of a first layer are exact either way, also in parts", async () => {
  // So many units that their rows are more than are computed at once.
  const problem = aProblem([dense(2100), dense(2, "linear")], { inputShape: [2], classes: 2, records: 3 });
  const interval = await marginsOf({ kind: "dual", intermediate: "interval" }, problem);
  const dual = await marginsOf({ kind: "dual", intermediate: "dual" }, problem);
  expectClose(dual.bounds, interval.bounds);
});

/** 300 records of classes that are each around a point of their own. */
function aTask(inputShape: readonly number[], classes: number) {
  const width = inputShape.reduce((size, one) => size * one, 1);
  const [centres, noise] = [createRng("centres"), createRng("noise")];
  const middles = Array.from({ length: classes * width }, () => 0.2 + 0.6 * centres.uniform());
  const labels = Int32Array.from({ length: 300 }, (_, record) => record % classes);
  const features = Float32Array.from({ length: 300 * width }, (_, at) => {
    const middle = middles[(labels[Math.floor(at / width)] as number) * width + (at % width)] as number;
    return Math.min(1, Math.max(0, middle + 0.2 * noise.normal()));
  });
  return { labels, features };
}

test.each([
  { title: "dense", inputShape: [10], classes: 3, epsilon: 0.03, layers: [dense(16), dense(16), dense(3, "linear")] },
  {
    title: "convolutional",
    inputShape: [8, 8, 1],
    classes: 5,
    epsilon: 0.01,
    layers: [conv(4, 1), conv(8, 2), { kind: "flatten" } as const, dense(32), dense(5, "linear")],
  },
])("on a naturally trained $title network it is tighter on average than intervals", async (one) => {
  const { inputShape, classes, epsilon, layers } = one;
  const { labels, features } = aTask(inputShape, classes);
  const training = trainingSchema.parse({ epochs: 20, batch: 30, learningRate: 0.003 });
  const recipe = { layers, inputShape, classes, training };
  const { weights } = await train(onnx, recipe, { features, labels, rng: createRng("natural") });
  const x = { shape: [300, ...inputShape], data: features };
  const problem = { layers, inputShape, classes, weights, x, targets: oneHot(labels, classes), epsilon };
  /** How far, on average over records and other classes, the bound is above the margin of the record itself. */
  const slack = async (method: BoundMethod) => {
    const { bounds, margins } = await marginsOf(method, problem);
    const total = bounds.reduce((sum, bound, at) => sum + bound - (margins[at] as number), 0);
    return total / (300 * (classes - 1));
  };
  const slacks = {
    interval: await slack({ kind: "interval" }),
    zonotope: await slack({ kind: "zonotope", terms: 64 }),
    dual: await slack({ kind: "dual" }),
    dualIntermediate: await slack({ kind: "dual", intermediate: "dual" }),
  };
  expect(slacks.dual).toBeLessThan(0.6 * slacks.interval);
  expect(slacks.dualIntermediate).toBeLessThan(slacks.dual);
  expect(slacks.zonotope).toBeLessThan(0.6 * slacks.interval);
});
