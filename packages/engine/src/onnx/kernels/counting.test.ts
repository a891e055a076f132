import type { Rank, Tensor1D, Tensor2D } from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { countingKernels } from "./counting.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";

const tf = tfjs();
const classes = { shape: [5], values: [0, 3, -1, 4, 3], dtype: "int32" } as const;
const rows = { shape: [2, 4], values: [0, 1, 1, 5, 2, 2, 2, 0], dtype: "int32" } as const;

const cases: Case[] = [
  {
    title: "one-hot vectors",
    inputs: { x: classes },
    fn: ({ x }) => [
      tf.oneHot(x, 4),
      tf.oneHot(x, 5, 0.9, 0.1, "float32"),
      tf.oneHot(tf.reshape(x, [5, 1]), 4, 1, 0, "bool"),
      tf.oneHot(x, 4, 7, 2),
    ],
    gradient: false,
  },
  {
    title: "a cross-entropy of one-hot labels",
    inputs: { x: { shape: [4, 5] }, a: { shape: [4], values: [0, 3, 1, 4], dtype: "int32" } },
    fn: ({ x, a }) => tf.losses.softmaxCrossEntropy(tf.oneHot(a, 5), x),
  },
  {
    title: "counts",
    inputs: { x: { shape: [6], values: [0, 3, 1, 7, 3, 3], dtype: "int32" }, y: { shape: [6] } },
    fn: ({ x, y }) => [tf.bincount(x as Tensor1D, [], 5), tf.bincount(x as Tensor1D, y as Tensor1D, 5)],
    gradient: false,
  },
  {
    title: "counts of rows",
    inputs: { x: rows, y: { shape: [2, 4] } },
    fn: ({ x, y }) => [
      tf.denseBincount(x as Tensor2D, tf.tensor2d([], [0, 0]), 4),
      tf.denseBincount(x as Tensor2D, y as Tensor2D, 4),
      tf.denseBincount(x as Tensor2D, tf.tensor2d([], [0, 0]), 4, true),
      tf.denseBincount(tf.reshape<Rank.R1>(x, [8]), tf.tensor1d([]), 3),
    ],
    gradient: false,
  },
  {
    title: "places in sorted numbers",
    inputs: {
      a: { shape: [2, 5], values: [0, 1, 1, 3, 9, -2, -1, 0, 1, 2] },
      b: { shape: [2, 3], values: [1, 4, -1, 2, -3, 9] },
    },
    fn: ({ a, b }) => [tf.lowerBound(a, b), tf.upperBound(a, b), tf.searchSorted(a, b, "right")],
    gradient: false,
  },
  {
    title: "the largest numbers",
    inputs: { x: { shape: [3, 6] } },
    fn: ({ x }) => Object.values(tf.topk(x, 3)),
    gradient: false,
  },
  {
    title: "the first of equal ones",
    inputs: { x: { shape: [2, 5], values: [1, 3, 3, 1, 3, 2, 2, 2, 2, 2], dtype: "int32" } },
    fn: ({ x }) => [...Object.values(tf.topk(x, 3)), ...Object.values(tf.topk(tf.cast(x, "float32"), 1))],
    gradient: false,
  },
];

testKernels(countingKernels, cases);
