import { trainingSchema } from "@shadowfarm/core/training";
import { concatenate } from "@shadowfarm/engine/arrays";
import type { Compiled, Engine } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { forward, type Layer, type Weights } from "../network.ts";
import { query } from "../query.ts";
import { seeded } from "../row-seed.ts";
import { trainAsUsual } from "../school.ts";
import { train } from "../train.ts";
import type { LearntArrays } from "../unit.ts";

type T = tfTypes.Tensor;

/** Weight of the label's term; length of a step. Jia et al. 2019. */
const [LABEL, LENGTH] = [10, 0.1];

/** Weights of the distance, one after another while noise is found. */
const DISTANCES = [0.1, 1, 10, 100, 1e3, 1e4, 1e5];

/** Steps that the compiled search takes at once, on so many answers. */
const [AT_ONCE, BLOCK] = [20, 256];

/** A posterior of zero has no logarithm. */
const TINY = 1e-30;

/**
 * Adds noise to answers until the defender's own attack model g is undecided, without changing a label: gradient descent on the
 * logits, then the noise with the probability at which its expected size is ε at most. Jia et al. 2019. g is trained
 * on the members' answers and on those to as many records besides. Which answers get their noise follows from the answer itself, so
 * that asking again shows nothing new, as the paper's one-time randomness.
 *
 * What it leaves alone: the labels, and so all that they tell, and confidence in the true class (Song & Mittal 2021).
 */
export const memguard = defineDefense({
  name: "memguard",
  title: "MemGuard",
  paper: "Jia et al. 2019",
  version: 2,
  params: z.strictObject({
    epsilon: z.number().min(0).max(2).default(1).describe("largest expected L1 size of the noise; the paper has 0 … 1"),
    iterations: z.int().min(1).max(10_000).default(300).describe("steps of a search for noise, rounded up to twenties"),
    epochs: z.int().min(1).max(10_000).default(400).describe("of the defender's attack model"),
  }),
  answersOnly: ["epsilon", "iterations"],
  reference: (_params, side) => side,
  async build(school, { epochs }) {
    const { engine, recipe, lesson, reference, signal } = school;
    const { layers, inputShape, classes } = recipe;
    const { weights, losses } = await trainAsUsual(school);
    const ask = (features: Float32Array) => query(engine, { layers, weights, inputShape, features, signal });
    const [known, others] = [await ask(lesson.features), await ask(reference.features)];
    const features = falling(concatenate([known, others]), classes).rows;
    const labels = Int32Array.from({ length: features.length / classes }, (_, row) =>
      row < lesson.labels.length ? 1 : 0,
    );
    const training = trainingSchema.parse({ epochs, batch: 64, optimizer: "sgd", learningRate: 0.001, l2: 0 });
    const guard = await train(
      engine,
      { layers: guardLayers, inputShape: [classes], classes: 2, training },
      { features, labels, rng: lesson.rng.child("guard") },
      { signal },
    );
    const arrays = Object.entries(guard.weights).map(([name, { data }]) => [name, data]);
    return { model: { layers, weights }, losses, learnt: Object.fromEntries(arrays) };
  },
  async posteriors(posteriors, classes, { epsilon, iterations }, { engine, learnt, signal }) {
    if (epsilon === 0) return posteriors;
    const { rows, order } = falling(posteriors, classes);
    const guard = guardOf(learnt, classes);
    const search = compiledSearch(engine, guard, classes);
    const judge = engine.compileFn(guard, logitOf);
    try {
      const noisy = await withNoise(rows, { search, classes, iterations, signal });
      // How far g is from undecided; it sees all answers in falling order, which noise may have changed.
      const judged = async (given: Float32Array) =>
        (await judge.run({ shape: [given.length / classes, classes], data: given }, signal)).data.map(Math.abs);
      const [before, after] = [await judged(rows), await judged(falling(noisy, classes).rows)];
      const changed = posteriors.slice();
      for (let row = 0; row < before.length; row++) {
        const first = row * classes;
        const own = rows.subarray(first, first + classes);
        const other = noisy.subarray(first, first + classes);
        const size = other.reduce((sum, value, at) => sum + Math.abs(value - (own[at] as number)), 0);
        const helps = (after[row] as number) < (before[row] as number);
        const share = helps ? Math.min(1, epsilon / size) : 0;
        if (seeded(own) >= share) continue;
        order.subarray(first, first + classes).forEach((column, at) => {
          changed[first + column] = other[at] as number;
        });
      }
      return changed;
    } finally {
      search.dispose();
      judge.dispose();
    }
  },
});

/** The defender's attack model g; its second logit minus its first is g before the sigmoid. */
const guardLayers: Layer[] = [
  ...[256, 128, 64].map((units) => ({ kind: "dense", units, activation: "relu" }) as const),
  { kind: "dense", units: 2, activation: "linear" },
];

function guardOf(learnt: LearntArrays, classes: number): Weights {
  let inputs = classes;
  return Object.fromEntries(
    guardLayers.flatMap((layer, at) => {
      const units = (layer as { units: number }).units;
      const name = `dense${at + 1}`;
      const [kernel, bias] = [learnt[`${name}/kernel`], learnt[`${name}/bias`]] as [Float32Array, Float32Array];
      const shape = [inputs, units];
      inputs = units;
      return [
        [`${name}/kernel`, { shape, data: kernel }],
        [`${name}/bias`, { shape: [units], data: bias }],
      ];
    }),
  );
}

/** g before the sigmoid, rows × 1: positive for a member. */
function logitOf(guard: Readonly<Record<string, T>>, answers: T): T {
  const tf = tfjs();
  const logits = forward(guardLayers, guard, answers, { training: false });
  return tf.sub(tf.slice(logits, [0, 1], [-1, 1]), tf.slice(logits, [0, 0], [-1, 1]));
}

/** Each row's values from the largest to the smallest, and which column each was in; the first of equal ones first. */
function falling(posteriors: Float32Array, classes: number): { rows: Float32Array; order: Uint32Array } {
  const rows = new Float32Array(posteriors.length);
  const order = new Uint32Array(posteriors.length);
  for (let first = 0; first < posteriors.length; first += classes) {
    const own = posteriors.subarray(first, first + classes);
    const columns = Array.from(own.keys()).sort((a, b) => (own[b] as number) - (own[a] as number) || a - b);
    order.set(columns, first);
    rows.set(
      columns.map((column) => own[column] as number),
      first,
    );
  }
  return { rows, order };
}

interface Search {
  search: Compiled;
  classes: number;
  iterations: number;
  signal?: AbortSignal | undefined;
}

/** Phase I on answers in falling order: the noisy answers, or those without noise for which none was found. */
async function withNoise(rows: Float32Array, { search, classes, iterations, signal }: Search): Promise<Float32Array> {
  const found = rows.slice();
  const logits = rows.map((value) => Math.log(Math.max(value, TINY)));
  let alive = Array.from({ length: rows.length / classes }, (_, row) => row);
  for (const distance of DISTANCES) {
    const successes: number[] = [];
    let open: readonly Open[] = alive.map((row) => ({ row, noise: new Float32Array(classes) }));
    for (let step = 0; step < iterations && open.length > 0; step += AT_ONCE) {
      const moved = await advance(search, { open, logits, classes, distance, signal });
      for (const { row, noise, done } of moved) {
        if (!done) continue;
        const own = logits.subarray(row * classes, (row + 1) * classes);
        const answer = softmax(own.map((logit, at) => logit + (noise[at] as number)));
        // Rounding may still make another value the largest.
        if (answer.some((value, at) => at > 0 && value >= (answer[0] as number))) continue;
        found.set(answer, row * classes);
        successes.push(row);
      }
      open = moved.filter(({ done }) => !done);
    }
    alive = successes;
  }
  return found;
}

interface Open {
  row: number;
  noise: Float32Array;
}

async function advance(
  search: Compiled,
  given: { open: readonly Open[]; logits: Float32Array; classes: number; distance: number } & Pick<Search, "signal">,
): Promise<(Open & { done: boolean })[]> {
  const { open, logits, classes, distance, signal } = given;
  const width = 2 * classes + 1;
  const moved: (Open & { done: boolean })[] = [];
  for (let first = 0; first < open.length; first += BLOCK) {
    const block = open.slice(first, first + BLOCK);
    // Always as many rows, for which the search is compiled once; what fills up the last block is thrown away.
    const data = new Float32Array(BLOCK * width);
    block.forEach(({ row, noise }, at) => {
      data.set(logits.subarray(row * classes, (row + 1) * classes), at * width);
      data.set(noise, at * width + classes);
      data[at * width + 2 * classes] = distance;
    });
    const { data: after } = await search.run({ shape: [BLOCK, width], data }, signal);
    block.forEach(({ row }, at) => {
      const from = at * (classes + 1);
      moved.push({ row, noise: after.slice(from, from + classes), done: after[from + classes] === 1 });
    });
  }
  return moved;
}

/** Rows of logits, noise and weight of the distance → noise after some steps, and whether g has changed its mind without the label. */
function compiledSearch(engine: Engine, guard: Weights, classes: number): Compiled {
  return engine.compileFn(guard, (tensors, batch) => {
    const tf = tfjs();
    const column = (from: number, size: number) => tf.slice(batch, [0, from], [-1, size]);
    const [logits, distance] = [column(0, classes), column(2 * classes, 1)];
    const answers = tf.softmax(logits);
    const before = logitOf(tensors, answers);
    const margin = (noisy: T) =>
      tf.sub(tf.max(tf.slice(noisy, [0, 1], [-1, classes - 1]), -1, true), tf.slice(noisy, [0, 0], [-1, 1]));
    const loss = (noise: T): T => {
      const noisy = tf.add(logits, noise);
      const changed = tf.softmax(noisy);
      const size = tf.sum(tf.abs(tf.sub(answers, changed)), -1, true);
      const label = tf.mul(tf.relu(margin(noisy)), LABEL);
      return tf.add(tf.add(tf.abs(logitOf(tensors, changed)), label), tf.mul(size, distance));
    };
    const done = (noise: T): T => {
      const noisy = tf.add(logits, noise);
      const crossed = tf.lessEqual(tf.mul(before, logitOf(tensors, tf.softmax(noisy))), 0);
      return tf.mul(tf.cast(crossed, "float32"), tf.cast(tf.less(margin(noisy), 0), "float32"));
    };
    const slope = tf.grad((noise: T) => tf.sum(loss(noise)));
    let noise = column(classes, classes);
    for (let step = 0; step < AT_ONCE; step++) {
      const gradient = slope(noise);
      const length = tf.maximum(tf.sqrt(tf.sum(tf.square(gradient), -1, true)), TINY);
      const waits = tf.sub(1, done(noise));
      noise = tf.sub(noise, tf.mul(tf.mul(tf.div(gradient, length), waits), LENGTH));
    }
    return tf.concat([noise, done(noise)], -1);
  });
}

function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const shares = logits.map((logit) => Math.exp(logit - largest));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
