import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { normalized } from "../batch-norm.ts";
import { type Activation, type Placed, waysThrough } from "../layers.ts";

type T = tfTypes.Tensor;

/** A network at inference, taken apart into what bounds tell apart: affine maps, and monotone functions of units. */
export type Stage =
  | AffineMap
  | { kind: "activation"; activation: CurvedActivation }
  | { kind: "max-pool"; size: number }
  | { kind: "residual"; branch: readonly Stage[]; shortcut: readonly Stage[] };

/** x ↦ W x + b. Batches have the row axis first, of any length. */
export interface AffineMap {
  kind: "affine";
  /** W x */
  linear(x: T): T;
  /** |W| x, of magnitudes */
  absolute(x: T): T;
  /** Wᵀ y: coefficients of outputs as coefficients of inputs */
  transposed(y: T): T;
  /** Broadcasts to an output; null where it is zero. */
  bias: T | null;
  outputShape: readonly number[];
}

export type CurvedActivation = Exclude<Activation, "linear">;

export type WeightTensors = Readonly<Record<string, T>>;

/** The stages of layers, without those that do nothing at inference. */
export function stagesOf(placed: readonly Placed[], weights: WeightTensors): Stage[] {
  return placed.flatMap((at) => stagesOfOne(at, weights));
}

function stagesOfOne(at: Placed, weights: WeightTensors): Stage[] {
  const { layer, name, inputShape, outputShape } = at;
  const weight = (part: string) => weights[`${name}/${part}`] as T;
  const affine = (map: Functions): AffineMap => ({ kind: "affine", ...map, outputShape });
  switch (layer.kind) {
    case "dense":
      return [affine(dense(weight("kernel"), weight("bias"))), ...curve(layer.activation)];
    case "conv": {
      const { stride = 1, padding, bias = true } = layer;
      const map = convolution(weight("kernel"), bias ? weight("bias") : null, inputShape, stride, padding);
      return [affine(map), ...curve(layer.activation)];
    }
    case "batch-norm": {
      const moving = { mean: weight("moving-mean"), variance: weight("moving-variance") };
      return [affine(normalization(moving, weight("scale"), weight("offset"))), ...curve(layer.activation)];
    }
    case "avg-pool":
      return [affine(averages(layer.size, inputShape))];
    case "global-avg-pool":
      return [affine(wholeAverages(inputShape))];
    case "flatten":
      return [affine(reshaped(inputShape, outputShape))];
    case "max-pool":
      return [{ kind: "max-pool", size: layer.size }];
    case "dropout":
    case "augment":
      return [];
    case "residual": {
      const { branch, around } = waysThrough(layer, at);
      return [{ kind: "residual", branch: stagesOf(branch, weights), shortcut: stagesOf(around, weights) }];
    }
  }
}

function curve(activation: Activation): Stage[] {
  return activation === "linear" ? [] : [{ kind: "activation", activation }];
}

type Functions = Pick<AffineMap, "linear" | "absolute" | "transposed" | "bias">;

function dense(kernel: T, bias: T): Functions {
  const tf = tfjs();
  return {
    linear: (x) => tf.matMul(x, kernel),
    absolute: (x) => tf.matMul(x, tf.abs(kernel)),
    transposed: (y) => tf.matMul(y, kernel, false, true),
    bias,
  };
}

function convolution(
  kernel: T,
  bias: T | null,
  inputShape: readonly number[],
  stride: number,
  padding: "same" | "valid",
): Functions {
  const tf = tfjs();
  const convolved = (x: T, filter: T) => tf.conv2d(x as tfTypes.Tensor4D, filter as tfTypes.Tensor4D, stride, padding);
  return {
    linear: (x) => convolved(x, kernel),
    absolute: (x) => convolved(x, tf.abs(kernel)),
    transposed(y) {
      const shape = [y.shape[0], ...inputShape] as [number, number, number, number];
      return tf.conv2dTranspose(y as tfTypes.Tensor4D, kernel as tfTypes.Tensor4D, shape, stride, padding);
    },
    bias,
  };
}

function normalization(moving: { mean: T; variance: T }, scale: T, offset: T): Functions {
  const tf = tfjs();
  // An affine map is known by what it does to zero, and to one without its offset.
  const [channels] = scale.shape as [number];
  const nowhere = { ...moving, mean: tf.zeros([channels]) };
  const gain = tf.reshape(normalized(tf.ones([1, channels]), nowhere, scale, tf.zeros([channels])), [channels]);
  const bias = tf.reshape(normalized(tf.zeros([1, channels]), moving, scale, offset), [channels]);
  return {
    linear: (x) => tf.mul(x, gain),
    absolute: (x) => tf.mul(x, tf.abs(gain)),
    transposed: (y) => tf.mul(y, gain),
    bias,
  };
}

function averages(size: number, inputShape: readonly number[]): Functions {
  const tf = tfjs();
  const pooled = (x: T) => tf.avgPool(x as tfTypes.Tensor4D, size, size, "valid");
  const [height, width] = inputShape as [number, number];
  return {
    linear: pooled,
    absolute: pooled,
    transposed(y) {
      const [, rows, columns, channels] = y.shape as [number, number, number, number];
      const tall = tf.reshape(repeated(tf.reshape(y, [-1, columns * channels]), size), [-1, channels]);
      const image = tf.reshape(repeated(tall, size), [-1, rows * size, columns * size, channels]);
      // What does not fill a window has no part in any output.
      const rest = [0, height - rows * size, width - columns * size, 0].map((size) => [0, size] as [number, number]);
      return tf.mul(tf.pad(image, rest), 1 / size ** 2);
    },
    bias: null,
  };
}

/** Each row so many times in a row. (TF.js's gradient of its own resizing is wrong for a batch of several images.) */
function repeated(rows: T, times: number): T {
  return tfjs().mul(tfjs().expandDims(rows, 1), tfjs().ones([1, times, 1]));
}

function wholeAverages(inputShape: readonly number[]): Functions {
  const tf = tfjs();
  const [height, width, channels] = inputShape as [number, number, number];
  const mean = (x: T) => tf.mean(x, [1, 2]);
  return {
    linear: mean,
    absolute: mean,
    transposed: (y) =>
      tf.mul(tf.reshape(y, [-1, 1, 1, channels]), tf.fill([1, height, width, 1], 1 / (height * width))),
    bias: null,
  };
}

function reshaped(inputShape: readonly number[], outputShape: readonly number[]): Functions {
  const flat = (x: T) => tfjs().reshape(x, [-1, ...outputShape]);
  return {
    linear: flat,
    absolute: flat,
    transposed: (y) => tfjs().reshape(y, [-1, ...inputShape]),
    bias: null,
  };
}
