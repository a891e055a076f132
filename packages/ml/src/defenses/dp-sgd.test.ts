import { epsilonSpent } from "@shadowfarm/core/accountant";
import { epsilonBounds } from "@shadowfarm/core/audit";
import { createRng } from "@shadowfarm/core/rng";
import { type Training, trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { describe, expect, test } from "vitest";
import type { Built, School } from "../defense.ts";
import type { Layer } from "../network.ts";
import { query } from "../query.ts";
import { train } from "../train.ts";
import { aDefended } from "./defended.fixture.ts";
import { dpSgd } from "./dp-sgd.ts";

const engine = await openEngine("onnx");
const [classes, width, side] = [4, 30, 300];
const layers: Layer[] = [
  { kind: "dense", units: 24, activation: "relu" },
  { kind: "dense", units: classes, activation: "linear" },
];

/** Members and non-members with labels at random: a model can know only by heart which one a record has. */
function aSchool(given: Partial<Training> = {}, seed = 1) {
  const rng = createRng(`dp-sgd/${seed}`);
  const features = Float32Array.from({ length: 2 * side * width }, () => rng.int(2));
  const labels = Int32Array.from({ length: 2 * side }, () => rng.int(classes));
  const training = trainingSchema.parse({ epochs: 20, batch: 50, learningRate: 0.02, ...given });
  const school: School = {
    engine,
    recipe: { layers, inputShape: [width], classes, training },
    lesson: { features: features.slice(0, side * width), labels: labels.slice(0, side), rng: createRng(seed) },
    reference: { features: new Float32Array(), labels: new Int32Array() },
    random: async () => new Float32Array(),
  };
  return { school, features, labels };
}

const paramsOf = (given: Record<string, number>) => dpSgd.params.parse(given);
const built = (school: School, given: Record<string, number>) =>
  dpSgd.build?.(school, paramsOf(given)) as Promise<Built>;

/** The larger of the two lower bounds on ε that confidence in the true class shows. */
async function shownBy({ model }: Pick<Built, "model">, { features, labels }: ReturnType<typeof aSchool>) {
  if (!("weights" in model)) throw new Error("it is no network");
  const posteriors = await query(engine, { ...model, inputShape: [width], features });
  const scores = Float64Array.from(labels, (label, record) => posteriors[record * classes + label] as number);
  const { clopperPearson, oneRun } = epsilonBounds(
    scores,
    Uint8Array.from(labels, (_, record) => Number(record < side)),
  );
  return Math.max(clopperPearson, oneRun);
}

describe("no attack shows more ε than the accountant says was spent", () => {
  test.each([
    [{ epsilon: 0.3 }, {}],
    [
      { epsilon: 1, clip: 0.1 },
      { optimizer: "sgd", learningRate: 5 },
    ],
    [{ epsilon: 3 }, { batch: side, epochs: 60 }],
    [{ noiseMultiplier: 0.8, clip: 3 }, { batch: 20 }],
    [{ epsilon: 20 }, { epochs: 60 }],
  ] as const)("%o, %o", async (params, training) => {
    const lesson = aSchool(training);
    const made = await built(lesson.school, params);
    const spent = made.privacy?.epsilon as number;
    if ("epsilon" in params) {
      expect(spent).toBeLessThanOrEqual(params.epsilon);
      expect(spent).toBeGreaterThan(params.epsilon * 0.98);
    }
    const shown = await shownBy(made, lesson);
    expect(shown).toBeLessThanOrEqual(spent);
    expect(made.losses.every(Number.isFinite)).toBe(true);
  });

  test("without privacy, these records show more than most of that", async () => {
    const lesson = aSchool({ epochs: 60 });
    const { recipe } = lesson.school;
    const { weights } = await train(engine, recipe, lesson.school.lesson);
    expect(await shownBy({ model: { layers, weights } }, lesson)).toBeGreaterThan(1);
  });
});

test("what is spent follows from the steps, the share drawn in each, and the noise", async () => {
  const { school } = aSchool({ epochs: 3, batch: 70 });
  const { privacy } = await built(school, { noiseMultiplier: 1.1, delta: 1e-4, epsilon: 0.001 });
  const training = { records: side, batch: 70, epochs: 3, noiseMultiplier: 1.1, delta: 1e-4 };
  expect(privacy).toEqual({ epsilon: epsilonSpent(training), delta: 1e-4, noiseMultiplier: 1.1 });
});

describe("refused when it is planned", () => {
  const check = (defended: Parameters<typeof aDefended>[0], params: Record<string, number> = {}) =>
    dpSgd.check?.(aDefended({ side: 1000, ...defended }), paramsOf(params));

  test("a batch-norm, in a block too", () => {
    const norm: Layer = { kind: "batch-norm", activation: "relu" };
    expect(() => check({ layers: [{ kind: "dense", units: 2, activation: "linear" }, norm] })).toThrow(
      "under batch-norm a record's gradient depends on the others of its batch; use a model without it",
    );
    expect(() => check({ layers: [{ kind: "residual", layers: [norm], shortcut: [] }] })).toThrow("batch-norm");
  });

  test("batches larger than the members, and a δ that would give one away", () => {
    expect(() => check({ side: 99 })).toThrow(
      "draws 100 of the members on average, but there are 99; lower training.batch",
    );
    expect(() => check({}, { delta: 0.001 })).toThrow("δ is 0.001, but must be positive and below 1 / 1000 records");
  });

  test("an ε that no noise reaches, or that is not positive", () => {
    expect(() => check({}, { epsilon: 1e-6 })).toThrow("ε is 0.000001, which no noise reaches at δ = 0.00001; raise ε");
    expect(() => paramsOf({ epsilon: 0 })).toThrow();
    expect(() => paramsOf({ clip: 0 })).toThrow();
  });

  test("nothing else: dropout, blocks and strides are fine", () => {
    const conv: Layer = {
      kind: "conv",
      filters: 2,
      size: 3,
      stride: 2,
      padding: "same",
      bias: false,
      activation: "relu",
    };
    const all: Layer[] = [
      conv,
      { kind: "residual", layers: [conv], shortcut: [conv] },
      { kind: "flatten" },
      { kind: "dropout", rate: 0.5 },
      { kind: "dense", units: 2, activation: "linear" },
    ];
    expect(() => check({ layers: all, input: { kind: "image", shape: [8, 8, 1], low: 0, high: 1 } })).not.toThrow();
  });
});
