import type { AttackSetting, ProbeUse } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { batchRows, concatenate, sizeOf } from "@shadowfarm/engine/arrays";
import type { Compiled, Engine } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { crossEntropies } from "../loss.ts";
import { models } from "../models/index.ts";
import { forward } from "../network.ts";
import { encoded } from "../objective.ts";
import {
  ascend,
  ballAround,
  epsilonParam,
  perturbableKinds,
  signedSteps,
  stepsParam,
  worstOf,
} from "../perturbation.ts";
import { probeUse } from "../probe-use.ts";
import { defineProbe, type ProbedModel } from "../unit.ts";

/** Length of all steps together, in units of epsilon; Song et al. 2019's code. */
const REACH = 2.5;

/**
 * A network's answers on records that are perturbed, by its own gradients, inside an L∞ ball: projected gradient ascent without
 * a random start. Song et al. 2019, §3. Answers are asked for as all are, so that a defense that changes them counts.
 *
 * The array `posteriors` (points × classes) is of the perturbed record that the network gives the least confidence in the true
 * class, among all that were met on the way, the record itself included; the published code takes the last one. With `targets`
 * a record is perturbed once towards every other class, and the array is points × classes · classes: an answer for each class
 * in turn, for the true one that on the record itself.
 *
 * A query is one row that goes through the network, with or without a gradient.
 */
export const perturbed = defineProbe({
  name: "perturbed",
  version: 1,
  params: z.strictObject({
    epsilon: epsilonParam,
    steps: stepsParam(20),
    targets: z.boolean().default(false).describe("whether towards every class in turn"),
  }),
  accepts: perturbableKinds,
  async run(model, { features, labels }, params, { engine, signal }) {
    const { input, classes } = model;
    const { steps, targets } = params;
    const width = sizeOf(input.shape);
    const compiled = compile(model, engine, params);
    const aimsOf = targets ? (label: number) => othersOf(label, classes) : (label: number) => [label];
    const aims = targets ? classes - 1 : 1;
    const block = Math.max(1, Math.floor((BATCHES * batchRows(width + classes)) / aims));
    try {
      const posteriors: Float32Array[] = [];
      for (let first = 0; first < labels.length; first += block) {
        const records = features.subarray(first * width, (first + block) * width);
        const own = labels.subarray(first, first + block);
        const rows = packed(records, own, aimsOf, { width, classes });
        const shape = [rows.length / (width + classes), width + classes];
        const { data } = await compiled.run({ shape, data: rows }, signal);
        const answers = await model.ask(data);
        posteriors.push(targets ? withOwn(answers, await model.ask(records), own, classes) : answers);
      }
      // Of the last place on the way, the loss alone is asked for, and only where the worst one is kept.
      const queries = targets ? aims * (steps + 1) + 1 : steps + 2;
      return { arrays: { posteriors: concatenate(posteriors) }, queries: new Uint32Array(labels.length).fill(queries) };
    } finally {
      compiled.dispose();
    }
  },
});

/** Batches that are packed at once. */
const BATCHES = 16;

/**
 * The probe as an attack's needs name it.
 *
 * @throws {InvalidInput} when the records cannot be perturbed, or the target has no gradients.
 */
export function perturbedUse(given: z.input<typeof perturbed.params>, setting: AttackSetting): ProbeUse {
  const { name } = setting.model;
  const model = Object.values(models).find((known) => known.name === name);
  if (model && !("layers" in model)) throw notNetwork(`${name} is none`);
  return probeUse(perturbed, given, setting);
}

function notNetwork(what: string): InvalidInput {
  return new InvalidInput(`it follows the gradients of a network, but ${what}; use another model or attack`);
}

/** Rows of plain records, each followed by the class that it is about as one-hot, → plain records that are perturbed. */
function compile(
  { network, input, classes }: ProbedModel,
  engine: Engine,
  { epsilon, steps, targets }: z.infer<typeof perturbed.params>,
): Compiled {
  if (network === null) throw notNetwork("the model is none");
  const { layers, weights, encoding } = network;
  const { shape } = input;
  const width = sizeOf(shape);
  const fitted = Object.entries(encoding.tensors).map(([name, data]) => [ENCODING + name, { shape, data }]);
  return engine.compileFn({ ...weights, ...Object.fromEntries(fitted) }, (tensors, rows) => {
    const tf = tfjs();
    const [mean, deviation] = [tensors[`${ENCODING}mean`], tensors[`${ENCODING}deviation`]];
    const given = { encoding: mean && deviation ? { mean, deviation } : null };
    const x = tf.reshape(tf.slice(rows, [0, 0], [-1, width]), [-1, ...shape]);
    const aims = tf.slice(rows, [0, width], [-1, classes]);
    const losses = (at: tfTypes.Tensor) =>
      crossEntropies(forward(layers, tensors, encoded(given, at), { training: false }), aims);
    const way = signedSteps(ballAround(x, epsilon, input), { steps, reach: REACH });
    const found = targets ? ascend(x, (at) => tf.neg(losses(at)), way) : worstOf(x, losses, way);
    return tf.reshape(found, [-1, width]);
  });
}

/** Begins the names of what the encoding learnt, among those of the weights. */
const ENCODING = "encoding/";

function othersOf(label: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, other) => other).filter((other) => other !== label);
}

function packed(
  records: Float32Array,
  labels: Int32Array,
  aimsOf: (label: number) => number[],
  { width, classes }: { width: number; classes: number },
): Float32Array {
  const pairs = [...labels].flatMap((label, record) => aimsOf(label).map((aim) => ({ record, aim })));
  const rows = new Float32Array(pairs.length * (width + classes));
  pairs.forEach(({ record, aim }, at) => {
    const first = at * (width + classes);
    rows.set(records.subarray(record * width, (record + 1) * width), first);
    rows[first + width + aim] = 1;
  });
  return rows;
}

/** Answers for the other classes, in turn, with those for the true class put in their places; records × classes · classes. */
function withOwn(answers: Float32Array, own: Float32Array, labels: Int32Array, classes: number): Float32Array {
  const all = new Float32Array(labels.length * classes * classes);
  labels.forEach((label, record) => {
    const others = answers.subarray(record * (classes - 1) * classes, (record + 1) * (classes - 1) * classes);
    const first = record * classes * classes;
    all.set(others.subarray(0, label * classes), first);
    all.set(own.subarray(record * classes, (record + 1) * classes), first + label * classes);
    all.set(others.subarray(label * classes), first + (label + 1) * classes);
  });
  return all;
}
