import type * as tfTypes from "@tensorflow/tfjs";
import { sizeOf } from "../src/arrays.ts";
import { uniformNumbers } from "../src/counter-hash.ts";
import type { ArrayValue, Tensors } from "../src/engine.ts";
import { tfjs } from "../src/tfjs.ts";
import type { TrainingProgram } from "../src/training.ts";

/** A network to measure, and how many models of it are trained as one. */
export interface Model {
  weights: Readonly<Record<string, readonly number[]>>;
  /** Shape of a record. */
  input: readonly number[];
  classes: number;
  batch: number;
  models: number;
  logits(weights: Tensors, x: tfTypes.Tensor): tfTypes.Tensor;
}

/** The models of the documentation's table; pytorch.py has the same. */
export const models = {
  mlp: { ...dense(600, 128, 100), batch: 100, models: 1 },
  cnn: {
    weights: {
      k1: [5, 5, 3, 32],
      b1: [32],
      k2: [5, 5, 32, 48],
      b2: [48],
      k3: [8 * 8 * 48, 128],
      b3: [128],
      k4: [128, 10],
      b4: [10],
    },
    input: [32, 32, 3],
    classes: 10,
    batch: 100,
    models: 1,
    logits(w, x) {
      const tf = tfjs();
      const conv = (x: tfTypes.Tensor, kernel: string, bias: string) => {
        const convolved = tf.conv2d(x as tfTypes.Tensor4D, w[kernel] as tfTypes.Tensor4D, 1, "same");
        return tf.maxPool(tf.relu(tf.add(convolved, w[bias] as tfTypes.Tensor)) as tfTypes.Tensor4D, 2, 2, "valid");
      };
      const images = conv(conv(x, "k1", "b1"), "k2", "b2");
      const hidden = tf.relu(affine(tf.reshape(images, [x.shape[0] as number, -1]), w.k3, w.b3));
      return affine(hidden, w.k4, w.b4);
    },
  },
  tiny: { ...dense(10, 32, 2), batch: 32, models: 1 },
  packed8: { ...dense(10, 32, 2), batch: 32, models: 8 },
} satisfies Record<string, Model>;

export type ModelName = keyof typeof models;

export function dense(inputs: number, hidden: number, outputs: number) {
  return {
    weights: { k1: [inputs, hidden], b1: [hidden], k2: [hidden, outputs], b2: [outputs] },
    input: [inputs],
    classes: outputs,
    logits: (w: Tensors, x: tfTypes.Tensor) => affine(tfjs().relu(affine(x, w.k1, w.b1)), w.k2, w.b2),
  };
}

function affine(x: tfTypes.Tensor, kernel: tfTypes.Tensor | undefined, bias: tfTypes.Tensor | undefined) {
  const tf = tfjs();
  return tf.add(tf.matMul(x, kernel as tfTypes.Tensor), bias as tfTypes.Tensor);
}

/** Random weights, in the order of the model's names; biases of packed models have an axis for the batch. */
export function weightsFor({ weights, models }: Model): Record<string, ArrayValue> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, one], at) => {
      const shape = models === 1 ? one : [models, ...(one.length === 1 ? [1] : []), ...one];
      const size = sizeOf(shape);
      return [name, { shape, data: uniformNumbers(at, 0, 0, size).map((value) => 0.1 * (value - 0.5)) }];
    }),
  );
}

/** Training with Adam on random records. */
export function programFor(model: Model, records: number): TrainingProgram {
  const { input, classes, batch, models, logits } = model;
  const width = sizeOf(input);
  const targets = new Float32Array(records * classes);
  for (let record = 0; record < records; record++) targets[record * classes + ((record * 7) % classes)] = 1;
  return {
    weights: weightsFor(model),
    data: {
      x: { shape: [records, ...input], data: uniformNumbers(9, 0, 0, records * width) },
      y: { shape: [records, classes], data: targets },
    },
    optimizer: { name: "adam" },
    seed: models === 1 ? 1 : Array.from({ length: models }, (_, at) => at),
    loss(weights, { x, y }) {
      const tf = tfjs();
      const apart = (rows: tfTypes.Tensor | undefined, shape: readonly number[]) =>
        models === 1 ? (rows as tfTypes.Tensor) : tf.reshape(rows as tfTypes.Tensor, [models, batch, ...shape]);
      const likelihood = tf.mul(tf.logSoftmax(logits(weights, apart(x, input))), apart(y, [classes]));
      return tf.mul(tf.sum(likelihood, models === 1 ? undefined : [1, 2]), -1 / batch);
    },
  };
}
