import { createRng } from "@shadowfarm/core/rng";
import { type Training, trainingSchema } from "@shadowfarm/core/training";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { openEngine } from "@shadowfarm/engine/backends";
import type { ArrayValue, Engine } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { trainingProgram, weightsOf } from "@shadowfarm/engine/training";
import type * as tfTypes from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { Lesson, Recipe } from "./lesson.ts";
import { crossEntropy } from "./loss.ts";
import { cnn } from "./models/cnn.ts";
import { forward, initialize, type Layer, type Weights } from "./network.ts";
import { filledUp, type Mechanism, poissonBatch, privateProgram, trainPrivately } from "./private-training.ts";
import { programFor, targetsOf } from "./training-program.ts";

const [onnx, cpu] = [await openEngine("onnx"), await openEngine("cpu")];
const classes = 3;
const silent = { clip: 1e3, noiseMultiplier: 1e-12 };

const dense: Layer[] = [
  { kind: "dense", units: 8, activation: "tanh" },
  { kind: "dense", units: classes, activation: "linear" },
];
const image = { kind: "image", shape: [14, 14, 2], low: 0, high: 1 } as const;
const small = cnn.layers(image, classes, { filters: 4, size: 5, hidden: 6 });
const block: Layer[] = [
  { kind: "conv", filters: 3, size: 3, stride: 2, padding: "valid", bias: false, activation: "leaky-relu" },
  {
    kind: "residual",
    layers: [
      { kind: "conv", filters: 4, size: 3, stride: 2, padding: "same", activation: "relu" },
      { kind: "conv", filters: 4, size: 3, padding: "same", activation: "linear" },
    ],
    shortcut: [{ kind: "conv", filters: 4, size: 1, stride: 2, padding: "same", activation: "linear" }],
  },
  { kind: "global-avg-pool" },
  { kind: "dense", units: classes, activation: "linear" },
];

function aRecipe(layers: readonly Layer[], inputShape: readonly number[], training: Partial<Training> = {}): Recipe {
  return { layers, inputShape, classes, training: trainingSchema.parse({ optimizer: "sgd", l2: 0, ...training }) };
}

function aLesson({ inputShape }: Recipe, records: number, seed = 1): Lesson {
  const rng = createRng(`lesson/${seed}`);
  return {
    features: Float32Array.from({ length: records * sizeOf(inputShape) }, () => rng.uniform() - 0.5),
    labels: Int32Array.from({ length: records }, () => rng.int(classes)),
    rng: createRng(seed),
  };
}

const startOf = ({ layers, inputShape }: Recipe, { rng }: Lesson): Weights =>
  initialize(layers, inputShape, classes, rng.child("weights"));

/** What one step on these rows adds up before it divides: of SGD, whose learning rate is the batch that it divides by. */
async function sumOfStep(engine: Engine, recipe: Recipe, lesson: Lesson, mechanism: Mechanism, rows: number[]) {
  const loop = engine.compileLoop(trainingProgram(privateProgram(recipe, lesson, mechanism)));
  const settings = { learningRate: recipe.training.batch };
  const [loss] = await loop.run(Uint32Array.from(rows), rows.length, { settings });
  const after = await loop.state();
  loop.dispose();
  const sums = Object.entries(startOf(recipe, lesson)).map(([name, { data }]): [string, Float32Array] => [
    name,
    data.map((value, at) => value - (after[name]?.data[at] as number)),
  ]);
  return { loss: loss as number, sums: Object.fromEntries(sums) };
}

/** The same from one record after another, with TF.js's own gradients. */
async function sumOneByOne(recipe: Recipe, lesson: Lesson, clip: number, rows: number[]) {
  const tf = tfjs();
  await tf.setBackend("cpu");
  const start = Object.entries(startOf(recipe, lesson));
  const width = sizeOf(recipe.inputShape);
  const targets = targetsOf(lesson, classes);
  const sums = Object.fromEntries(start.map(([name, { data }]) => [name, new Float64Array(data.length)]));
  const norms: number[] = [];
  for (const row of rows) {
    const gradients = tf.tidy(() => {
      const x = tf.tensor(lesson.features.slice(row * width, (row + 1) * width), [1, ...recipe.inputShape]);
      const y = tf.tensor2d(targets.slice(row * classes, (row + 1) * classes), [1, classes]);
      const loss = (...given: tfTypes.Tensor[]) => {
        const weights = Object.fromEntries(start.map(([name], at) => [name, given[at] as tfTypes.Tensor]));
        return crossEntropy(forward(recipe.layers, weights, x, { training: false }), y) as tfTypes.Scalar;
      };
      const made = tf.grads(loss)(start.map(([, { shape, data }]) => tf.tensor(data, [...shape])));
      return made.map((gradient) => gradient.dataSync() as Float32Array) as unknown as tfTypes.TensorContainer;
    }) as unknown as Float32Array[];
    const norm = Math.sqrt(gradients.reduce((sum, numbers) => numbers.reduce((all, one) => all + one * one, sum), 0));
    norms.push(norm);
    start.forEach(([name], at) => {
      const sum = sums[name] as Float64Array;
      for (const [place, value] of (gradients[at] ?? []).entries()) {
        sum[place] = (sum[place] as number) + value * Math.min(1, clip / norm);
      }
    });
  }
  return { sums, norms };
}

function expectNear(
  got: Readonly<Record<string, ArrayLike<number>>>,
  wanted: Readonly<Record<string, ArrayLike<number>>>,
  within = 1e-5,
) {
  for (const [name, values] of Object.entries(wanted)) {
    const most = Math.max(...Array.from(values, (value, at) => Math.abs((got[name]?.[at] as number) - value)));
    expect(most, name).toBeLessThan(within);
  }
}

const dataOf = (weights: Readonly<Record<string, ArrayValue>>) =>
  Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data]));

describe.each([
  { net: "dense", recipe: aRecipe(dense, [20]) },
  { net: "cnn", recipe: aRecipe(small, image.shape) },
  { net: "strided and residual", recipe: aRecipe(block, image.shape) },
])("$net", ({ recipe }) => {
  const lesson = aLesson(recipe, 6);
  const rows = [0, 2, 3, 5];

  test.each([1e3, 1, 0.1])("a step's sum is that of the records one by one, each clipped to %d", async (clip) => {
    const { sums, norms } = await sumOneByOne(recipe, lesson, clip, rows);
    if (clip === 0.1) expect(Math.min(...norms)).toBeGreaterThan(clip);
    for (const engine of [onnx, cpu]) {
      const step = await sumOfStep(engine, recipe, lesson, { clip, noiseMultiplier: 0 }, rows);
      expectNear(step.sums, sums);
    }
  });

  test("compiled, with noise, it is what cpu makes of it", async () => {
    const mechanism = { clip: 0.5, noiseMultiplier: 1 };
    const [one, other] = [
      await sumOfStep(onnx, recipe, lesson, mechanism, rows),
      await sumOfStep(cpu, recipe, lesson, mechanism, rows),
    ];
    expectNear(one.sums, other.sums);
    expect(one.loss).toBeCloseTo(other.loss, 5);
  });

  test("rows that fill a batch up add nothing", async () => {
    const mechanism = { clip: 0.5, noiseMultiplier: 0 };
    const plain = await sumOfStep(onnx, recipe, lesson, mechanism, rows);
    const filled = await sumOfStep(onnx, recipe, lesson, mechanism, [...filledUp([rows], 7, 6)]);
    expectNear(filled.sums, plain.sums, 1e-6);
    expect(filled.loss).toBeCloseTo(plain.loss, 5);
  });
});

test("the noise has the deviation that was asked for, in every weight by itself", async () => {
  const recipe = aRecipe([{ kind: "dense", units: classes, activation: "linear" }], [20_000]);
  const lesson = aLesson(recipe, 1);
  const mechanism = { clip: 0.7, noiseMultiplier: 1.3 };
  const { sums, loss } = await sumOfStep(onnx, recipe, lesson, mechanism, [1, 1]);
  expect(loss).toBe(0);
  const noise = Float64Array.from(sums["dense1/kernel"] as Float32Array, (value) => value / (0.7 * 1.3));
  const moment = (power: number) => noise.reduce((sum, value) => sum + value ** power, 0) / noise.length;
  // Five standard errors of 60,000 normals.
  expect(Math.abs(moment(1))).toBeLessThan(0.021);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.029);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  const half = noise.length / 2;
  const together =
    noise.slice(0, half).reduce((sum, value, at) => sum + value * (noise[at + half] as number), 0) / half;
  expect(Math.abs(together)).toBeLessThan(0.029);
});

describe("without clipping and noise", () => {
  const layers: Layer[] = [{ kind: "dropout", rate: 0.3 }, ...dense];

  test.each<Partial<Training>>([
    { optimizer: "sgd", l2: 0.01, l1: 0.001 },
    { optimizer: "adam" },
    { optimizer: "adamw", weightDecay: 0.1, clipNorm: 0.05 },
  ])("full batches take the steps of a training that is not private: %o", async (given) => {
    const recipe = aRecipe(layers, [20], { batch: 12, ...given });
    const lesson = aLesson(recipe, 12);
    const programs = [
      programFor(recipe, [lesson], null, startOf(recipe, lesson)),
      privateProgram(recipe, lesson, silent),
    ];
    const [plain, hidden] = await Promise.all(
      programs.map(async (program) => {
        const loop = onnx.compileLoop(trainingProgram(program));
        const rows = Uint32Array.from({ length: 5 * 12 }, (_, at) => at % 12);
        const losses = await loop.run(rows, 12, { settings: { learningRate: 0.01 } });
        const state = dataOf(weightsOf(program, await loop.state()));
        loop.dispose();
        return { losses, state };
      }),
    );
    expectNear(hidden?.state ?? {}, plain?.state ?? {});
    if (given.l1 === undefined) expectNear({ losses: hidden?.losses ?? [] }, { losses: plain?.losses ?? [] });
  });

  test("Poisson batches take the steps of the sums of their gradients, over the batch size expected", async () => {
    const recipe = aRecipe(dense, [20], { epochs: 4, batch: 5, learningRate: 0.3 });
    const lesson = aLesson(recipe, 23);
    const hidden = await trainPrivately(onnx, recipe, lesson, silent);
    const loop = onnx.compileLoop(trainingProgram(programFor(recipe, [lesson], null, startOf(recipe, lesson))));
    const stepsOf = [5, 5, 4, 5]; // ⌈23 / 5⌉, ⌈46 / 5⌉ − 5, …
    let sizes = 0;
    for (const [epoch, steps] of stepsOf.entries()) {
      const rng = lesson.rng.child("epoch", epoch);
      for (let step = 0; step < steps; step++) {
        const rows = poissonBatch(23, 5 / 23, rng);
        sizes += rows.length;
        const settings = { learningRate: (0.3 * rows.length) / 5 };
        if (rows.length > 0) await loop.run(Uint32Array.from(rows), rows.length, { settings });
      }
    }
    expect(sizes).toBeGreaterThan(60);
    expectNear(dataOf(hidden.weights), dataOf(await loop.state()));
    loop.dispose();
  });
});

test("every record is drawn as often, by itself", () => {
  const rng = createRng("poisson");
  const [records, rate, draws] = [20, 0.15, 20_000];
  const counts = new Float64Array(records);
  let [pairs, squares] = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const batch = poissonBatch(records, rate, rng);
    for (const record of batch) counts[record] = (counts[record] as number) + 1;
    if (batch.includes(7) && batch.includes(8)) pairs++;
    squares += (batch.length - records * rate) ** 2;
  }
  // Five standard errors.
  const error = 5 * Math.sqrt((rate * (1 - rate)) / draws);
  for (const count of counts) expect(Math.abs(count / draws - rate)).toBeLessThan(error);
  expect(Math.abs(pairs / draws - rate ** 2)).toBeLessThan(5 * Math.sqrt((rate ** 2 * (1 - rate ** 2)) / draws));
  expect(Math.abs(squares / draws / (records * rate * (1 - rate)) - 1)).toBeLessThan(0.06);
  expect(poissonBatch(4, 1, rng)).toEqual([0, 1, 2, 3]);
});

test("the same seed trains the same model, and steps leave no tensor behind", async () => {
  const recipe = aRecipe(dense, [20], { epochs: 2, batch: 4 });
  const lesson = aLesson(recipe, 12);
  const mechanism = { clip: 1, noiseMultiplier: 1 };
  const tf = tfjs();
  const before = tf.memory().numTensors;
  const [one, other] = [
    await trainPrivately(cpu, recipe, lesson, mechanism),
    await trainPrivately(cpu, recipe, lesson, mechanism),
  ];
  expect(one).toEqual(other);
  expect(tf.memory().numTensors).toBe(before);
});
