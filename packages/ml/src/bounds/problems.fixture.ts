import { createRng, type Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { ArrayValue, Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { expect } from "vitest";
import { forward, initialize, type Layer } from "../network.ts";
import { type BoundMethod, type Question, verifiedMargins } from "./margins.ts";

/** A network with weights, some records with their classes, and the size of the balls around them. */
export interface Problem {
  layers: readonly Layer[];
  inputShape: readonly number[];
  classes: number;
  weights: Record<string, ArrayValue>;
  x: ArrayValue; // records × input shape, in 0 … 1
  targets: ArrayValue; // records × classes, one-hot
  epsilon: number;
}

/** A problem with random weights, none of which is special: biases are not zero, and normalizations do something. */
export function aProblem(
  layers: readonly Layer[],
  {
    inputShape = [3],
    classes = 3,
    records = 3,
    epsilon = 0.1,
    seed = 1 as number | string,
  }: {
    inputShape?: readonly number[];
    classes?: number;
    records?: number;
    epsilon?: number;
    seed?: number | string;
  } = {},
): Problem {
  const rng = createRng(seed);
  const weights = initialize(layers, inputShape, classes, rng);
  for (const [name, { data }] of Object.entries(weights)) {
    const draw = rng.child(name);
    if (name.endsWith("/kernel")) continue;
    const number = name.endsWith("/moving-variance") ? () => 0.3 + draw.uniform() : () => 0.5 * draw.normal();
    data.forEach((_, at) => {
      data[at] = number();
    });
  }
  return { layers, inputShape, classes, weights, epsilon, ...someRecords(inputShape, classes, records, rng) };
}

/** Random records of the input range, a few features of which are at an end of it, and random classes. */
function someRecords(inputShape: readonly number[], classes: number, records: number, rng: Rng) {
  const x = Float32Array.from({ length: records * sizeOf(inputShape) }, () =>
    Math.min(1, Math.max(0, 1.2 * rng.uniform() - 0.1)),
  );
  const labels = Array.from({ length: records }, () => rng.int(classes));
  return { x: { shape: [records, ...inputShape], data: x }, targets: oneHot(labels, classes) };
}

export function oneHot(labels: ArrayLike<number>, classes: number): ArrayValue {
  const data = new Float32Array(labels.length * classes);
  Array.from(labels).forEach((label, record) => {
    data[record * classes + label] = 1;
  });
  return { shape: [labels.length, classes], data };
}

export function tensorsOf(arrays: Record<string, ArrayValue>): Tensors {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, tensorOf(array)]));
}

export function tensorOf({ shape, data }: ArrayValue): tfTypes.Tensor {
  return tfjs().tensor(data, [...shape]);
}

/** Points of the ball around every record, point by point, within `low` … `high`: corners, and all between. */
export function pointsOfBall({ x, epsilon }: Problem, points: number, rng: Rng, low = 0, high = 1): ArrayValue {
  const data = new Float32Array(points * x.data.length);
  for (let at = 0; at < data.length; at++) {
    const isCorner = Math.floor(at / x.data.length) % 2 === 0;
    const step = isCorner ? (rng.int(2) === 0 ? -1 : 1) : 2 * rng.uniform() - 1;
    const value = (x.data[at % x.data.length] as number) + epsilon * step;
    data[at] = Math.min(high, Math.max(low, value));
  }
  return { shape: [points * (x.shape[0] as number), ...x.shape.slice(1)], data };
}

/** z_j − z_y, records × classes, as the network itself says. */
export function marginsAt(
  layers: readonly Layer[],
  weights: Tensors,
  x: tfTypes.Tensor,
  targets: tfTypes.Tensor,
): tfTypes.Tensor {
  const tf = tfjs();
  const logits = forward(layers, weights, x, { training: false });
  return tf.sub(logits, tf.sum(tf.mul(logits, targets), 1, true));
}

/** The bounds of a problem's margins as plain numbers, records × classes, on the backend that is set. */
export function boundsOf(method: BoundMethod, problem: Problem, others: Partial<Question> = {}): Float32Array {
  const { layers, weights, x, targets, epsilon } = problem;
  return tfjs().tidy(() => {
    const tensors = { weights: tensorsOf(weights), x: tensorOf(x), targets: tensorOf(targets) };
    const question = { layers, epsilon, low: 0, high: 1, ...tensors, ...others };
    return verifiedMargins(method, question).dataSync<"float32">();
  });
}

/** Within 1e-5, relative to the largest number where that is over 1. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what = ""): void {
  expect(actual.length).toBe(expected.length);
  const numbers = Array.from(expected);
  const scale = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
  // One expectation an array: one an element takes longer than the bounds.
  const at = numbers.findIndex((number, index) => !(Math.abs(number - (actual[index] as number)) <= 1e-5 * scale));
  expect(at, `${what}[${at}]: ${actual[at]}, not ${expected[at]}`).toBe(-1);
}
