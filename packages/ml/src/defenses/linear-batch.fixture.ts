import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import type { Defense } from "../defense.ts";
import type { Layer } from "../network.ts";
import type { Objective, ObjectiveBatch } from "../objective.ts";

/** Records of two values in [0, 1] and a linear classifier of two classes, whose second logit is 0. */
export interface LinearBatch {
  x: [number, number][];
  labels: number[];
  /** Of the first logit. */
  kernel: [number, number];
  settings?: Record<string, number>;
  /** What each call of `uniform` is filled with; ½ when absent. */
  uniform?: number[];
}

const layers: Layer[] = [{ kind: "dense", units: 2, activation: "linear" }];

/** Runs an objective of a defense on a batch, on TF.js's `cpu`. */
export async function minimised(
  defense: Defense,
  params: object,
  given: LinearBatch,
): Promise<{ prepared: Record<string, number[]>; loss: number }> {
  const tf = tfjs();
  await tf.setBackend("cpu");
  const objective = defense.objective?.(defense.params.parse(params)) as Objective;
  const found = tf.tidy(() => {
    const batch = batchOf(given, tf.tensor1d(given.kernel));
    const prepared = objective.prepare?.(batch) ?? {};
    const loss = objective.loss(batch, prepared).dataSync()[0] as number;
    return {
      prepared: Object.fromEntries(Object.entries(prepared).map(([name, tensor]) => [name, [...tensor.dataSync()]])),
      loss,
    } as unknown as tfTypes.TensorContainerObject;
  });
  return found as unknown as { prepared: Record<string, number[]>; loss: number };
}

/** The gradient of the same loss by the kernel, of an objective that prepares nothing. */
export async function slope(defense: Defense, params: object, given: LinearBatch): Promise<number[]> {
  const tf = tfjs();
  await tf.setBackend("cpu");
  const objective = defense.objective?.(defense.params.parse(params)) as Objective;
  const gradient = tf.tidy(() =>
    tf
      .grad((kernel) => objective.loss(batchOf(given, kernel), {}))(tf.tensor1d(given.kernel))
      .dataSync(),
  );
  return [...(gradient as unknown as Float32Array)];
}

function batchOf({ x, labels, settings = {}, uniform = [] }: LinearBatch, kernel: tfTypes.Tensor): ObjectiveBatch {
  const tf = tfjs();
  const weights = {
    "dense1/kernel": tf.stack([kernel, tf.zerosLike(kernel)], 1),
    "dense1/bias": tf.zeros([2]),
  };
  const draws = [...uniform];
  return {
    x: tf.tensor2d(x),
    targets: tf.oneHot(tf.tensor1d(labels, "int32"), 2).toFloat(),
    input: { kind: "image", shape: [2], low: 0, high: 1 },
    network: { layers, weights, encoding: null },
    logits: (at) => tf.matMul(at as tfTypes.Tensor2D, weights["dense1/kernel"] as tfTypes.Tensor2D),
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, tf.scalar(value)])),
    uniform: (shape) => tf.fill([...shape], draws.shift() ?? 0.5),
  };
}

/** The softmax's first probability, of two whose second logit is 0. */
export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
