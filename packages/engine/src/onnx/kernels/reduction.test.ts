import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { reductionKernels } from "./reduction.ts";

const tf = tfjs();
const reductions = { sum: tf.sum, mean: tf.mean, prod: tf.prod, max: tf.max, min: tf.min };
const axes = [undefined, 0, -1, [0, 2], [1, 2], [], [0, 1, 2]] as const;
const ints = { x: { shape: [3, 2], values: [3, -1, 4, 1, -5, 9], dtype: "int32" } } as const;

const cases: Case[] = [
  ...Object.entries(reductions).flatMap(([name, fn]): Case[] => [
    ...axes.map(
      (axis): Case => ({
        title: `tf.${name} over ${axis === undefined ? "all axes" : `[${axis}]`}`,
        inputs: { x: { shape: [2, 3, 4], low: 0.5, high: 1.5 } },
        fn: ({ x }) => [fn(x, axis as number[] | undefined), fn(x, axis as number[] | undefined, true)],
        // TF.js's gradient of a product wants all axes, or some that it need not move.
        gradient: name !== "prod" || axis === undefined,
        tolerance: 2e-6,
      }),
    ),
    {
      title: `tf.${name} of whole numbers`,
      inputs: ints,
      fn: ({ x }) => [fn(x), fn(x, 0), fn(x, 1, true)],
      gradient: false,
    },
    { title: `tf.${name} of booleans`, inputs: ints, fn: ({ x }) => fn(tf.greater(x, 0), 1), gradient: false },
    {
      title: `tf.${name} of a uniform tensor`,
      inputs: { x: { shape: [3] } },
      fn: ({ x }) => tf.mul(x, fn(tf.fill([2, 3], 0.7), 0)),
    },
    {
      title: `tf.${name} over axes of one`,
      inputs: { x: { shape: [2, 1, 3] } },
      fn: ({ x }) => [fn(x, 1), fn(x, 1, true)],
    },
    { title: `tf.${name} of a scalar`, inputs: { x: { shape: [] } }, fn: ({ x }) => fn(x) },
  ]),
  {
    title: "all and any",
    inputs: { x: { shape: [4, 3], low: -1, high: 3 } },
    fn: ({ x }) =>
      [undefined, 0, 1].flatMap((axis) => [tf.all(tf.greater(x, 0), axis), tf.any(tf.greater(x, 2), axis, true)]),
    gradient: false,
  },
  {
    title: "where the largest and the smallest are",
    inputs: { x: { shape: [3, 4, 2] } },
    fn: ({ x }) => [0, 1, 2, -1].flatMap((axis) => [tf.argMax(x, axis), tf.argMin(x, axis)]),
    gradient: false,
  },
  {
    title: "the first of equal ones",
    inputs: { x: { shape: [2, 4], values: [1, 3, 3, 1, 2, 2, 2, 2] } },
    fn: ({ x }) => [tf.argMax(x, 1), tf.argMin(x, 1), tf.argMax(tf.cast(x, "int32"), 1)],
    gradient: false,
  },
  {
    title: "the gradient of equal maxima",
    inputs: { x: { shape: [2, 4], values: [1, 3, 3, 1, 2, 2, 2, 2] } },
    fn: ({ x }) => [tf.max(x, 1), tf.min(x, 0)],
  },
  {
    title: "infinities",
    inputs: { x: { shape: [2, 3], values: [Infinity, 1, 2, -Infinity, 5, -Infinity] } },
    fn: ({ x }) => [tf.max(x, 1), tf.min(x, 1), tf.sum(x, 1)],
    gradient: false,
  },
  {
    title: "nothing but NaN",
    inputs: { x: { shape: [2, 2], values: [Number.NaN, Number.NaN, Number.NaN, Number.NaN] } },
    fn: ({ x }) => [tf.max(x, 1), tf.min(x, 0), tf.sum(x), tf.mean(x)],
    gradient: false,
  },
];

testKernels(reductionKernels, cases);
