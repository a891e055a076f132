import { Cancelled, TrainingDiverged } from "@shadowfarm/core/errors";
import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { engineNames, openEngine } from "./backends.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { Engine, LoopProgram, Optimizer } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

const records = 12;

/** Least squares: y = 2·x₀ − x₁ + 0.5, in 12 records. */
function aProgram(overrides: Partial<LoopProgram> = {}): LoopProgram {
  const x = uniformNumbers(1, 0, 0, 2 * records);
  const y = Float32Array.from(
    { length: records },
    (_, at) => 2 * (x[2 * at] as number) - (x[2 * at + 1] as number) + 0.5,
  );
  return {
    weights: {
      slope: { shape: [2, 1], data: Float32Array.of(0.1, -0.2) },
      offset: { shape: [1], data: Float32Array.of(0) },
    },
    data: { x: { shape: [records, 2], data: x }, y: { shape: [records, 1], data: y } },
    optimizer: { name: "sgd", learningRate: 0.1 },
    seed: 1,
    loss: ({ slope, offset }, { x, y }) => {
      const tf = tfjs();
      const predicted = tf.add(tf.matMul(x as tfTypes.Tensor, slope as tfTypes.Tensor), offset as tfTypes.Tensor);
      return tf.mean(tf.square(tf.sub(predicted, y as tfTypes.Tensor)));
    },
    ...overrides,
  };
}

/** Indices of `steps` batches of 4. */
function batches(steps: number): Uint32Array {
  return Uint32Array.from({ length: 4 * steps }, (_, at) => (7 * at) % records);
}

async function trained(engine: Engine, program: LoopProgram, steps: number) {
  const loop = engine.compileLoop(program);
  try {
    return { losses: await loop.run(batches(steps), 4), weights: await loop.weights() };
  } finally {
    loop.dispose();
  }
}

test.each(engineNames)("%s: one step of gradient descent is what it is by hand", async (name) => {
  const program = aProgram();
  const { losses, weights } = await trained(await openEngine(name), program, 1);
  const [x, y] = [program.data.x?.data, program.data.y?.data] as [Float32Array, Float32Array];
  let loss = 0;
  let gradient = [0, 0, 0];
  for (const row of batches(1)) {
    const [x0, x1] = x.subarray(2 * row, 2 * row + 2) as unknown as [number, number];
    const error = 0.1 * x0 - 0.2 * x1 - (y[row] as number);
    loss += error ** 2 / 4;
    gradient = [x0, x1, 1].map((input, at) => (gradient[at] as number) + (2 * error * input) / 4);
  }
  const [forSlope0, forSlope1, forOffset] = gradient as [number, number, number];
  expect(losses[0]).toBeCloseTo(loss, 6);
  expect(weights.slope?.shape).toEqual([2, 1]);
  expect(weights.slope?.data[0]).toBeCloseTo(0.1 - 0.1 * forSlope0, 6);
  expect(weights.slope?.data[1]).toBeCloseTo(-0.2 - 0.1 * forSlope1, 6);
  expect(weights.offset?.data[0]).toBeCloseTo(-0.1 * forOffset, 6);
});

const optimizers: Optimizer[] = [
  { name: "sgd", learningRate: 0.3 },
  { name: "momentum", learningRate: 0.05 },
  { name: "adam", learningRate: 0.05 },
  { name: "rmsprop", learningRate: 0.02 },
];

test.each(optimizers)("$name: learns, the same on every engine, and twice the same to the bit", async (optimizer) => {
  const [wasm, cpu] = [await openEngine("wasm"), await openEngine("cpu")];
  const first = await trained(wasm, aProgram({ optimizer }), 60);
  expect(first.losses.at(-1)).toBeLessThan((first.losses[0] as number) / 2);
  expect(await trained(wasm, aProgram({ optimizer }), 60)).toEqual(first);
  const other = await trained(cpu, aProgram({ optimizer }), 60);
  for (const [step, loss] of first.losses.entries()) expect(loss).toBeCloseTo(other.losses[step] as number, 5);
});

test.each(engineNames)("%s: no tensor is left over, neither between runs nor in the end", async (name) => {
  const engine = await openEngine(name);
  const tf = tfjs();
  const before = tf.memory().numTensors;
  for (const optimizer of optimizers) {
    const loop = engine.compileLoop(aProgram({ optimizer }));
    await loop.run(batches(3), 4);
    const between = tf.memory().numTensors;
    for (let round = 0; round < 3; round++) await loop.run(batches(3), 4);
    await loop.weights();
    expect(tf.memory().numTensors).toBe(between);
    loop.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }
  const fn = engine.compileFn(aProgram().weights, ({ slope }, x) => tf.matMul(x, slope as tfTypes.Tensor));
  await fn.run({ shape: [3, 2], data: new Float32Array(6) });
  fn.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test("a loss that is not finite names its exact step, learning rate and last finite loss", async () => {
  const engine = await openEngine("wasm");
  const tf = tfjs();
  const before = tf.memory().numTensors;
  const loop = engine.compileLoop(
    aProgram({
      // The square root of −1 once, in the third step.
      loss: ({ slope, offset }, _, { uniform }) => {
        const isThird = uniform([1]).dataSync()[0] === uniformNumbers(1, 2, 0, 1)[0];
        const level = tf.add(tf.sum(tf.mul(slope as tfTypes.Tensor, 0)), tf.sum(tf.mul(offset as tfTypes.Tensor, 0)));
        return tf.sqrt(tf.add(level, isThird ? -1 : 4));
      },
    }),
  );
  await loop.run(batches(1), 4);
  const error = await loop.run(batches(40), 4).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TrainingDiverged);
  expect(error).toMatchObject({ step: 2, learningRate: 0.1, lastFiniteLoss: 2 });
  loop.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test("an aborted signal ends a run, and the event loop gets its turns", async () => {
  const loop = (await openEngine("wasm")).compileLoop(aProgram());
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  await expect(loop.run(batches(100_000), 4, controller.signal)).rejects.toBeInstanceOf(Cancelled);
  loop.dispose();
});

test("uniform numbers follow from seed, step and call", async () => {
  const drawn: number[][] = [];
  const engine = await openEngine("wasm");
  await trained(
    engine,
    aProgram({
      seed: 9,
      loss: ({ slope, offset }, _, { uniform }) => {
        const tf = tfjs();
        drawn.push([...uniform([2, 2]).dataSync()], [...uniform([3]).dataSync()]);
        return tf.add(tf.sum(tf.square(slope as tfTypes.Tensor)), tf.sum(tf.square(offset as tfTypes.Tensor)));
      },
    }),
    2,
  );
  const expected = [
    uniformNumbers(9, 0, 0, 4),
    uniformNumbers(9, 0, 1, 3),
    uniformNumbers(9, 1, 0, 4),
    uniformNumbers(9, 1, 1, 3),
  ];
  expect(drawn).toEqual(expected.map((numbers) => [...numbers]));
});

test("indices outside the data, or not in whole batches, are refused", async () => {
  const loop = (await openEngine("wasm")).compileLoop(aProgram());
  await expect(loop.run(Uint32Array.of(0, 1, 2, 12), 4)).rejects.toThrow("row 12 of 12 records");
  await expect(loop.run(Uint32Array.of(0, 1, 2), 2)).rejects.toThrow(
    "3 indices are not a whole number of batches of 2",
  );
  loop.dispose();
});

test.each(engineNames)("%s: inference over more rows than one batch holds keeps their order", async (name) => {
  const engine = await openEngine(name);
  const rows = 2 ** 18 + 100;
  const data = Float32Array.from({ length: rows }, (_, row) => row + 1);
  const fn = engine.compileFn({ factor: { shape: [1, 2], data: Float32Array.of(1, -2) } }, ({ factor }, x) =>
    tfjs().matMul(x, factor as tfTypes.Tensor),
  );
  const output = await fn.run({ shape: [rows, 1], data });
  fn.dispose();
  expect(output.shape).toEqual([rows, 2]);
  for (const row of [0, 1, 2 ** 18 - 1, 2 ** 18, rows - 1]) {
    expect([...output.data.subarray(2 * row, 2 * row + 2)]).toEqual([row + 1, -2 * (row + 1)]);
  }
});
