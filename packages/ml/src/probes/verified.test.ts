import { createRng } from "@shadowfarm/core/rng";
import { bestBalancedAccuracy, rocCurve } from "@shadowfarm/core/roc";
import { trainingSchema } from "@shadowfarm/core/training";
import { concatenate } from "@shadowfarm/engine/arrays";
import { openEngine } from "@shadowfarm/engine/backends";
import { tfjs } from "@shadowfarm/engine/tfjs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attacked } from "../attacks/answers.fixture.ts";
import { perturbedConfidence } from "../attacks/perturbed-confidence.ts";
import { smallNetworks } from "../bounds/layers.fixture.ts";
import { aProblem, boundsOf, oneHot } from "../bounds/problems.fixture.ts";
import type { Defense } from "../defense.ts";
import { defenses } from "../defenses/index.ts";
import { encode, type FittedEncoding } from "../encoding.ts";
import { initialize, type Layer, type Weights } from "../network.ts";
import { openNetwork } from "../query.ts";
import { train } from "../train.ts";
import type { AttackOutput, Probe, ProbedModel } from "../unit.ts";
import { perturbed } from "./perturbed.ts";
import { verified } from "./verified.ts";

const onnx = await openEngine("onnx");
const none: FittedEncoding = { encoding: { kind: "none" }, tensors: {} };
const methods = ["interval", "zonotope", "dual"] as const;

interface Case {
  model: ProbedModel;
  points: { features: Float32Array; labels: Int32Array };
}

function modelOf(
  layers: readonly Layer[],
  weights: Weights,
  input: ProbedModel["input"],
  classes: number,
  encoding = none,
): ProbedModel {
  const network = openNetwork(onnx, { layers, weights, inputShape: input.shape });
  return {
    ...{ input, classes, network: { layers, weights, encoding } },
    ask: async (rows) => network.ask(encode(encoding, input, rows.slice())),
  };
}

async function run(probe: Probe, { model, points }: Case, params: object, engine = onnx) {
  const context = { checkpoints: [], rng: createRng(1), engine };
  return probe.run(model, points, probe.params.parse(params), context);
}

async function found(one: Case, params: object, engine = onnx) {
  const { arrays } = await run(verified, one, params, engine);
  return arrays as Record<"confidence" | "verified", Float32Array>;
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** In the true class, of answers records × classes. */
function confidences(posteriors: Float32Array, { model, points }: Case): Float32Array {
  return Float32Array.from(points.labels, (label, record) => posteriors[record * model.classes + label] as number);
}

/** The least difference of one array's numbers from another's. */
const leastDifference = (larger: Float32Array, smaller: Float32Array) =>
  Math.min(...larger.map((value, at) => value - (smaller[at] as number)));

/** 8 × 8 pictures of three classes, each a blot at a place of its own in noise. */
function pictures(seed: string, count: number) {
  const rng = createRng(seed);
  const labels = Int32Array.from({ length: count }, (_, record) => record % 3);
  const features = Float32Array.from({ length: count * 64 }, (_, at) => {
    const [row, column] = [Math.floor((at % 64) / 8), at % 8];
    const label = labels[Math.floor(at / 64)] as number;
    const isBlot = Math.hypot(row - 2 * label - 1.5, column - 2 * label - 1.5) < 1.7;
    return Math.max(0, Math.min(1, (isBlot ? 0.75 : 0.3) + 0.12 * rng.normal()));
  });
  return { features, labels };
}

const input = { kind: "image", shape: [8, 8, 1], low: 0, high: 1 } as const;
const strided: Layer[] = [
  { kind: "conv", filters: 4, size: 3, stride: 2, padding: "same", activation: "relu" },
  { kind: "flatten" },
  { kind: "dense", units: 12, activation: "relu" },
  { kind: "dense", units: 3, activation: "linear" },
];
const EPSILON = 0.1;

/** A network, and 30 of its members, followed by 60 other pictures. */
async function trained(name: keyof typeof defenses, params: object = {}): Promise<Case> {
  const unit: Defense = defenses[name];
  const objective = unit.objective?.(unit.params.parse({ epsilon: EPSILON, ...params }));
  const recipe = {
    ...{ layers: strided, inputShape: input.shape, classes: 3 },
    training: trainingSchema.parse({ epochs: 12, batch: 20, learningRate: 0.01 }),
    ...(objective && { objective: { of: objective, input } }),
  };
  const members = pictures("members", 200);
  const { weights } = await train(onnx, recipe, { ...members, rng: createRng(1) });
  const others = pictures("others", 60);
  const points = {
    features: concatenate([members.features.subarray(0, 30 * 64), others.features]),
    labels: Int32Array.of(...members.labels.subarray(0, 30), ...others.labels),
  };
  return { model: modelOf(strided, weights, input, 3), points };
}

const natural = await trained("none");
const ofDiffAi = { weight: 2, domain: "hybrid-zonotope", terms: 4 };
const robust = [
  { title: "intervals", method: "interval", model: await trained("interval-bounds") },
  { title: "boxes", method: "interval", model: await trained("abstract-interpretation", { weight: 2 }) },
  { title: "zonotopes", method: "zonotope", model: await trained("abstract-interpretation", ofDiffAi) },
  { title: "dual bounds", method: "dual", model: await trained("dual-bounds") },
];

describe.each([{ title: "nothing", model: natural }, ...robust])("a model trained on $title", ({ model: one }) => {
  test.each([0.01, EPSILON])(
    "verified confidence is at most that under attack, and that at most the record's: epsilon %d",
    async (epsilon) => {
      const benign = confidences(await one.model.ask(one.points.features), one);
      const { arrays } = await run(perturbed, one, { epsilon, steps: 8 });
      const attacked = confidences(arrays.posteriors as Float32Array, one);
      expect(leastDifference(benign, attacked)).toBeGreaterThan(-1e-5);
      for (const method of methods) {
        const { confidence, verified } = await found(one, { epsilon, method });
        expect(leastDifference(attacked, confidence)).toBeGreaterThan(-1e-5);
        // Whoever is more likely than all others together is right.
        for (const [record, least] of confidence.entries()) if (least > 0.5) expect(verified[record]).toBe(1);
      }
    },
  );

  test.each(methods)("without a ball it is the record's own: %s", async (method) => {
    const posteriors = await one.model.ask(one.points.features);
    const benign = confidences(posteriors, one);
    const { confidence, verified } = await found(one, { epsilon: 0, method });
    for (const [record, least] of confidence.entries()) {
      expect(least).toBeCloseTo(benign[record] as number, 5);
      const most = Math.max(...posteriors.subarray(3 * record, 3 * record + 3));
      expect(verified[record]).toBe(most === benign[record] ? 1 : 0);
    }
  });
});

test.each([{ title: "nothing", model: natural }, ...robust])(
  "bounds of hidden units that are the dual's own are sound, too, of a model trained on $title",
  async ({ model: one }) => {
    const { labels, features } = one.points;
    const { arrays } = await run(perturbed, one, { epsilon: EPSILON, steps: 8 });
    const attacked = confidences(arrays.posteriors as Float32Array, one);
    await tfjs().setBackend("cpu");
    const bounds = boundsOf(
      { kind: "dual", intermediate: "dual" },
      {
        ...{ layers: strided, inputShape: input.shape, classes: 3, epsilon: EPSILON },
        weights: (one.model.network as NonNullable<ProbedModel["network"]>).weights,
        x: { shape: [labels.length, ...input.shape], data: features },
        targets: oneHot([...labels], 3),
      },
    );
    for (const [record, most] of attacked.entries()) {
      const exponentials = [...bounds.subarray(3 * record, 3 * record + 3)].map(Math.exp);
      expect(1 / exponentials.reduce((sum, value) => sum + value)).toBeLessThan(most + 1e-5);
    }
  },
);

test.each(methods)("as an attack, I_V without a ball calls the same records members as I_B: %s", async (method) => {
  const posteriors = Float64Array.from(await natural.model.ask(natural.points.features));
  const answers = { posteriors, labels: natural.points.labels, classes: 3, views: 1 };
  const probed = await run(verified, natural, { epsilon: 0, method });
  const benign = await attacked(perturbedConfidence, { input: "benign" }, { target: answers });
  const proved = await attacked(
    perturbedConfidence,
    { input: "verified", epsilon: 0, method },
    { target: { ...answers, probed } },
  );
  const isMember = Uint8Array.from(benign.scores, (_, record) => (record < 30 ? 1 : 0));
  const best = ({ scores }: AttackOutput) => {
    // Scores that float32 keeps apart by its rounding alone are one.
    const rounded = scores.map((score) => Math.round(1e4 * score));
    return bestBalancedAccuracy(rocCurve(rounded, isMember)).balancedAccuracy;
  };
  expect(best(proved)).toBeCloseTo(best(benign), 10);
});

test.each(robust)("who was trained on $title is verified right about far more records", async ({ method, model }) => {
  const share = async (of: Case) => mean((await found(of, { epsilon: EPSILON, method })).verified);
  expect(await share(model)).toBeGreaterThan((await share(natural)) + 0.3);
});

test.each(methods)(
  "it is sound for networks of all layers that it takes: %s",
  async (method) => {
    await fc.assert(
      fc.asyncProperty(smallNetworks(method), fc.integer({ min: 1 }), async ({ layers, inputShape }, seed) => {
        const { weights, x, targets } = aProblem(layers, { inputShape, seed });
        const kind = inputShape.length === 1 ? "binary" : "image";
        const labels = Int32Array.from({ length: 3 }, (_, row) =>
          targets.data.subarray(3 * row, 3 * row + 3).indexOf(1),
        );
        const one = {
          model: modelOf(layers, weights, { kind, shape: inputShape, low: 0, high: 1 }, 3),
          points: { features: x.data, labels },
        };
        const { arrays } = await run(perturbed, one, { epsilon: 0.05, steps: 3 });
        const attacked = confidences(arrays.posteriors as Float32Array, one);
        const { confidence } = await found(one, { epsilon: 0.05, method, terms: 2 });
        expect(leastDifference(attacked, confidence)).toBeGreaterThan(-1e-5);
      }),
      { numRuns: 8 },
    );
  },
  30_000,
);

test("the better the method, the more is verified; dual bounds are never below interval ones", async () => {
  const interval = await found(natural, { epsilon: 0.03 });
  const zonotope = await found(natural, { epsilon: 0.03, method: "zonotope", terms: 64 });
  const dual = await found(natural, { epsilon: 0.03, method: "dual" });
  expect(leastDifference(zonotope.confidence, interval.confidence)).toBeGreaterThan(-1e-6);
  expect(leastDifference(dual.confidence, interval.confidence)).toBeGreaterThan(-1e-6);
  expect(mean(dual.confidence)).toBeGreaterThan(mean(interval.confidence) + 0.01);
});

test("an encoding is part of the network, and epsilon a share of the plain range", async () => {
  const { points, model } = natural;
  const weights = model.network?.weights as Weights;
  // The same network for pictures in −1 … 3, once it has made what it knows of them.
  const encoding: FittedEncoding = {
    encoding: { kind: "standardize", leastDeviation: 0 },
    tensors: { mean: new Float32Array(64).fill(-1), deviation: new Float32Array(64).fill(4) },
  };
  const wide = {
    model: modelOf(strided, weights, { ...input, low: -1, high: 3 }, 3, encoding),
    points: { ...points, features: points.features.map((value) => 4 * value - 1) },
  };
  const params = { epsilon: 0.02, method: "dual" };
  const [plain, encoded] = [await found(natural, params), await found(wide, params)];
  for (const [at, value] of plain.confidence.entries()) expect(encoded.confidence[at]).toBeCloseTo(value, 4);
});

test("what does not fit into memory at once is bounded in parts, and alone as in company", async () => {
  // 1,200 features, each of which has a term: five records at once.
  const layers: Layer[] = [{ kind: "flatten" }, { kind: "dense", units: 3, activation: "linear" }];
  const shape = [40, 30, 1];
  const rng = createRng("wide");
  const model = modelOf(layers, initialize(layers, shape, 3, rng), { ...input, shape }, 3);
  const features = Float32Array.from({ length: 8 * 1200 }, () => rng.uniform());
  const params = { epsilon: 0.01, method: "zonotope", terms: 3000 };
  const all = await found({ model, points: { features, labels: Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1) } }, params);
  const last = { features: features.slice(7 * 1200), labels: Int32Array.of(1) };
  const [alone] = (await found({ model, points: last }, params)).confidence;
  expect(all.confidence[7]).toBeCloseTo(alone as number, 6);
  expect(all.confidence).toHaveLength(8);
});

test("compiled, it finds what it finds on cpu, and asks nothing", async () => {
  for (const method of methods) {
    const few = { ...natural, points: pictures("few", 6) };
    const params = { epsilon: 0.02, method, terms: 4 };
    const [compiled, plain] = [await found(few, params), await found(few, params, await openEngine("cpu"))];
    for (const [at, value] of plain.confidence.entries()) expect(compiled.confidence[at]).toBeCloseTo(value, 5);
  }
  expect([...(await run(verified, natural, {})).queries]).toEqual(new Array(90).fill(0));
});

test("models that are no network, or have layers without such bounds, are refused", async () => {
  const { points, model } = natural;
  await expect(run(verified, { points, model: { ...model, network: null } }, {})).rejects.toThrow(
    "it bounds the outputs of a network, but the model is none; use another model or attack",
  );
  const pooled: Layer[] = [{ kind: "max-pool", size: 2 }, { kind: "flatten" }, ...strided.slice(-1)];
  const other = modelOf(pooled, initialize(pooled, input.shape, 3, createRng(1)), input, 3);
  await expect(run(verified, { points, model: other }, { method: "dual" })).rejects.toThrow(
    "max-pool1 has no dual bounds",
  );
});
