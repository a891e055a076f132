import { stepsOf } from "@shadowfarm/core/accountant";
import type { Rng } from "@shadowfarm/core/rng";
import { learningRateAt, type Training } from "@shadowfarm/core/training";
import type { Engine, StepContext, Tensors } from "@shadowfarm/engine/engine";
import { clippedGradientSum } from "@shadowfarm/engine/per-example";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { type ByGradients, type TrainingProgram, trainingProgram, weightsOf } from "@shadowfarm/engine/training";
import type * as tfTypes from "@tensorflow/tfjs";
import type { Lesson, Recipe } from "./lesson.ts";
import { crossEntropies } from "./loss.ts";
import { forward, initialize } from "./network.ts";
import { checkLesson, type Trained, type TrainOptions } from "./train.ts";
import { programFor } from "./training-program.ts";

/** How much one record can count in a step, and what hides it. */
export interface Mechanism {
  /** Largest norm of a record's gradient; longer ones are scaled down to it. */
  clip: number;
  /** Standard deviation of the noise in each weight's gradient, as a multiple of `clip`. */
  noiseMultiplier: number;
}

/** Of a batch's rows: 1 for a record, 0 for one that only fills the batch up. */
const PRESENT = "present";

/**
 * Trains a classifier by DP-SGD (Abadi et al. 2016, algorithm 1) in `stepsOf` steps, each of which takes every record with
 * probability batch / records. The sum of the clipped gradients of the records' cross-entropies, with noise, is divided by
 * `training.batch`, the size of a batch on average. All else of `training` is as without privacy, and spends none: penalties, which
 * no record has a part in, are added to the noisy gradient; `clipNorm` bounds, and the optimizer uses, what is noisy already.
 *
 * Losses are over the records drawn in an epoch, without penalties. They are for the researcher: no noise is in them.
 *
 * @throws {InvalidInput | TrainingDiverged | Cancelled} as `train` does.
 */
export async function trainPrivately(
  engine: Engine,
  recipe: Recipe,
  lesson: Lesson,
  mechanism: Mechanism,
  { signal }: Pick<TrainOptions, "signal"> = {},
): Promise<Trained> {
  const { training } = recipe;
  const records = lesson.labels.length;
  checkLesson(recipe, lesson, records);
  const { batch, epochs } = training;
  const stepsBefore = (epoch: number) => (epoch === 0 ? 0 : stepsOf({ records, batch, epochs: epoch }));
  const steps = stepsBefore(epochs);
  const drawn = (epoch: number): number[][] => {
    const rng = lesson.rng.child("epoch", epoch);
    const count = stepsBefore(epoch + 1) - stepsBefore(epoch);
    return Array.from({ length: count }, () => poissonBatch(records, batch / records, rng));
  };
  // Drawn twice, since a long training's batches together may be too large to keep.
  let size = 1;
  for (let epoch = 0; epoch < epochs; epoch++) for (const rows of drawn(epoch)) size = Math.max(size, rows.length);

  const program = privateProgram(recipe, lesson, mechanism);
  const loop = engine.compileLoop(trainingProgram(program));
  try {
    const losses = new Float64Array(epochs);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const batches = drawn(epoch);
      const learningRate = Float64Array.from(batches, (_, at) =>
        learningRateAt(training, stepsBefore(epoch) + at, steps),
      );
      const made = await loop.run(filledUp(batches, size, records), size, { settings: { learningRate }, signal });
      const seen = batches.reduce((sum, rows) => sum + rows.length, 0);
      losses[epoch] = (made.reduce((sum, loss) => sum + loss, 0) * batch) / Math.max(1, seen);
    }
    return { weights: weightsOf(program, await loop.state()), losses };
  } finally {
    loop.dispose();
  }
}

/** The training's program, on its records and one more: nothing, which fills batches up. */
export function privateProgram(recipe: Recipe, lesson: Lesson, mechanism: Mechanism): TrainingProgram {
  const { layers, inputShape, classes } = recipe;
  const weights = initialize(layers, inputShape, classes, lesson.rng.child("weights"));
  const records = lesson.labels.length;
  const present = new Float32Array(records + 1).fill(1, 0, records);
  const program = programFor(recipe, [lesson], null, weights, descent(recipe, mechanism));
  const filled = Object.entries(program.data).map(([name, { shape, data }]) => {
    const longer = new Float32Array(data.length + data.length / records);
    longer.set(data);
    return [name, { shape: [records + 1, ...shape.slice(1)], data: longer }];
  });
  return { ...program, data: { ...Object.fromEntries(filled), [PRESENT]: { shape: [records + 1], data: present } } };
}

/** Records of a batch in ascending order, each there with probability `rate` by itself: gaps between them are geometric. */
export function poissonBatch(records: number, rate: number, rng: Rng): number[] {
  const batch: number[] = [];
  const scale = Math.log1p(-rate);
  const gap = () => Math.floor(Math.log1p(-rng.uniform()) / scale);
  for (let record = gap(); record < records; record += 1 + gap()) batch.push(record);
  return batch;
}

/** The batches as rows of equal length; what is missing is the row after the last record. */
export function filledUp(batches: readonly number[][], size: number, records: number): Uint32Array {
  const rows = new Uint32Array(batches.length * size).fill(records);
  batches.forEach((batch, at) => {
    rows.set(batch, at * size);
  });
  return rows;
}

function descent({ layers, training }: Recipe, { clip, noiseMultiplier }: Mechanism): ByGradients {
  return {
    gradients(weights, batch, { uniform }) {
      const tf = tfjs();
      const { features, targets, [PRESENT]: present } = batch as Record<string, tfTypes.Tensor>;
      const { gradients, losses } = clippedGradientSum(
        (probe) => {
          const logits = forward(layers, weights, features as tfTypes.Tensor, { training: true, uniform, probe });
          return tf.mul(crossEntropies(logits, targets as tfTypes.Tensor), present as tfTypes.Tensor);
        },
        weights,
        present?.size ?? 0,
        clip,
      );
      const noise = noiseLike(gradients, noiseMultiplier * clip, uniform);
      const noisy = Object.entries(gradients).map(([name, sum]): [string, tfTypes.Tensor] => {
        const mean = tf.mul(tf.add(sum, noise[name] as tfTypes.Tensor), 1 / training.batch);
        return [name, name.endsWith("/kernel") ? withPenalty(mean, weights[name] as tfTypes.Tensor, training) : mean];
      });
      return { gradients: Object.fromEntries(noisy), loss: tf.mul(tf.sum(losses), 1 / training.batch) };
    },
  };
}

/** What the penalties on a kernel add to its gradient. */
function withPenalty(gradient: tfTypes.Tensor, kernel: tfTypes.Tensor, { l1 = 0, l2 }: Training): tfTypes.Tensor {
  const tf = tfjs();
  const squared = l2 === 0 ? gradient : tf.add(gradient, tf.mul(kernel, 2 * l2));
  return l1 === 0 ? squared : tf.add(squared, tf.mul(tf.sign(kernel), l1));
}

/**
 * Normals in the shapes of `gradients`: two of every two uniform numbers (Box and Muller 1958), for all arrays at once, since
 * they take a third of a small network's step. Numbers of 24 bits have no normals beyond 5.8 deviations.
 */
function noiseLike(gradients: Tensors, deviation: number, uniform: StepContext["uniform"]): Tensors {
  const tf = tfjs();
  const sizes = Object.values(gradients).map(({ size }) => size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const pairs = Math.ceil(total / 2);
  // Of numbers in (0, 1], since zero has no logarithm.
  const length = tf.mul(tf.sqrt(tf.mul(tf.log(tf.sub(1, uniform([pairs]))), -2)), deviation);
  const angle = tf.mul(uniform([pairs]), 2 * Math.PI);
  const normals = tf.concat([tf.mul(length, tf.cos(angle)), tf.mul(length, tf.sin(angle))]);
  const parts = tf.split(total < normals.size ? tf.slice(normals, 0, total) : normals, sizes);
  return Object.fromEntries(
    Object.entries(gradients).map(([name, { shape }], at) => [
      name,
      tf.reshape(parts[at] as tfTypes.Tensor, [...shape]),
    ]),
  );
}
