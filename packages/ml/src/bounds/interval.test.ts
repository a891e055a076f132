import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import type { ArrayValue, Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeEach, expect, test } from "vitest";
import { place } from "../layers.ts";
import { forward, type Layer } from "../network.ts";
import { boxThrough, endsOf } from "./interval.ts";
import { boxOf } from "./margins.ts";
import { aProblem, expectClose, pointsOfBall, tensorOf, tensorsOf } from "./problems.fixture.ts";
import { stagesOf } from "./stages.ts";

beforeEach(async () => void (await tfjs().setBackend("cpu")));

const layers: Layer[] = [
  { kind: "conv", filters: 3, size: 3, stride: 2, padding: "same", activation: "leaky-relu" },
  {
    kind: "residual",
    layers: [
      { kind: "conv", filters: 4, size: 3, padding: "same", bias: false, activation: "linear" },
      { kind: "batch-norm", activation: "relu" },
    ],
    shortcut: [{ kind: "conv", filters: 4, size: 1, padding: "valid", activation: "linear" }],
  },
  { kind: "max-pool", size: 2 },
  { kind: "conv", filters: 4, size: 2, padding: "valid", activation: "tanh" },
  { kind: "avg-pool", size: 2 },
  { kind: "flatten" },
  { kind: "dense", units: 5, activation: "relu" },
  { kind: "dropout", rate: 0.5 },
  { kind: "dense", units: 3, activation: "linear" },
];

test("10,000 points of a ball are, after every layer, in its box", async () => {
  const tf = tfjs();
  const problem = aProblem(layers, { inputShape: [13, 13, 1], records: 1, epsilon: 0.05 });
  const points = pointsOfBall(problem, 10_000, createRng("points"));
  const onnx = await openEngine("onnx");
  for (let depth = 1; depth <= layers.length; depth++) {
    await tf.setBackend("cpu");
    const first = layers.slice(0, depth);
    const ends: Record<string, ArrayValue> = {};
    tf.tidy(() => {
      const ball = { x: tensorOf(problem.x), epsilon: problem.epsilon, low: 0, high: 1 };
      const stages = stagesOf(place(first, problem.inputShape), tensorsOf(problem.weights));
      for (const [name, tensor] of Object.entries(endsOf(boxThrough(stages, boxOf(ball))))) {
        ends[name] = { shape: tensor.shape, data: tensor.dataSync<"float32">() };
      }
    });
    // How far a point's furthest unit is outside of the box; below zero inside.
    const outside = onnx.compileFn({ ...problem.weights, ...ends }, ({ lower, upper, ...weights }: Tensors, batch) => {
      const units = forward(first, weights, batch, { training: false });
      const over = tf.maximum(tf.sub(units, upper as tfTypes.Tensor), tf.sub(lower as tfTypes.Tensor, units));
      return tf.max(tf.reshape(over, [batch.shape[0], -1]), 1);
    });
    const furthest = (await outside.run(points)).data.reduce((most, value) => Math.max(most, value), -Infinity);
    outside.dispose();
    expect(furthest, `after layer ${depth}`).toBeLessThan(1e-5);
  }
});

test("a network by hand", () => {
  const tf = tfjs();
  tf.tidy(() => {
    const dense = (units: number, activation: "relu" | "linear"): Layer => ({ kind: "dense", units, activation });
    const weights = {
      "dense1/kernel": tf.tensor2d([1, -2, 1, 1], [2, 2]),
      "dense1/bias": tf.tensor1d([0, 0.5]),
    };
    const box = boxOf({ x: tf.tensor2d([[0.5, 0.25]]), epsilon: 0.5, low: 0, high: 1 }); // [0, 1] × [0, 0.75]
    const through = (activation: "relu" | "linear") => {
      const { lower, upper } = endsOf(boxThrough(stagesOf(place([dense(2, activation)], [2]), weights), box));
      return [...lower.dataSync(), ...upper.dataSync()];
    };
    expect(through("linear")).toEqual([0, -1.5, 1.75, 1.25]);
    expect(through("relu")).toEqual([0, 0, 1.75, 1.25]);
  });
});

test("a record outside of the range has the nearest records of the range around it", () => {
  const tf = tfjs();
  tf.tidy(() => {
    const { centre, radius } = boxOf({ x: tf.tensor2d([[-1, 2, 1.1]]), epsilon: 0.25, low: 0, high: 1 });
    expectClose(centre.dataSync(), [0, 1, 0.925]);
    expectClose(radius.dataSync(), [0, 0, 0.075]);
  });
});
