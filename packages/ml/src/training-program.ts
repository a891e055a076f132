import { InvalidInput } from "@shadowfarm/core/errors";
import type { Training } from "@shadowfarm/core/training";
import { concatenate } from "@shadowfarm/engine/arrays";
import type { Arrays, StepContext, Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type { ByGradients, ByLoss, Descent, TrainingProgram } from "@shadowfarm/engine/training";
import type * as tfTypes from "@tensorflow/tfjs";
import type { EncodingArrays, Lesson, Recipe } from "./lesson.ts";
import { crossEntropy, sumOfSizes, sumOfSquares } from "./loss.ts";
import { forward, isStatistic, type Pass, type Weights } from "./network.ts";
import { encoded, type ObjectiveBatch } from "./objective.ts";

/** Names under which the encoding is carried along, unchanged. */
const MEAN = "encoding/mean";
const DEVIATION = "encoding/deviation";

/**
 * The training of all models as one program, whose data sets are one after another.
 *
 * @param models how many, when they are stacked; null for one that is not
 * @param weights first ones, moving statistics among them
 * @param by what is descended by, where that is not the cross-entropy or the recipe's objective
 */
export function programFor(
  recipe: Recipe,
  lessons: readonly Lesson[],
  models: number | null,
  weights: Weights,
  by?: ByGradients,
): TrainingProgram {
  const { inputShape, classes, training } = recipe;
  const seeds = lessons.map(({ rng }) => rng.child("noise").uint32());
  const rows = lessons.reduce((sum, { labels }) => sum + labels.length, 0);
  const named = Object.entries(weights);
  return {
    weights: Object.fromEntries(named.filter(([name]) => !isStatistic(name))),
    state: {
      ...Object.fromEntries(named.filter(([name]) => isStatistic(name))),
      ...encodingState(recipe, lessons[0]?.encoding),
    },
    data: {
      features: { shape: [rows, ...inputShape], data: concatenate(lessons.map(({ features }) => features)) },
      targets: { shape: [rows, classes], data: concatenate(lessons.map((lesson) => targetsOf(lesson, classes))) },
    },
    optimizer: { name: training.optimizer, weightDecay: training.weightDecay },
    ...(training.clipNorm > 0 && { clipNorm: training.clipNorm }),
    seed: models === null ? (seeds[0] as number) : seeds,
    ...(by ?? (recipe.objective ? objectiveOf(recipe, models) : crossEntropyOf(recipe, models))),
  };
}

type LossPart = ByLoss & Pick<Descent, "settings">;

function crossEntropyOf({ layers, training }: Recipe, models: number | null): LossPart {
  const tf = tfjs();
  /** A batch of all models' rows, with an axis that tells them apart. */
  const apart = (batch: Tensors, name: string): tfTypes.Tensor => {
    const tensor = batch[name] as tfTypes.Tensor;
    return models === null ? tensor : tf.reshape(tensor, [models, -1, ...tensor.shape.slice(1)]);
  };
  return {
    loss(weights, batch, { uniform }) {
      const statistics: Tensors = {};
      const pass: Pass = { training: true, uniform, statistics, ...(models !== null && { models }) };
      const logits = forward(layers, weights, apart(batch, "features"), pass);
      const loss = crossEntropy(logits, apart(batch, "targets"));
      return { loss: withPenalty(loss, weights, training, models), state: statistics };
    },
  };
}

function objectiveOf({ layers, training, objective }: Recipe, models: number | null): LossPart {
  if (!objective || models !== null) throw new InvalidInput("models with an objective are trained one by one");
  const { of, input } = objective;
  const about = (weights: Tensors, batch: Tensors, { uniform, scalars }: StepContext, pass: Pass): ObjectiveBatch => {
    const { [MEAN]: mean, [DEVIATION]: deviation } = weights;
    const network = { layers, weights, encoding: mean && deviation ? { mean, deviation } : null };
    return {
      x: batch.features as tfTypes.Tensor,
      targets: batch.targets as tfTypes.Tensor,
      input,
      network,
      logits: (x) => forward(layers, weights, encoded(network, x), pass),
      settings: scalars,
      uniform,
    };
  };
  return {
    settings: Object.keys(of.settings?.(0, 1, 0) ?? {}),
    prepare: (weights, batch, context) =>
      of.prepare?.(about(weights, batch, context, { training: true, uniform: context.uniform })) ?? {},
    loss(weights, batch, context) {
      const statistics: Tensors = {};
      const pass: Pass = { training: true, uniform: context.uniform, statistics };
      const loss = of.loss(about(weights, batch, context, pass), batch);
      const kept = [MEAN, DEVIATION].flatMap((name) => (weights[name] ? [[name, weights[name]]] : []));
      return {
        loss: withPenalty(loss, weights, training, null),
        state: { ...statistics, ...Object.fromEntries(kept) },
      };
    },
  };
}

function encodingState({ objective, inputShape }: Recipe, encoding: EncodingArrays | undefined): Arrays {
  if (!objective || !encoding) return {};
  return {
    [MEAN]: { shape: inputShape, data: encoding.mean },
    [DEVIATION]: { shape: inputShape, data: encoding.deviation },
  };
}

/** The loss with the penalties of a training on its weight matrices. */
export function withPenalty(
  loss: tfTypes.Tensor,
  weights: Tensors,
  { l1 = 0, l2 }: Training,
  models: number | null,
): tfTypes.Tensor {
  const tf = tfjs();
  const kernels = Object.keys(weights)
    .filter((name) => name.endsWith("/kernel"))
    .map((name) => weights[name] as tfTypes.Tensor);
  const squared = l2 === 0 ? loss : tf.add(loss, tf.mul(sumOfSquares(kernels, models), l2));
  return l1 === 0 ? squared : tf.add(squared, tf.mul(sumOfSizes(kernels, models), l1));
}

/**
 * The records' targets as rows.
 *
 * @throws {InvalidInput} for a label that is no class.
 */
export function targetsOf({ labels, targets }: Pick<Lesson, "labels" | "targets">, classes: number): Float32Array {
  if (targets) return targets;
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, record) => {
    if (label < 0 || label >= classes)
      throw new InvalidInput(`label ${label} of record ${record} is not in 0 … ${classes - 1}`);
    rows[record * classes + label] = 1;
  });
  return rows;
}
