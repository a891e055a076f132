import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { scanKernels } from "./scan.ts";

const tf = tfjs();
const ways = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

const cases: Case[] = ways.flatMap(([exclusive, reverse]): Case[] => [
  {
    title: `sums so far, exclusive ${exclusive} and reverse ${reverse},`,
    inputs: { x: { shape: [2, 7] } },
    fn: ({ x }) => tf.cumsum(x, 1, exclusive, reverse),
  },
  // TF.js's own gradient is right along the last axis alone.
  {
    title: `of other axes, exclusive ${exclusive} and reverse ${reverse},`,
    inputs: { x: { shape: [3, 2, 4] } },
    fn: ({ x }) =>
      [0, 1, 2].flatMap((axis) => [tf.cumsum(x, axis, exclusive, reverse), tf.cumprod(x, axis, exclusive, reverse)]),
    gradient: false,
  },
  {
    title: `products so far, exclusive ${exclusive} and reverse ${reverse},`,
    inputs: { x: { shape: [2, 7], low: -2, high: 2 } },
    fn: ({ x }) => tf.cumprod(x, 1, exclusive, reverse),
    gradient: false,
  },
  {
    title: `of whole numbers, exclusive ${exclusive} and reverse ${reverse},`,
    inputs: { x: { shape: [5], values: [3, -1, 4, 0, 5], dtype: "int32" } },
    fn: ({ x }) => [
      tf.cumsum(x, 0, exclusive, reverse),
      tf.cumprod(x, 0, exclusive, reverse),
      tf.cumsum(tf.greater(x, 0), 0, exclusive, reverse),
    ],
    gradient: false,
  },
]);

testKernels(scanKernels, cases);
