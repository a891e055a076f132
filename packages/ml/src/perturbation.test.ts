import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeEach, expect, test } from "vitest";
import { crossEntropies } from "./loss.ts";
import {
  ascend,
  ballAround,
  checkPerturbable,
  type Move,
  normals,
  penalizedSteps,
  randomPlace,
  signedSteps,
  worstOf,
} from "./perturbation.ts";

type T = tfTypes.Tensor;

beforeEach(() => tfjs().setBackend("cpu"));

const rng = createRng("perturbation");
const numbers = (count: number, of = () => rng.uniform()) => Array.from({ length: count }, of);
/** Numbers of a program that leaves no tensor behind. */
const valuesOf = (make: () => T) => tfjs().tidy(() => [...make().dataSync()]);

const range = { low: 0, high: 1 };
const weights = numbers(6 * 3, () => rng.normal());
const records = numbers(5 * 6);
const labels = [0, 1, 2, 0, 1];

/** The losses of a linear classifier of six values and three classes. */
function linear(): { x: T; losses: (x: T) => T } {
  const tf = tfjs();
  const targets = tf.oneHot(tf.tensor1d(labels, "int32"), 3).toFloat();
  const kernel = tf.tensor2d(weights, [6, 3]);
  return {
    x: tf.tensor2d(records, [5, 6]),
    losses: (x) => crossEntropies(tf.matMul(x as tfTypes.Tensor2D, kernel), targets),
  };
}

test("against a linear model of two classes, the ascent ends in the ball's worst corner", () => {
  const tf = tfjs();
  const [own, other] = [
    [0.5, -1, 0.25],
    [-0.5, 1, 2],
  ] as const;
  const x = [0.5, 0.5, 0.95];
  const at = valuesOf(() => {
    const kernel = tf.transpose(tf.tensor2d([[...own], [...other]]));
    const losses = (x: T) => crossEntropies(tf.matMul(x as tfTypes.Tensor2D, kernel), tf.tensor2d([[1, 0]]));
    const ball = ballAround(tf.tensor2d([x]), 0.1, range);
    return ascend(ball.x, losses, signedSteps(ball, { steps: 4, reach: 2.5 }));
  });
  // Each value towards the other class, but no farther than the range goes.
  for (const [place, value] of [0.4, 0.6, 1].entries()) expect(at[place]).toBeCloseTo(value, 6);
});

test.each([
  ["the records", false],
  ["a random place", true],
])("from %s, all places are in the ball and in the range, and losses are larger", (_, random) => {
  const tf = tfjs();
  const uniform = (shape: readonly number[]) => tf.tensor(numbers(shape.reduce((a, b) => a * b)), [...shape]);
  const [before, after, places] = tf.tidy(() => {
    const { x, losses } = linear();
    const ball = ballAround(x, 0.3, range);
    const start = random ? randomPlace(ball, uniform) : x;
    const end = ascend(start, losses, signedSteps(ball, { steps: 7, reach: 2 }));
    return [losses(x), losses(end), tf.concat([start, end])].map((tensor) => [...tensor.dataSync()]);
  }) as unknown as [number[], number[], number[]];
  for (const [record, loss] of after.entries()) expect(loss).toBeGreaterThan(before[record] as number);
  for (const [at, place] of places.entries()) {
    expect(Math.abs(place - (records[at % records.length] as number))).toBeLessThan(0.3 + 1e-6);
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThanOrEqual(1);
  }
});

test("a ball's radius is a share of the range, and may be a scalar", () => {
  const tf = tfjs();
  const wide = { low: -2, high: 2 };
  for (const share of [0.25, tf.scalar(0.25)]) {
    const uppers = valuesOf(() => ballAround(tf.tensor1d([-2, 0, 1.5]), share, wide).upper);
    expect(uppers).toEqual([-1, 1, 2]);
  }
});

test("the worst place is kept for each record by itself: the first of equal ones", () => {
  const tf = tfjs();
  // From 0 by 1 each time; the losses are |x|, 2 − x and 0: largest at the end, at the start, and everywhere.
  const losses = (x: T) => {
    const [first, second, third] = tf.split(tf.reshape(x, [3]), 3) as [T, T, T];
    return tf.concat([tf.abs(first), tf.sub(2, second), tf.mul(third, 0)] as tfTypes.Tensor1D[]);
  };
  const move: Move = (at) => tf.add(at, 1);
  expect(valuesOf(() => worstOf(tf.zeros([3, 1]), losses, { steps: 4, move }))).toEqual([4, 0, 0]);
});

test("the worst place is as bad as the record, as the last one, and as every one of fewer steps", () => {
  let before = valuesOf(() => linear().losses(linear().x));
  for (let steps = 1; steps <= 4; steps++) {
    const move = signedSteps(ballAround(linear().x, 0.3, range), { steps: 1, reach: 3 }).move;
    const [worst, last] = [worstOf, ascend].map((go) =>
      valuesOf(() => {
        const { x, losses } = linear();
        return losses(go(x, losses, { steps, move }));
      }),
    ) as [number[], number[]];
    for (const [record, loss] of worst.entries()) {
      expect(loss).toBeGreaterThanOrEqual(before[record] as number);
      expect(loss).toBeGreaterThanOrEqual(last[record] as number);
    }
    before = worst;
  }
});

test("penalized steps, by hand", () => {
  const tf = tfjs();
  const x = tf.tensor2d([
    [0.5, 0.5],
    [0.5, 0.9],
  ]);
  const { move } = penalizedSteps(x, range, { steps: 1, a: 2 });
  const gradient = tf.tensor2d([
    [0.1, -0.05],
    [0, 0.25],
  ]);
  // g = .2, −.1, 0, .5, whose mean magnitude is .2; where nothing moves, nothing is held back.
  const expected = [0.5 + 0.2 - 0.2, 0.5 - 0.1 + 0.2, 0.5, 1];
  for (const [at, value] of valuesOf(() => move(x, gradient)).entries())
    expect(value).toBeCloseTo(expected[at] as number, 6);
  // The second is now on the other side of the record, and is pulled back from there.
  const again = valuesOf(() => move(move(x, gradient), tf.zerosLike(gradient)));
  expect(again[1]).toBeCloseTo(0.6, 6);
});

test("penalized steps are of records in [0, 1]: in another range they are as much longer", () => {
  const tf = tfjs();
  const plain = penalizedSteps(tf.tensor1d([0.5, 0.5]), range, { steps: 1, a: 1 });
  const wide = penalizedSteps(tf.tensor1d([5, 5]), { low: 0, high: 10 }, { steps: 1, a: 1 });
  const [small, large] = [
    valuesOf(() => plain.move(tf.tensor1d([0.5, 0.6]), tf.tensor1d([0.1, -0.3]))),
    // The same function of records that are ten times as large has a tenth of the gradient.
    valuesOf(() => wide.move(tf.tensor1d([5, 6]), tf.tensor1d([0.01, -0.03]))),
  ];
  for (const [at, value] of small.entries()) expect(large[at]).toBeCloseTo(10 * value, 5);
});

test("normals: finite, of mean 0 and variance 1, and one by hand", () => {
  const tf = tfjs();
  const many = valuesOf(() => normals([20_000], () => tf.tensor1d(numbers(20_000))));
  const mean = many.reduce((sum, value) => sum + value, 0) / many.length;
  const variance = many.reduce((sum, value) => sum + (value - mean) ** 2, 0) / many.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  const draws = [
    [0, 1 - Math.exp(-2)],
    [0.3, 0.5],
  ];
  const [zero, two] = valuesOf(() => normals([2], () => tf.tensor1d(draws.shift() as number[])));
  expect(zero).toBeCloseTo(0, 6);
  expect(two).toBeCloseTo(-2, 6);
});

test("compiled, everything is what it is on cpu", async () => {
  const tf = tfjs();
  const inputs = { x: { shape: [5, 6] }, kernel: { shape: [6, 3] }, targets: { shape: [5, 3] }, share: { shape: [] } };
  const given = {
    x: { shape: [5, 6], data: Float32Array.from(records) },
    kernel: { shape: [6, 3], data: Float32Array.from(weights) },
    targets: {
      shape: [5, 3],
      data: Float32Array.from(labels.flatMap((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)))),
    },
    share: { shape: [], data: Float32Array.of(0.2) },
  };
  const run = async (name: "onnx" | "cpu") => {
    const step = (await openEngine(name)).compileStep(inputs, ({ x, kernel, targets, share }, { uniform }) => {
      const losses = (at: T) =>
        crossEntropies(tf.matMul(at as tfTypes.Tensor2D, kernel as tfTypes.Tensor2D), targets as T);
      const ball = ballAround(x as T, share as T, range);
      const way = signedSteps(ball, { steps: 3, reach: 2 });
      return {
        signed: ascend(randomPlace(ball, uniform), losses, way),
        worst: worstOf(x as T, losses, way),
        penalized: ascend(x as T, losses, penalizedSteps(x as T, range, { steps: 3, a: 0.5 })),
        noise: normals([5, 6], uniform),
      };
    });
    const found = await step.run(given, { seed: 7 });
    step.dispose();
    return found;
  };
  const [compiled, plain] = [await run("onnx"), await run("cpu")];
  for (const [name, { data }] of Object.entries(plain)) {
    for (const [at, value] of data.entries()) expect(compiled[name]?.data[at]).toBeCloseTo(value, 5);
  }
});

test("tables and texts are refused", () => {
  expect(() => checkPerturbable({ kind: "binary" })).not.toThrow();
  expect(() => checkPerturbable({ kind: "tabular" })).toThrow(
    "it perturbs image or binary records, not tabular ones; use another dataset or defense",
  );
});
