import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { type Training, trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import type { Engine } from "@shadowfarm/engine/engine";
import { expect, test } from "vitest";
import type { Lesson, Recipe } from "./lesson.ts";
import type { Layer } from "./network.ts";
import { predictedClasses, query } from "./query.ts";
import { type Trained, type TrainOptions, train, trainTogether } from "./train.ts";

const layers: Layer[] = [
  { kind: "dense", units: 8, activation: "tanh" },
  { kind: "dense", units: 3, activation: "linear" },
];

/** Three clusters in the plane, `records` points in all. */
function aTask(records: number) {
  const rng = createRng("clusters");
  const labels = Int32Array.from({ length: records }, (_, record) => record % 3);
  const centres = [0, 2, 1, 0, 3, 3];
  const features = Float32Array.from(
    { length: 2 * records },
    (_, at) => (centres[2 * (labels[at >> 1] as number) + (at % 2)] as number) + 0.3 * rng.normal(),
  );
  return { layers, inputShape: [2], classes: 3, features, labels };
}

/** Recipe, lesson and options, told apart from one object. */
function trainOn(
  engine: Engine,
  { features, labels, rng, onProgress, ...recipe }: Recipe & Lesson & Pick<TrainOptions, "onProgress">,
) {
  return train(engine, recipe, { features, labels, rng }, { onProgress });
}

const aTraining = (overrides: Partial<Training> = {}): Training =>
  trainingSchema.parse({ epochs: 15, batch: 8, learningRate: 0.02, ...overrides });

function unused(): never {
  throw new Error("not used here");
}

/** Notes which records each step takes, and computes nothing. */
function recordingEngine(): { engine: Engine; runs: { indices: number[]; batch: number }[] } {
  const runs: { indices: number[]; batch: number }[] = [];
  const engine: Engine = {
    name: "recording",
    packs: false,
    compileLoop: (program) => ({
      async run(indices, batch) {
        runs.push({ indices: [...indices], batch });
        return new Float32Array(indices.length / batch).fill(batch);
      },
      state: async () => ({ ...program.state }),
      dispose() {},
    }),
    compileFn: unused,
    compileStep: unused,
  };
  return { engine, runs };
}

test("learns, reports every epoch, and gives the same bits under the same seed", async () => {
  const engine = await openEngine("onnx");
  const task = aTask(30);
  const epochs: number[] = [];
  const options = { ...task, training: aTraining(), rng: createRng(5) };
  const trained = await trainOn(engine, { ...options, onProgress: ({ epoch }) => epochs.push(epoch) });
  expect(epochs).toEqual(Array.from({ length: 15 }, (_, at) => at + 1));
  expect(trained.losses.at(-1)).toBeLessThan(0.3 * (trained.losses[0] as number));

  const posteriors = await query(engine, { ...task, weights: trained.weights });
  expect(predictedClasses(posteriors, 3)).toEqual(task.labels);

  expect(await trainOn(engine, options)).toEqual(trained);
  expect(await trainOn(engine, { ...options, rng: createRng(6) })).not.toEqual(trained);
});

test("every epoch visits every record once, in a new order; the rest is a batch of its own", async () => {
  const { engine, runs } = recordingEngine();
  const { losses } = await trainOn(engine, { ...aTask(21), training: aTraining({ epochs: 2 }), rng: createRng(1) });
  expect(runs.map(({ indices, batch }) => [indices.length, batch])).toEqual([
    [16, 8],
    [5, 5],
    [16, 8],
    [5, 5],
  ]);
  const epochs = [runs.slice(0, 2), runs.slice(2)].map((epoch) => epoch.flatMap(({ indices }) => indices));
  for (const order of epochs)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, at) => at));
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(losses[0]).toBeCloseTo((16 * 8 + 5 * 5) / 21, 12);
});

test("fewer records than a batch are one batch", async () => {
  const { engine, runs } = recordingEngine();
  await trainOn(engine, { ...aTask(6), training: aTraining({ epochs: 1, batch: 100 }), rng: createRng(1) });
  expect(runs.map(({ batch }) => batch)).toEqual([6]);
});

test("the L2 penalty keeps kernels small and leaves biases alone", async () => {
  const engine = await openEngine("onnx");
  const norm = async (l2: number, part: string) => {
    const { weights } = await trainOn(engine, {
      ...aTask(30),
      training: aTraining({ l2, epochs: 30 }),
      rng: createRng(1),
    });
    const values = Object.entries(weights).flatMap(([name, { data }]) => (name.endsWith(part) ? [...data] : []));
    return values.reduce((sum, value) => sum + value ** 2, 0);
  };
  expect(await norm(1, "/kernel")).toBeLessThan(0.01 * (await norm(0, "/kernel")));
  expect(await norm(1, "/bias")).toBeGreaterThan(0);
});

test("a convolutional network learns, and the same on every engine", async () => {
  const small: Layer[] = [
    { kind: "conv", filters: 4, size: 3, padding: "same", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "conv", filters: 4, size: 3, padding: "valid", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", units: 2, activation: "linear" },
  ];
  const rng = createRng("bars");
  const labels = Int32Array.from({ length: 20 }, (_, record) => record % 2);
  // A bright row or a bright column, in noise.
  const features = Float32Array.from({ length: 20 * 64 }, (_, at) => {
    const [record, row, column] = [Math.floor(at / 64), Math.floor((at % 64) / 8), at % 8];
    return 0.3 * rng.uniform() + ((labels[record] === 0 ? row : column) === 2 + (record % 5) ? 0.7 : 0);
  });
  const options = { layers: small, inputShape: [8, 8, 1], classes: 2, features, labels, rng: createRng(1) };
  const training = aTraining({ epochs: 6 });
  const onnx = await trainOn(await openEngine("onnx"), { ...options, training });
  const cpu = await trainOn(await openEngine("cpu"), { ...options, training });
  expect(onnx.losses.at(-1)).toBeLessThan(0.8 * (onnx.losses[0] as number));
  for (const [epoch, loss] of onnx.losses.entries()) expect(loss).toBeCloseTo(cpu.losses[epoch] as number, 4);
});

test("dropout makes training differ, not the answers", async () => {
  const engine = await openEngine("onnx");
  const task = { ...aTask(30), layers: [{ kind: "dropout", rate: 0.5 } as const, ...layers] };
  const options = { ...task, training: aTraining({ epochs: 2 }), rng: createRng(1) };
  const { weights } = await trainOn(engine, options);
  expect((await trainOn(engine, { ...options, layers })).weights).not.toEqual(weights);
  expect(await query(engine, { ...task, weights })).toEqual(await query(engine, { ...task, layers, weights }));
});

/** Three kinds of noise, and a network with batch normalization in a residual block. */
function aNormalizedTask() {
  const rng = createRng("noise");
  const labels = Int32Array.from({ length: 22 }, (_, record) => record % 3);
  const features = Float32Array.from({ length: 22 * 48 }, (_, at) => {
    const label = labels[Math.floor(at / 48)] as number;
    return label + (0.2 + label) * rng.normal();
  });
  const norm: Layer = { kind: "batch-norm", activation: "leaky-relu" };
  const conv = (size: number): Layer => {
    return { kind: "conv", filters: 6, size, stride: 2, padding: "same", bias: false, activation: "linear" };
  };
  const layers: Layer[] = [
    norm,
    { kind: "residual", layers: [conv(3), norm], shortcut: [conv(1)] },
    { kind: "global-avg-pool" },
    { kind: "dense", units: 3, activation: "linear" },
  ];
  return { layers, inputShape: [4, 4, 3], classes: 3, features, labels };
}

test("moving statistics follow the batches, and neither penalty nor decay touches them", async () => {
  const task = aNormalizedTask();
  // One batch an epoch, so that after n of them they are 1 − 0.9ⁿ of the way to its moments.
  const training = aTraining({ epochs: 5, batch: 22, l2: 1, weightDecay: 1, learningRate: 0.1 });
  const { weights } = await trainOn(await openEngine("onnx"), { ...task, training, rng: createRng(1) });
  const channel = task.features.filter((_, at) => at % 3 === 1);
  const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
  const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (channel.length - 1);
  expect(weights["batch-norm1/moving-mean"]?.data[1]).toBeCloseTo((1 - 0.9 ** 5) * mean, 4);
  expect(weights["batch-norm1/moving-variance"]?.data[1]).toBeCloseTo(0.9 ** 5 + (1 - 0.9 ** 5) * variance, 4);
  for (const part of ["scale", "offset"]) {
    expect(weights[`batch-norm1/${part}`]?.data[1]).not.toBe(part === "scale" ? 1 : 0);
  }
});

test("with batch normalization: the same on every engine, the same bits again, and each answer its record's alone", async () => {
  const options = {
    ...aNormalizedTask(),
    training: aTraining({ epochs: 3, optimizer: "momentum" }),
    rng: createRng(1),
  };
  const onnx = await openEngine("onnx");
  const trained = await trainOn(onnx, options);
  expect(await trainOn(onnx, options)).toEqual(trained);
  for (const name of ["cpu", "wasm"] as const) {
    const { weights } = await trainOn(await openEngine(name), options);
    expect(Object.keys(weights)).toEqual(Object.keys(trained.weights));
    for (const [weight, { data }] of Object.entries(weights)) {
      for (const [at, value] of data.entries()) expect(trained.weights[weight]?.data[at]).toBeCloseTo(value, 5);
    }
  }
  const { weights } = trained;
  const all = await query(onnx, { ...options, weights });
  const alone = await query(onnx, { ...options, weights, features: options.features.slice(48, 96) });
  for (const [at, value] of alone.entries()) expect(value).toBeCloseTo(all[3 + at] as number, 6);
});

test("a last batch of one record has no variance of its own to go by", async () => {
  const { layers, ...task } = aTask(9);
  const normalizing: Layer[] = [{ kind: "batch-norm", activation: "linear" }, ...layers];
  const training = aTraining({ epochs: 1 });
  for (const name of ["onnx", "cpu"] as const) {
    const { weights } = await trainOn(await openEngine(name), {
      ...task,
      layers: normalizing,
      training,
      rng: createRng(1),
    });
    for (const value of weights["batch-norm1/moving-variance"]?.data ?? []) expect(value).toBeGreaterThan(0.9);
  }
});

test("impossible inputs are refused", async () => {
  const { engine } = recordingEngine();
  const options = { ...aTask(6), training: aTraining(), rng: createRng(1) };
  const refused = (overrides: Partial<typeof options>) => trainOn(engine, { ...options, ...overrides });
  await expect(refused({ features: new Float32Array(11) })).rejects.toThrow(
    "11 features are not 6 records of shape [2]",
  );
  await expect(refused({ features: new Float32Array(0), labels: new Int32Array(0) })).rejects.toThrow(InvalidInput);
  await expect(refused({ labels: Int32Array.of(0, 1, 2, 3, 0, 1) })).rejects.toThrow(
    "label 3 of record 3 is not in 0 … 2",
  );
});

test.each([
  { name: "onnx", digits: null },
  { name: "cpu", digits: 5 },
] as const)(
  "$name: models trained together are the models trained alone, to the bit where packs are used",
  async ({ name, digits }) => {
    const engine = await openEngine(name);
    const stack: Layer[] = [{ kind: "dropout", rate: 0.25 }, ...layers];
    const training = aTraining({ epochs: 3, l2: 0.01, clipNorm: 0.5, schedule: "cosine" });
    const recipe = { layers: stack, inputShape: [2], classes: 3, training };
    const lessons = [1, 2, 3, 4, 5].map((seed) => {
      const { features, labels } = aTask(21);
      return { features: features.map((value) => value * seed), labels, rng: createRng(seed) };
    });
    const alone: Trained[] = [];
    for (const lesson of lessons) alone.push(await train(engine, recipe, lesson, { asPack: true }));
    // In other company and at other places.
    for (const order of [
      [0, 1, 2, 3, 4],
      [3, 0],
      [4, 2, 1],
    ]) {
      const together = await trainTogether(
        engine,
        recipe,
        order.map((at) => lessons[at] as Lesson),
      );
      for (const [position, at] of order.entries()) {
        const [packed, own] = [together[position] as Trained, alone[at] as Trained];
        if (digits === null) expect(packed).toEqual(own);
        for (const [weight, { data }] of Object.entries(own.weights)) {
          for (const [index, value] of data.entries()) {
            expect(packed.weights[weight]?.data[index]).toBeCloseTo(value, digits ?? 5);
          }
        }
      }
    }
  },
);

test("models with unequally many records cannot be trained together", async () => {
  const { engine } = recordingEngine();
  const recipe = { layers, inputShape: [2], classes: 3, training: aTraining() };
  const lessons = [21, 20].map((records) => ({ ...aTask(records), rng: createRng(1) }));
  await expect(trainTogether(engine, recipe, lessons)).rejects.toThrow(
    "models trained together need equally many records, not 21 and 20",
  );
});

test("with ONNX Runtime's internal image layout and without it, the same weights are learnt", async () => {
  const images: Layer[] = [
    { kind: "conv", filters: 16, size: 3, padding: "same", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "conv", filters: 16, size: 3, padding: "valid", activation: "relu" },
    { kind: "flatten" },
    { kind: "dense", units: 2, activation: "linear" },
  ];
  const rng = createRng("noise");
  const recipe = { layers: images, inputShape: [8, 8, 3], classes: 2, training: aTraining({ epochs: 2 }) };
  const lesson = {
    features: Float32Array.from({ length: 16 * 192 }, () => rng.uniform()),
    labels: Int32Array.from({ length: 16 }, (_, record) => record % 2),
    rng,
  };
  const [blocked, plain] = [
    await train(await openEngine("onnx", { nchwc: true }), recipe, lesson),
    await train(await openEngine("onnx", { nchwc: false }), recipe, lesson),
  ];
  for (const [name, { data }] of Object.entries(plain.weights)) {
    for (const [at, value] of data.entries()) expect(blocked.weights[name]?.data[at]).toBeCloseTo(value, 5);
  }
});
