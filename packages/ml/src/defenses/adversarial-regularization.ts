import { InvalidInput } from "@shadowfarm/core/errors";
import type { Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { crossEntropy } from "../loss.ts";
import { forward, initialize, type Layer, type Weights } from "../network.ts";
import { runTraining } from "../train.ts";
import { targetsOf, withPenalty } from "../training-program.ts";

type T = tfTypes.Tensor;

/**
 * A training against an attacker that learns along: min over the network f, max over the attacker h, of the cross-entropy + λ · ½ ·
 * (mean ln h on members + mean ln(1 − h) on records besides). h sees the answer and the true class. Nasr, Shokri & Houmansadr
 * 2018, with h as there (at width 1) but for its first weights, which are Glorot's. Both take one step at a time, of the training's
 * optimizer, where the paper gives h several of its own, and each member comes with one record besides, always the same.
 */
export const adversarialRegularization = defineDefense({
  name: "adversarial-regularization",
  title: "Adversarial regularization",
  paper: "Nasr, Shokri & Houmansadr 2018",
  version: 1,
  params: z.strictObject({
    lambda: z.number().positive().max(100).default(3).describe("weight of the attacker's gain; Purchase: 3, Texas: 2"),
    width: z.number().gt(0).max(1).default(0.25).describe("units of the attacker, as a share of the paper's"),
  }),
  reference: (_params, side) => side,
  check({ layers }) {
    const normalized = layers.some(({ kind }) => kind === "batch-norm" || kind === "residual");
    if (normalized)
      throw new InvalidInput(
        "it asks about other records in training, which a batch-norm would remember; use a model without",
      );
  },
  async build({ engine, recipe, lesson, reference, signal }, { lambda, width }) {
    const { layers, inputShape, classes, training } = recipe;
    const opponent = opponentOf(classes, width);
    const own = initialize(layers, inputShape, classes, lesson.rng.child("weights"));
    const records = lesson.labels.length;
    const program = {
      weights: { ...own, ...opponent.initialize(lesson.rng.child("opponent")) },
      data: {
        features: { shape: [records, ...inputShape], data: lesson.features },
        targets: { shape: [records, classes], data: targetsOf(lesson, classes) },
        otherFeatures: { shape: [records, ...inputShape], data: reference.features },
        otherTargets: { shape: [records, classes], data: targetsOf(reference, classes) },
      },
      optimizer: { name: training.optimizer, weightDecay: training.weightDecay },
      ...(training.clipNorm > 0 && { clipNorm: training.clipNorm }),
      seed: lesson.rng.child("noise").uint32(),
      loss(weights: Tensors, batch: Tensors, { uniform }: { uniform: (shape: readonly number[]) => T }) {
        const tf = tfjs();
        const pass = { training: true as const, uniform };
        const { features, targets, otherFeatures, otherTargets } = batch as Record<string, T>;
        const logits = forward(layers, weights, features as T, pass);
        const others = forward(layers, weights, otherFeatures as T, pass);
        // The attacker gains where the network loses: its gradient is turned around, and freed of λ.
        const against = turned(weights, opponent.names, -1 / lambda);
        const gain = tf.mul(
          tf.add(
            tf.mean(logSigmoid(opponent.logit(against, tf.softmax(logits), targets as T))),
            tf.mean(logSigmoid(tf.neg(opponent.logit(against, tf.softmax(others), otherTargets as T)))),
          ),
          0.5,
        );
        const loss = tf.add(crossEntropy(logits, targets as T), tf.mul(gain, lambda));
        const ofNetwork = Object.fromEntries(Object.keys(own).map((name) => [name, weights[name] as T]));
        return withPenalty(loss, ofNetwork, training, null);
      },
    };
    const { state, losses } = await runTraining(engine, program, { training, records, lessons: [lesson] }, { signal });
    const learnt = Object.keys(own).map((name) => [name, state[name]]);
    return { model: { layers, weights: Object.fromEntries(learnt) as Weights }, losses: losses[0] as Float64Array };
  },
});

/** The attacker h: the answer and the true class go through layers of their own, and then through some together. */
function opponentOf(classes: number, width: number) {
  const units = (count: number) => Math.max(1, Math.round(count * width));
  const stack = (counts: number[], last: "relu" | "linear"): Layer[] =>
    counts.map((count, at) => ({ kind: "dense", units: count, activation: at < counts.length - 1 ? "relu" : last }));
  const both = units(64);
  const parts = {
    answer: { inputs: classes, layers: stack([units(1024), units(512), both], "relu") },
    label: { inputs: classes, layers: stack([units(512), both], "relu") },
    together: { inputs: 2 * both, layers: stack([units(256), units(64), 1], "linear") },
  };
  type Part = keyof typeof parts;
  const nameIn = (part: Part, name: string) => `opponent/${part}/${name}`;
  const through = (part: Part, weights: Readonly<Record<string, T>>, x: T): T => {
    const prefix = nameIn(part, "");
    const own = Object.entries(weights).flatMap(([name, weight]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), weight]] : [],
    );
    return forward(parts[part].layers, Object.fromEntries(own), x, { training: false });
  };
  const first = (rng: Parameters<typeof initialize>[3]) =>
    Object.fromEntries(
      (Object.keys(parts) as Part[]).flatMap((part) => {
        const { inputs, layers } = parts[part];
        const outputs = (layers.at(-1) as { units: number }).units;
        const fresh = initialize(layers, [inputs], outputs, rng.child(part));
        return Object.entries(fresh).map(([name, weight]) => [nameIn(part, name), weight]);
      }),
    );
  return {
    names: (name: string) => name.startsWith("opponent/"),
    initialize: first,
    /** Batch × 1: positive for a member. */
    logit(weights: Readonly<Record<string, T>>, answers: T, targets: T): T {
      const [answer, label] = [through("answer", weights, answers), through("label", weights, targets)];
      return through("together", weights, tfjs().concat([answer, label], -1));
    },
  };
}

/** The same weights, those of the attacker with a gradient that is multiplied by `factor`. */
function turned(weights: Tensors, ofOpponent: (name: string) => boolean, factor: number): Tensors {
  const tf = tfjs();
  return Object.fromEntries(
    Object.entries(weights).flatMap(([name, weight]) => {
      if (!ofOpponent(name)) return [];
      const turn = tf.customGrad((...args) => {
        const [value] = args as [T];
        return { value: tf.mul(value, 1), gradFunc: (dy) => tf.mul(dy, factor) };
      });
      return [[name, turn(weight)]];
    }),
  );
}

/** ln σ(x), without overflow. */
function logSigmoid(x: T): T {
  const tf = tfjs();
  return tf.sub(tf.minimum(x, 0), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
}
