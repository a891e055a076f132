import type { AttackSetting, ProbeUse } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { batchRows, sizeOf } from "@shadowfarm/engine/arrays";
import type { Compiled, Engine } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { type Question, verifiedMargins } from "../bounds/margins.ts";
import { verifiedConfidence } from "../bounds/specification.ts";
import { checkSupported } from "../bounds/supported.ts";
import { type Layer, place, simpleLayers } from "../layers.ts";
import { models } from "../models/index.ts";
import { epsilonParam, perturbableKinds } from "../perturbation.ts";
import { probeUse } from "../probe-use.ts";
import { defineProbe, type Model, type ProbedModel } from "../unit.ts";

/**
 * What a network can be proved to answer anywhere in an L∞ ball around a record, within the input's range. Song et al. 2019, §3.
 *
 * The array `confidence` holds for each record the least confidence in its true class that the bounds leave possible, and
 * `verified` whether the network is right about the whole ball: 1 where every other logit stays below the true class's. Both are
 * of the network itself, whatever its defense makes of its answers. They hold to within the rounding of float32.
 *
 * No queries are counted: whoever verifies has the network, and asks it nothing.
 */
export const verified = defineProbe({
  name: "verified",
  version: 1,
  params: z.strictObject({
    epsilon: epsilonParam,
    method: z
      .enum(["interval", "zonotope", "dual"])
      .default("interval")
      .describe("how bounds are made; dual: the lower of its own and of interval's"),
    terms: z
      .int()
      .min(0)
      .max(4096)
      .default(64)
      .describe("features that are told apart, each as costly as another record; of zonotope"),
  }),
  accepts: perturbableKinds,
  async run(model, { features, labels }, params, { engine, signal }) {
    const { input, classes, network } = model;
    if (network === null) throw notNetwork("the model is none");
    checkSupported(params.method, place(network.layers, input.shape));
    const width = sizeOf(input.shape);
    const confidence = new Float32Array(labels.length);
    const isVerified = new Float32Array(labels.length);
    // A few rows less would be another program.
    const most = Math.min(labels.length, rowsAtOnce(network.layers, input.shape, classes, params));
    const rows = new Float32Array(most * (width + classes));
    const compiled = compile({ ...model, network }, engine, params);
    try {
      for (let first = 0; first < labels.length; first += most) {
        const own = labels.subarray(first, first + most);
        rows.fill(0);
        own.forEach((label, row) => {
          const from = row * (width + classes);
          rows.set(features.subarray((first + row) * width, (first + row + 1) * width), from);
          rows[from + width + label] = 1;
        });
        const { data } = await compiled.run({ shape: [most, width + classes], data: rows }, signal);
        own.forEach((_, row) => {
          confidence[first + row] = data[2 * row] as number;
          isVerified[first + row] = data[2 * row + 1] as number;
        });
      }
    } finally {
      compiled.dispose();
    }
    return { arrays: { confidence, verified: isVerified }, queries: new Uint32Array(labels.length) };
  },
});

type Params = z.infer<typeof verified.params>;

/**
 * The probe as an attack's needs name it.
 *
 * @throws {InvalidInput} when records have no balls, or the target is no network, or has layers without such bounds.
 */
export function verifiedUse(given: z.input<typeof verified.params>, setting: AttackSetting): ProbeUse {
  const use = probeUse(verified, given, setting);
  const { dataset, model } = setting;
  const known = Object.values<Model>(models).find(({ name }) => name === model.name);
  if (known && !("layers" in known)) throw notNetwork(`${known.name} is none`);
  if (known) {
    const input = dataset.input({});
    const layers = known.layers(input, dataset.classes, known.params.parse(model.params));
    checkSupported((use.params as Params).method, place(layers, input.shape));
  }
  return use;
}

function notNetwork(what: string): InvalidInput {
  return new InvalidInput(`it bounds the outputs of a network, but ${what}; use another model or attack`);
}

/** Numbers that the widest layer's bounds may have at once: 32 MB, of which some ten are held. */
const NUMBERS_AT_ONCE = 2 ** 23;

function rowsAtOnce(layers: readonly Layer[], shape: readonly number[], classes: number, params: Params): number {
  const sizes = simpleLayers(place(layers, shape)).map(({ outputShape }) => sizeOf(outputShape));
  const widest = Math.max(sizeOf(shape), ...sizes);
  const copies = { interval: 1, zonotope: 1 + Math.min(params.terms, sizeOf(shape)), dual: classes }[params.method];
  return Math.max(1, Math.min(batchRows(sizeOf(shape) + classes), Math.floor(NUMBERS_AT_ONCE / (widest * copies))));
}

/** Rows of plain records, each followed by its class as one-hot, → the verified confidence, and whether all is verified. */
function compile(
  { network, input, classes }: ProbedModel & { network: NonNullable<ProbedModel["network"]> },
  engine: Engine,
  { epsilon, method, terms }: Params,
): Compiled {
  const { layers, weights, encoding } = network;
  const { shape, low, high } = input;
  const width = sizeOf(shape);
  const fitted = Object.entries(encoding.tensors as Record<string, Float32Array>).map(([name, data]) => [
    ENCODING + name,
    { shape: [data.length], data },
  ]);
  return engine.compileFn({ ...weights, ...Object.fromEntries(fitted) }, (tensors, rows) => {
    const tf = tfjs();
    const [mean, deviation] = [tensors[`${ENCODING}mean`], tensors[`${ENCODING}deviation`]];
    const question: Question = {
      ...{ layers, weights: tensors, low, high, epsilon: epsilon * (high - low) },
      x: tf.reshape(tf.slice(rows, [0, 0], [-1, width]), [-1, ...shape]),
      targets: tf.slice(rows, [0, width], [-1, classes]),
      ...(mean && deviation && { encoding: { mean, deviation } }),
    };
    const margins = marginsBy(method, terms, question);
    const below = tf.sum(tf.step(tf.neg(margins)), 1);
    return tf.stack([verifiedConfidence(margins), tf.cast(tf.equal(below, classes - 1), "float32")], 1);
  });
}

function marginsBy(method: Params["method"], terms: number, question: Question): tfTypes.Tensor {
  switch (method) {
    case "interval":
      return verifiedMargins({ kind: "interval" }, question);
    case "zonotope":
      return verifiedMargins({ kind: "zonotope", terms }, question);
    case "dual":
      return tfjs().minimum(
        verifiedMargins({ kind: "dual" }, question),
        verifiedMargins({ kind: "interval" }, question),
      );
  }
}

/** Begins the names of what the encoding learnt, among those of the weights. */
const ENCODING = "encoding/";
