import { Cancelled, TrainingDiverged } from "@shadowfarm/core/errors";
import type * as tfTypes from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { engineNames, tryEngine } from "./backends.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { ArrayValue, Engine, StepContext, Tensors } from "./engine.ts";
import { WrongArray } from "./errors.ts";
import type { Optimizer } from "./optimizers.ts";
import { tfjs } from "./tfjs.ts";
import { type ByLoss, type Descent, trainingProgram, weightsOf } from "./training.ts";

// The contract of an engine, held against every one that runs on this machine.

const tried = await Promise.all(engineNames.map((name) => tryEngine(name)));
const engines = tried.flatMap(({ engine }) => (engine ? [engine] : []));
const [reference] = engines.filter(({ name }) => name === "cpu") as [Engine];

const records = 12;
const batch = 4;

/** Least squares: y = 2·x₀ − x₁ + 0.5, in 12 records. */
type LossProgram = Descent & ByLoss;

function aProgram(overrides: Partial<LossProgram> = {}): LossProgram {
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
    optimizer: { name: "sgd" },
    seed: 1,
    loss: ({ slope, offset }, { x, y }) => {
      const tf = tfjs();
      const predicted = tf.add(tf.matMul(x as tfTypes.Tensor, slope as tfTypes.Tensor), offset as tfTypes.Tensor);
      return tf.mean(tf.square(tf.sub(predicted, y as tfTypes.Tensor)));
    },
    ...overrides,
  };
}

/** Indices of `steps` batches. */
function batches(steps: number): Uint32Array {
  return Uint32Array.from({ length: batch * steps }, (_, at) => (7 * at) % records);
}

async function trained(engine: Engine, program: LossProgram, steps: number, learningRate = 0.05) {
  const loop = engine.compileLoop(trainingProgram(program));
  try {
    const losses = await loop.run(batches(steps), batch, { settings: { learningRate } });
    return { losses, weights: weightsOf(program, await loop.state()) };
  } finally {
    loop.dispose();
  }
}

function expectClose(actual: Record<string, ArrayValue>, expected: Record<string, ArrayValue>, tolerance = 1e-5): void {
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]?.shape).toEqual(shape);
    for (const [at, value] of data.entries()) {
      const difference = Math.abs((actual[name]?.data[at] as number) - value);
      expect(difference, `${name}[${at}]`).toBeLessThanOrEqual(tolerance);
    }
  }
}

test("the compiler and TF.js's own backends run everywhere", () => {
  expect(engines.map(({ name }) => name)).toEqual(expect.arrayContaining(["onnx", "wasm", "cpu"]));
});

const optimizers: Optimizer[] = [
  { name: "sgd" },
  { name: "momentum" },
  { name: "momentum", momentum: 0.5, weightDecay: 0.1 },
  { name: "adam" },
  { name: "adamw", weightDecay: 0.1 },
  { name: "rmsprop" },
];

describe.each(engines)("$name", (engine) => {
  test("one step of gradient descent is what it is by hand", async () => {
    const program = aProgram();
    const { losses, weights } = await trained(engine, program, 1, 0.1);
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
    const slope = { shape: [2, 1], data: Float32Array.of(0.1 - 0.1 * forSlope0, -0.2 - 0.1 * forSlope1) };
    const offset = { shape: [1], data: Float32Array.of(-0.1 * forOffset) };
    expectClose(weights, { slope, offset }, 1e-6);
  });

  test.each(optimizers)("learns by $name, as TF.js `cpu` does, and twice the same to the bit", async (optimizer) => {
    const first = await trained(engine, aProgram({ optimizer }), 60);
    expect(first.losses.at(-1)).toBeLessThan((first.losses[0] as number) / 2);
    expect(await trained(engine, aProgram({ optimizer }), 60)).toEqual(first);
    expectClose(first.weights, (await trained(reference, aProgram({ optimizer }), 60)).weights);
  });

  test("a run may be cut anywhere, and go on from a saved state", async () => {
    const program = aProgram({ optimizer: { name: "adam" }, loss: noisy });
    const whole = await trained(engine, program, 30);
    const first = engine.compileLoop(trainingProgram(program));
    const options = { settings: { learningRate: 0.05 } };
    const start = [await first.run(batches(7), batch, options)];
    const saved = await first.state();
    first.dispose();
    const made = trainingProgram({ ...program, stepsDone: 7 });
    const rest = engine.compileLoop({ ...made, state: saved });
    start.push(await rest.run(batches(30).subarray(7 * batch), batch, options));
    expect(weightsOf(program, await rest.state())).toEqual(whole.weights);
    rest.dispose();
    expect([...(start[0] ?? []), ...(start[1] ?? [])]).toEqual([...whole.losses]);
  });

  test("the learning rate may change at every step", async () => {
    const loop = engine.compileLoop(trainingProgram(aProgram()));
    const learningRate = Float64Array.of(0.1, 0, 0);
    const losses = await loop.run(
      Uint32Array.from({ length: 12 }, (_, at) => at % 4),
      batch,
      { settings: { learningRate } },
    );
    loop.dispose();
    expect(losses[1]).toBeLessThan(losses[0] as number);
    expect(losses[2]).toBe(losses[1]);
  });

  test("a long gradient is clipped to its bound, a short one left alone", async () => {
    const moved = async (clipNorm: number) => {
      const program = aProgram({ clipNorm });
      const { weights } = await trained(engine, program, 1, 1);
      const names = ["slope", "offset"];
      return Math.hypot(
        ...names.flatMap((name) => [
          ...(weights[name]?.data.map((value, at) => value - (program.weights[name]?.data[at] as number)) ?? []),
        ]),
      );
    };
    expect(await moved(0.01)).toBeCloseTo(0.01, 6);
    expect(await moved(1e6)).toBeGreaterThan(0.5);
  });

  test("several models trained as one are the models trained alone", async () => {
    const seeds = [3, 4, 5];
    const slopes = seeds.map((seed) => Float32Array.from(uniformNumbers(seed, 0, 0, 2)));
    const alone = await Promise.all(
      seeds.map((seed, at) => {
        const slope = { shape: [2, 1], data: slopes[at] as Float32Array };
        const weights = { slope, offset: { shape: [1], data: new Float32Array(1) } };
        return trained(
          engine,
          aProgram({ seed, weights, loss: noisy, clipNorm: 0.5, optimizer: { name: "adam" } }),
          20,
        );
      }),
    );
    const program = aProgram({
      seed: seeds,
      weights: {
        slope: { shape: [3, 2, 1], data: Float32Array.from(slopes.flatMap((slope) => [...slope])) },
        offset: { shape: [3, 1, 1], data: new Float32Array(3) },
      },
      clipNorm: 0.5,
      optimizer: { name: "adam" },
      loss: (weights, { x, y }, context) => {
        const tf = tfjs();
        // The same rows for every model, as an axis of its own.
        const each = (rows: tfTypes.Tensor | undefined) => tf.tile(tf.expandDims(rows as tfTypes.Tensor), [3, 1, 1]);
        return tf.mean(squaredErrors(weights, { x: each(x), y: each(y) }, context), [1, 2]);
      },
    });
    const { losses, weights } = await trained(engine, program, 20);
    alone.forEach((one, at) => {
      expectClose(
        { slope: { shape: [2, 1], data: weights.slope?.data.slice(2 * at, 2 * at + 2) as Float32Array } },
        { slope: one.weights.slope as ArrayValue },
        1e-6,
      );
      for (const [step, loss] of one.losses.entries()) expect(losses[3 * step + at]).toBeCloseTo(loss, 5);
    });
  });

  test("the loss is given weights, state and nothing of the optimizer", async () => {
    const seen = new Set<string>();
    const program = aProgram({
      optimizer: { name: "adam" },
      loss: (weights, data, context) => {
        for (const name of Object.keys(weights)) seen.add(name);
        return aProgram().loss(weights, data, context);
      },
    });
    await trained(engine, program, 1);
    expect([...seen]).toEqual(["slope", "offset"]);
  });

  test("what the loss carries along is kept from step to step", async () => {
    const program = aProgram({
      state: { count: { shape: [2], data: Float32Array.of(0, 10) } },
      loss: (weights, data, context) => ({
        loss: aProgram().loss(weights, data, context) as tfTypes.Tensor,
        state: { count: tfjs().add(weights.count as tfTypes.Tensor, 1) },
      }),
    });
    const loop = engine.compileLoop(trainingProgram(program));
    await loop.run(batches(5), batch, { settings: { learningRate: 0.1 } });
    expect([...((await loop.state()).count?.data ?? [])]).toEqual([5, 15]);
    loop.dispose();
  });

  test("a batch of another size is no other training", async () => {
    const losses = async (engine: Engine) => {
      const loop = engine.compileLoop(trainingProgram(aProgram({ optimizer: { name: "momentum" } })));
      const options = { settings: { learningRate: 0.05 } };
      const parts = [
        await loop.run(batches(3), batch, options),
        await loop.run(Uint32Array.of(1, 2, 3), 3, options),
        await loop.run(batches(3), batch, options),
      ];
      loop.dispose();
      return parts.flatMap((part) => [...part]);
    };
    const expected = await losses(reference);
    for (const [step, loss] of (await losses(engine)).entries()) expect(loss).toBeCloseTo(expected[step] as number, 5);
  });

  test("no tensor is left over, neither between runs nor in the end", async () => {
    const tf = tfjs();
    const options = { settings: { learningRate: 0.05 } };
    const before = tf.memory().numTensors;
    for (const optimizer of optimizers) {
      const loop = engine.compileLoop(trainingProgram(aProgram({ optimizer, clipNorm: 1 })));
      await loop.run(batches(3), batch, options);
      const between = tf.memory().numTensors;
      for (let round = 0; round < 3; round++) await loop.run(batches(3), batch, options);
      await loop.state();
      expect(tf.memory().numTensors).toBe(between);
      loop.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
    const fn = engine.compileFn(aProgram().weights, ({ slope }, x) => tf.matMul(x, slope as tfTypes.Tensor));
    await fn.run({ shape: [3, 2], data: new Float32Array(6) });
    fn.dispose();
    const step = engine.compileStep({ x: { shape: [2] } }, ({ x }) => ({ y: tf.neg(x as tfTypes.Tensor) }));
    await step.run({ x: { shape: [2], data: Float32Array.of(1, 2) } });
    step.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a loss that is not finite names its exact step, learning rate and last finite loss", async () => {
    const tf = tfjs();
    const before = tf.memory().numTensors;
    const program = aProgram({
      settings: ["level"],
      loss: ({ slope, offset }, _, { scalars }) => {
        const nothing = tf.add(tf.sum(tf.mul(slope as tfTypes.Tensor, 0)), tf.sum(tf.mul(offset as tfTypes.Tensor, 0)));
        return tf.sqrt(tf.add(nothing, scalars.level as tfTypes.Tensor));
      },
    });
    const loop = engine.compileLoop(trainingProgram(program));
    const level = Float64Array.from({ length: 40 }, (_, step) => (step === 4 ? -1 : 4));
    await loop.run(batches(1), batch, { settings: { learningRate: 0.1, level: 4 } });
    const run = loop.run(batches(40), batch, { settings: { learningRate: 0.1, level } });
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TrainingDiverged);
    expect(error).toMatchObject({ step: 5, learningRate: 0.1, lastFiniteLoss: 2 });
    loop.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("an aborted signal ends a run, and the event loop gets its turns", async () => {
    const loop = engine.compileLoop(trainingProgram(aProgram()));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const options = { settings: { learningRate: 0 }, signal: controller.signal };
    await expect(loop.run(batches(200_000), batch, options)).rejects.toBeInstanceOf(Cancelled);
    loop.dispose();
  });

  test("uniform numbers follow from seed, step and call", async () => {
    const program = {
      state: { seen: { shape: [2, 5], data: new Float32Array(10) } },
      data: { x: { shape: [1], data: new Float32Array(1) } },
      step: (_: Tensors, __: Tensors, { uniform }: StepContext) => {
        const tf = tfjs();
        const drawn = [uniform([2, 2]), uniform([2, 3])];
        return { state: { seen: tf.concat(drawn, 1) }, loss: tf.scalar(0) };
      },
      seed: 9,
    };
    const loop = engine.compileLoop(program);
    await loop.run(new Uint32Array(3), 1);
    const [a, b] = [uniformNumbers(9, 2, 0, 4), uniformNumbers(9, 2, 1, 6)];
    const expected = [...a.subarray(0, 2), ...b.subarray(0, 3), ...a.subarray(2), ...b.subarray(3)];
    expect([...((await loop.state()).seen?.data ?? [])]).toEqual(expected);
    loop.dispose();

    const step = engine.compileStep({}, (_, { uniform }) => ({ drawn: uniform([4]) }));
    const { drawn } = await step.run({}, { seed: 9, step: 2 });
    expect(drawn?.data).toEqual(a);
    step.dispose();
  });

  test("arrays that do not fit are refused by name", async () => {
    const loop = engine.compileLoop(trainingProgram(aProgram()));
    const options = { settings: { learningRate: 0.1 } };
    const refused = async (run: Promise<unknown>, message: string) =>
      expect(run).rejects.toThrow(expect.objectContaining({ message, constructor: WrongArray }));
    await refused(loop.run(Uint32Array.of(0, 1, 2, 12), 4, options), "row 12 of 12 records");
    await refused(loop.run(Uint32Array.of(0, 1, 2), 2, options), "3 indices are not a whole number of batches of 2");
    const short = { settings: { learningRate: Float64Array.of(0.1) } };
    await refused(loop.run(batches(2), batch, short), 'setting "learningRate" has no value for step 1 of the run');
    loop.dispose();

    const y = { shape: [3, 1], data: new Float32Array(3) };
    const other = trainingProgram(aProgram({ data: { ...aProgram().data, y } }));
    expect(() => engine.compileLoop(other)).toThrow('data "x" has 12 records, but "y" has 3');
    const weights = { slope: { shape: [2, 1], data: new Float32Array(3) } };
    expect(() => engine.compileLoop(trainingProgram(aProgram({ weights })))).toThrow(
      '"slope" has 3 numbers, but shape [2,1] holds 2',
    );

    const step = engine.compileStep({ x: { shape: [2] }, n: { shape: [1], dtype: "int32" } }, ({ x }) => ({
      y: x as tfTypes.Tensor,
    }));
    const x = { shape: [2], data: new Float32Array(2) };
    const n = { shape: [1], data: new Int32Array(1) };
    await refused(step.run({ x }), 'input "n" is missing');
    await refused(step.run({ x: { ...x, shape: [1, 2] }, n }), 'input "x" has shape [1,2], not [2]');
    await refused(step.run({ x, n: { ...n, data: new Float32Array(1) } }), 'input "n" is float32, not int32');
    await refused(step.run({ x: { ...x, data: new Float32Array(3) }, n }), '"x" has 3 numbers, but shape [2] holds 2');
    step.dispose();
  });

  test("inference over more rows than one batch holds keeps their order", async () => {
    const rows = 2 ** 18 + 100;
    const data = Float32Array.from({ length: rows }, (_, row) => row + 1);
    const fn = engine.compileFn({ factor: { shape: [1, 2], data: Float32Array.of(1, -2) } }, ({ factor }, x) =>
      tfjs().matMul(x, factor as tfTypes.Tensor),
    );
    const output = await fn.run({ shape: [rows, 1], data });
    expect(output.shape).toEqual([rows, 2]);
    for (const row of [0, 1, 2 ** 18 - 1, 2 ** 18, rows - 1]) {
      expect([...output.data.subarray(2 * row, 2 * row + 2)]).toEqual([row + 1, -2 * (row + 1)]);
    }
    expect(await fn.run({ shape: [0, 1], data: new Float32Array() })).toEqual({
      shape: [0, 2],
      data: new Float32Array(),
    });
    await expect(fn.run({ shape: [2, 1], data: new Float32Array(3) })).rejects.toThrow(WrongArray);
    fn.dispose();
  });
});

/** Squared errors of a linear model whose inputs are partly dropped at random. */
function squaredErrors({ slope, offset }: Tensors, { x, y }: Tensors, { uniform }: Pick<StepContext, "uniform">) {
  const tf = tfjs();
  const kept = tf.cast(tf.greaterEqual(uniform([batch, 2]), 0.25), "float32");
  const inputs = tf.mul(x as tfTypes.Tensor, kept);
  const predicted = tf.add(tf.matMul(inputs, slope as tfTypes.Tensor), offset as tfTypes.Tensor);
  return tf.square(tf.sub(predicted, y as tfTypes.Tensor));
}

function noisy(weights: Tensors, data: Tensors, context: StepContext): tfTypes.Tensor {
  return tfjs().mean(squaredErrors(weights, data, context));
}
