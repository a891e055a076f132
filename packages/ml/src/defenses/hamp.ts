import { concatenate } from "@shadowfarm/engine/arrays";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { crossEntropies } from "../loss.ts";
import { query } from "../query.ts";
import { seeded } from "../row-seed.ts";
import { trainAsUsual } from "../school.ts";

/** Answers on random points from which those for a question are drawn. */
const RANDOM = 1000;

/** By how much the true class's share falls in a step of the search for soft labels; published code. */
const STEP = 0.01;

/**
 * Trains on targets of high entropy, is rewarded for answers of high entropy, and answers with the probabilities that it gives a
 * random point, in the order of its own: labels are unchanged. Chen & Pattabiraman 2024. Which random point is drawn follows
 * from the question's own answer, so that asking again shows nothing new.
 */
export const hamp = defineDefense({
  name: "hamp",
  title: "HAMP",
  paper: "Chen & Pattabiraman 2024",
  version: 1,
  params: z.strictObject({
    gamma: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.5)
      .describe("entropy of the targets, as a share of the largest; Location .5, Purchase .8, CIFAR-10 .95"),
    alpha: z.number().min(0).max(1).default(0.001).describe("weight of the answers' entropy"),
    answers: z.boolean().default(true).describe("whether answers are changed, too"),
  }),
  answersOnly: ["answers"],
  targets(labels, classes, { gamma }) {
    const own = shareOf(gamma, classes);
    const rows = new Float32Array(labels.length * classes).fill((1 - own) / (classes - 1));
    labels.forEach((label, record) => {
      rows[record * classes + label] = own;
    });
    return rows;
  },
  objective: ({ alpha }) => ({
    sees: "logits",
    loss({ x, targets, logits }) {
      const tf = tfjs();
      const out = logits(x);
      const logAnswers = tf.logSoftmax(out);
      const entropies = tf.neg(tf.sum(tf.mul(tf.exp(logAnswers), logAnswers), -1));
      // KL(target ‖ answer) but for the targets' own entropy, which no weight changes.
      return tf.mean(tf.sub(crossEntropies(out, targets), tf.mul(entropies, alpha)));
    },
  }),
  async build(school) {
    const { engine, recipe, random, signal } = school;
    const { weights, losses } = await trainAsUsual(school);
    const { layers, inputShape, classes } = recipe;
    const features = await random(RANDOM);
    const answers = await query(engine, { layers, weights, inputShape, features, signal });
    const rows = Array.from({ length: RANDOM }, (_, row) => answers.slice(row * classes, (row + 1) * classes).sort());
    return { model: { layers, weights }, losses, learnt: { random: concatenate(rows) } };
  },
  posteriors(posteriors, classes, { answers }, { learnt }) {
    if (!answers) return posteriors;
    const random = learnt.random as Float32Array;
    const changed = new Float32Array(posteriors.length);
    for (let first = 0; first < posteriors.length; first += classes) {
      const own = posteriors.subarray(first, first + classes);
      let drawn = Math.floor(seeded(own) * (random.length / classes)) * classes;
      // One whose largest value is shared would not say which class is meant.
      for (let next = 0; next < random.length && !hasOneLargest(random, drawn, classes); next += classes) {
        drawn = (drawn + classes) % random.length;
      }
      // Of equal ones the later first, so that the first of the largest is still the largest.
      const rising = Array.from(own.keys()).sort((a, b) => (own[a] as number) - (own[b] as number) || b - a);
      rising.forEach((column, rank) => {
        changed[first + column] = random[drawn + rank] as number;
      });
    }
    return changed;
  },
});

/** The largest share of the true class, in steps, with which targets have entropy γ · ln K; the others are equal. */
function shareOf(gamma: number, classes: number): number {
  const least = 1 / classes + STEP / 2;
  for (let share = 1; share > least; share -= STEP) {
    const rest = (1 - share) / (classes - 1);
    const entropy = -(share * Math.log(share) + (rest > 0 ? (classes - 1) * rest * Math.log(rest) : 0));
    if (entropy >= gamma * Math.log(classes)) return share;
  }
  return least;
}

/** Of a row in rising order that begins at `first`. */
function hasOneLargest(rows: Float32Array, first: number, classes: number): boolean {
  const last = first + classes - 1;
  return rows[last] !== rows[last - 1];
}
