import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { encode, type FittedEncoding } from "../encoding.ts";
import { initialize, type Layer } from "../network.ts";
import { openNetwork } from "../query.ts";
import type { ProbedModel } from "../unit.ts";
import { perturbed } from "./perturbed.ts";

const onnx = await openEngine("onnx");
const input = { kind: "image", shape: [4, 4, 1], low: 0, high: 1 } as const;
const width = 16;
const classes = 3;
const layers: Layer[] = [
  { kind: "conv", filters: 4, size: 3, padding: "same", activation: "relu" },
  { kind: "max-pool", size: 2 },
  { kind: "flatten" },
  { kind: "dense", units: classes, activation: "linear" },
];
const rng = createRng("perturbed");
const weights = initialize(layers, input.shape, classes, rng.child("weights"));
const points = {
  features: Float32Array.from({ length: 30 * width }, () => rng.uniform()),
  labels: Int32Array.from({ length: 30 }, (_, record) => record % classes),
};
const none: FittedEncoding = { encoding: { kind: "none" }, tensors: {} };
const standardized: FittedEncoding = {
  encoding: { kind: "standardize", leastDeviation: 0 },
  tensors: { mean: new Float32Array(width).fill(0.4), deviation: new Float32Array(width).fill(0.25) },
};

/** The network under an encoding and a defense of its answers, and the rows that it is asked about. */
function aModel(encoding = none, defended = (posteriors: Float32Array) => posteriors) {
  const network = openNetwork(onnx, { layers, weights, inputShape: input.shape });
  const asked: Float32Array[] = [];
  const model: ProbedModel = {
    ...{ input, classes, network: { layers, weights, encoding } },
    async ask(rows) {
      asked.push(rows);
      return defended(await network.ask(encode(encoding, input, rows.slice())));
    },
  };
  return { model, asked };
}

async function run(model: ProbedModel, params: object, engine = onnx) {
  const context = { checkpoints: [], rng: createRng(1), engine };
  const { arrays, queries } = await perturbed.run(model, points, perturbed.params.parse(params), context);
  return { posteriors: arrays.posteriors as Float32Array, queries };
}

const inTrueClass = (posteriors: Float32Array) =>
  [...points.labels].map((label, record) => posteriors[record * classes + label] as number);

test.each([
  ["plain", none],
  ["encoded", standardized],
])("%s: in ball and range, never more confident than on the record, and mostly less", async (_, encoding) => {
  const { model, asked } = aModel(encoding);
  const benign = inTrueClass(await model.ask(points.features));
  const { posteriors, queries } = await run(model, { epsilon: 0.1 });
  const differences = inTrueClass(posteriors).map((confidence, record) => (benign[record] as number) - confidence);
  for (const difference of differences) expect(difference).toBeGreaterThan(-1e-6);
  expect(differences.filter((difference) => difference > 0.01).length).toBeGreaterThan(25);
  // 21 places, and the answer on the worst of them.
  expect([...queries]).toEqual(new Array(30).fill(22));
  for (const [at, value] of (asked.at(-1) as Float32Array).entries()) {
    expect(Math.abs(value - (points.features[at] as number))).toBeLessThan(0.1 + 1e-6);
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1);
  }
});

test("with epsilon 0 answers are those on the records", async () => {
  const { model } = aModel();
  expect((await run(model, { epsilon: 0, steps: 3 })).posteriors).toEqual(await model.ask(points.features));
});

test("compiled, it finds what it finds on cpu", async () => {
  const { model } = aModel(standardized);
  for (const params of [{ steps: 3 }, { steps: 3, targets: true }]) {
    const [compiled, plain] = [await run(model, params), await run(model, params, await openEngine("cpu"))];
    for (const [at, value] of plain.posteriors.entries()) expect(compiled.posteriors[at]).toBeCloseTo(value, 5);
  }
});

test("towards every class in turn: it gains, and for the true class the answer is the record's own", async () => {
  const { model } = aModel();
  const benign = await model.ask(points.features);
  const { posteriors, queries } = await run(model, { epsilon: 0.1, steps: 10, targets: true });
  expect(posteriors).toHaveLength(30 * classes * classes);
  expect(queries[0]).toBe(2 * 11 + 1);
  for (const [record, label] of points.labels.entries()) {
    for (let aim = 0; aim < classes; aim++) {
      const first = (record * classes + aim) * classes;
      const own = benign.subarray(record * classes, (record + 1) * classes);
      if (aim === label) expect([...posteriors.subarray(first, first + classes)]).toEqual([...own]);
      else expect(posteriors[first + aim]).toBeGreaterThan(own[aim] as number);
    }
  }
});

test("what it reports are the answers that a defense lets out", async () => {
  const rounded = (posteriors: Float32Array) => posteriors.map((p) => Math.round(p * 10) / 10);
  const [plain, defended] = [await run(aModel().model, {}), await run(aModel(none, rounded).model, {})];
  expect(defended.posteriors).toEqual(rounded(plain.posteriors));
});

test("a model without gradients is refused", async () => {
  await expect(run({ ...aModel().model, network: null }, {})).rejects.toThrow(
    "it follows the gradients of a network, but the model is none; use another model or attack",
  );
});
