import { Cancelled } from "@shadowfarm/core/errors";
import type * as tfTypes from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { openEngine } from "./backends.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { Engine, Loop } from "./engine.ts";
import type { OptimizerName } from "./optimizers.ts";
import { type Checkpoint, type Checkpointing, resumable } from "./resumable.ts";
import { tfjs } from "./tfjs.ts";
import { type TrainingProgram, trainingProgram } from "./training.ts";

const records = 12;
const batch = 4;

/** A regression whose inputs are dropped at random, and with moving statistics: all that a loop can carry. */
function aProgram(optimizer: OptimizerName, seed: number | number[] = 3): TrainingProgram {
  const models = typeof seed === "number" ? null : seed.length;
  const pack = (shape: number[]) => (models === null ? shape : [models, ...shape]);
  const first = (seed: number, size: number) => uniformNumbers(seed, 0, 0, size);
  const joined = (size: number) => {
    const parts = (typeof seed === "number" ? [seed] : seed).map((one) => first(one, size));
    return Float32Array.from(parts.flatMap((part) => [...part]));
  };
  return {
    weights: { slope: { shape: pack([2, 1]), data: joined(2) }, offset: { shape: pack([1, 1]), data: joined(1) } },
    state: { mean: { shape: pack([1, 1]), data: joined(1) } },
    data: {
      x: { shape: [records, 2], data: uniformNumbers(1, 0, 0, 2 * records) },
      y: { shape: [records, 1], data: uniformNumbers(2, 0, 0, records) },
    },
    optimizer: { name: optimizer, weightDecay: 0.01 },
    clipNorm: 1,
    seed,
    loss({ slope, offset, mean }, { x, y }, { uniform }) {
      const tf = tfjs();
      type T = tfTypes.Tensor;
      const kept = tf.cast(tf.greater(uniform([batch, 2]), 0.3), "float32");
      const inputs = tf.mul(models === null ? (x as T) : tf.stack(Array(models).fill(x)), kept);
      const made = tf.sub(tf.add(tf.matMul(inputs, slope as T), offset as T), mean as T);
      const error = tf.square(tf.sub(made, y as T));
      const next = tf.add(tf.mul(mean as T, 0.9), tf.mul(tf.mean(made, -2, true), 0.1));
      return { loss: models === null ? tf.mean(error) : tf.mean(error, [-2, -1]), state: { mean: next } };
    },
  };
}

/** Epochs of three batches in an order of their own, each with a learning rate of its own, as a training has them. */
async function drive(loop: Loop, epochs = 6, signal?: AbortSignal) {
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const indices = Uint32Array.from({ length: records }, (_, at) => (at * 5 + epoch) % records);
    const learningRate = Float64Array.from({ length: 3 }, (_, step) => 0.1 / (1 + epoch * 3 + step));
    losses.push(...(await loop.run(indices, batch, { settings: { learningRate }, signal })));
  }
  const state = await loop.state();
  loop.dispose();
  return { losses, state };
}

const never: Checkpointing = { found: [], everyMs: Infinity, worthMs: Infinity, onResume() {}, save: async () => true };

/** Trains with a checkpoint after each few steps until those that were kept are enough, and breaks off. */
async function brokenOff(
  engine: Engine,
  work: (engine: Engine) => Promise<unknown>,
  enough: (kept: Checkpoint[]) => boolean,
): Promise<Checkpoint[]> {
  const kept = new Map<string, Checkpoint>();
  const broken = resumable(engine, {
    ...never,
    everyMs: 0,
    async save(changed) {
      for (const one of changed) kept.set(one.models.join(), structuredClone(one));
      if (enough([...kept.values()])) throw new Error("the power is gone");
      return true;
    },
  });
  await expect(work(broken)).rejects.toThrow("the power is gone");
  return [...kept.values()];
}

describe.each(["onnx", "cpu"] as const)("on %s", async (name) => {
  const engine = await openEngine(name);

  test.each(["sgd", "momentum", "adam", "adamw", "rmsprop"] as const)(
    "%s goes on to the bit, wherever it was broken off",
    async (optimizer) => {
      const program = trainingProgram(aProgram(optimizer));
      const work = (engine: Engine) => drive(engine.compileLoop(program));
      const whole = await work(engine);
      for (const least of [1, 2, 3, 9, 18]) {
        const found = await brokenOff(engine, work, ([one]) => (one?.steps ?? 0) >= least);
        const resumed: number[] = [];
        const again = resumable(engine, { ...never, found, onResume: (steps) => resumed.push(steps) });
        expect(await work(again)).toEqual(whole);
        expect(resumed).toEqual([found[0]?.steps]);
      }
    },
  );
});

describe("what is found", async () => {
  const engine = await openEngine("onnx");
  const pack = (seeds: number[]) => trainingProgram(aProgram("adam", seeds));
  const trainedIn = (engine: Engine, seeds: number[]) => drive(engine.compileLoop(pack(seeds)));

  test("is a model's own part of a pack, in any company and order", async () => {
    const found = await brokenOff(
      engine,
      (engine) => trainedIn(engine, [3, 4, 5]),
      () => true,
    );
    expect(found).toMatchObject([{ models: { length: 3 } }]);
    for (const seeds of [[5, 3], [4]]) {
      const resumed: number[] = [];
      const again = resumable(engine, { ...never, found, onResume: (steps) => resumed.push(steps) });
      expect(await trainedIn(again, seeds)).toEqual(await trainedIn(engine, seeds));
      expect(resumed).toHaveLength(1);
    }
  });

  test("is not used for models that were never there, or stand at different steps", async () => {
    const [early] = await brokenOff(
      engine,
      (engine) => trainedIn(engine, [3, 4]),
      () => true,
    );
    const [late] = await brokenOff(
      engine,
      (engine) => trainedIn(engine, [5, 6]),
      ([one]) => (one?.steps ?? 0) > 4,
    );
    const found = [early as Checkpoint, late as Checkpoint];
    for (const seeds of [
      [3, 7],
      [4, 5],
    ]) {
      const again = resumable(engine, { ...never, found, onResume: () => expect.unreachable() });
      expect(await trainedIn(again, seeds)).toEqual(await trainedIn(engine, seeds));
    }
  });

  test("are also the loops before the one that was broken off, which are not run again", async () => {
    const work = async (engine: Engine) => [
      await drive(engine.compileLoop(trainingProgram(aProgram("adam", 3))), 2),
      await drive(engine.compileLoop(trainingProgram(aProgram("adam", 4))), 3),
      await drive(engine.compileLoop(trainingProgram(aProgram("sgd", 5))), 2),
    ];
    const whole = await work(engine);
    const found = await brokenOff(engine, work, ({ length }) => length === 2);
    expect(found[0]?.steps).toBe(6);
    const saved: Checkpoint[] = [];
    const again = resumable(engine, {
      ...never,
      found,
      everyMs: 0,
      save: async (changed) => saved.push(...changed) > 0,
    });
    expect(await work(again)).toEqual(whole);
    expect(saved.some(({ models }) => models.join() === found[0]?.models.join())).toBe(false);
  });
});

describe("a checkpoint", async () => {
  const engine = await openEngine("onnx");
  const program = trainingProgram(aProgram("adam"));

  test("is left by a cancellation, if it is worth it", async () => {
    for (const [worthMs, count] of [
      [0, 1],
      [Infinity, 0],
    ] as const) {
      const saved: Checkpoint[] = [];
      const cancelled = new AbortController();
      const loop = resumable(engine, { ...never, worthMs, save: async (changed) => saved.push(...changed) > 0 });
      const compiled = loop.compileLoop(program);
      await drive(compiled, 1, cancelled.signal);
      cancelled.abort();
      await expect(drive(compiled, 1, cancelled.signal)).rejects.toThrow(Cancelled);
      expect(saved).toHaveLength(count);
    }
  });

  test("is never made by a training that is shorter than the time between two", async () => {
    const short = resumable(engine, { ...never, everyMs: 3_600_000, save: () => expect.unreachable() });
    await drive(short.compileLoop(program));
  });
});
