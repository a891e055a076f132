import type { Scalar, Tensor, Tensor1D } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { UnsupportedKernel } from "../../errors.ts";
import { tfjs } from "../../tfjs.ts";
import { compileStep } from "../compile-step.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { indexingKernels } from "./indexing.ts";

const tf = tfjs();
const table = { shape: [5, 3, 4] };
const indices = (shape: number[], values: number[]) => ({ shape, values, dtype: "int32" }) as const;

const cases: Case[] = [
  {
    title: "rows, some of them twice,",
    inputs: { x: table, a: indices([6], [0, 4, 2, 2, 2, 1]) },
    fn: ({ x, a }) => tf.gather(x, a),
  },
  {
    title: "places of other axes",
    inputs: { x: table, a: indices([2, 2], [2, 0, 1, 1]) },
    fn: ({ x, a }) => [tf.gather(x, a, 1), tf.gather(x, a, -1)],
    gradient: false,
  },
  {
    title: "places of a middle axis",
    inputs: { x: table, a: indices([4], [2, 0, 1, 1]) },
    fn: ({ x, a }) => tf.gather(x, a, 1),
  },
  { title: "one row", inputs: { x: table, a: indices([], [3]) }, fn: ({ x, a }) => tf.gather(x, a) },
  {
    title: "rows by constant indices",
    inputs: { x: table },
    fn: ({ x }) => [
      tf.gather(x, [4, 0, 0]),
      tf.gather(x, [1, 1]),
      tf.gather(tf.fill([3, 2], 2), [0, 1]).mul(tf.reshape(tf.slice(x, 0, 1), [6, 2]).slice(0, 2)),
    ],
  },
  {
    title: "other rows of each part of a batch",
    inputs: { x: { shape: [2, 4, 3] }, a: indices([2, 3], [0, 3, 1, 2, 2, 0]) },
    fn: ({ x, a }) => [tf.gather(x, a, 1, 1), tf.gather(tf.tile(x, [1, 1, 2]), a, 2, 1)],
    gradient: false,
  },
  {
    title: "other rows of each part, and their gradient",
    inputs: { x: { shape: [2, 4, 3] }, a: indices([2, 3], [0, 3, 1, 2, 2, 0]) },
    fn: ({ x, a }) => tf.gather(x, a, 1, 1),
    gradient: false,
  },
  {
    title: "the logit of each record's class",
    inputs: { x: { shape: [3, 4] }, a: indices([3], [1, 0, 3]) },
    fn: ({ x, a }) => tf.gather(tf.reshape(x, [12]), tf.cast(tf.add(a, tf.mul(tf.range(0, 3), 4)), "int32")),
  },
  {
    title: "places given by all their axes",
    inputs: { x: table, a: indices([2, 2, 2], [0, 1, 4, 2, 3, 0, 0, 0]) },
    fn: ({ x, a }) => [
      tf.gatherND(x, a),
      tf.gatherND(x, tf.zeros([1, 3], "int32")),
      tf.gatherND(x, tf.reshape(a, [8, 1])),
    ],
    gradient: false,
  },
  {
    title: "sums at places",
    inputs: { x: { shape: [4, 3] }, a: indices([4, 1], [2, 0, 2, 4]), b: indices([4, 2], [0, 1, 1, 1, 0, 1, 2, 0]) },
    fn: ({ x, a, b }) => [
      tf.scatterND(a, x, [5, 3]),
      tf.scatterND(b, x, [3, 2, 3]),
      tf.scatterND(tf.reshape(a, [4]), x, [6, 3]),
    ],
    gradient: false,
  },
  {
    title: "updates at places",
    inputs: { x: { shape: [5, 3] }, y: { shape: [2, 3] }, a: indices([2, 1], [3, 0]) },
    fn: ({ x, y, a }) => tf.tensorScatterUpdate(x, a, y),
    gradient: false,
  },
  {
    title: "sums of whole numbers at places",
    inputs: { x: indices([3], [7, 8, 9]), a: indices([3, 1], [1, 1, 3]) },
    fn: ({ x, a }) => [tf.scatterND(a, x, [4]), tf.tensorScatterUpdate(tf.ones([5], "int32"), a, x)],
    gradient: false,
  },
  {
    title: "a dense tensor of a sparse one",
    inputs: { x: { shape: [3] }, y: { shape: [] }, a: indices([3], [4, 0, 2]), b: indices([3, 2], [0, 1, 1, 1, 2, 0]) },
    fn: ({ x, y, a, b }) => [
      tf.sparseToDense(a, x, [6]),
      tf.sparseToDense(b, x, [3, 2], -1),
      tf.sparseToDense(a, y, [6], 0),
      tf.sparseToDense(b, tf.scalar(2), [3, 2], y as Scalar),
    ],
    gradient: false,
  },
  {
    title: "sums of segments",
    inputs: { x: { shape: [6, 2] }, a: indices([6], [0, 2, 2, -1, 7, 1]), b: indices([6], [0, 3, 2, 1, 1, 3]) },
    fn: ({ x, a, b }) => [tf.unsortedSegmentSum(x, a as Tensor1D, 4), tf.unsortedSegmentSum(x, b as Tensor1D, 4)],
    gradient: false,
  },
  {
    title: "sums of segments and their gradient",
    inputs: { x: { shape: [6, 2] }, a: indices([6], [0, 2, 2, 3, 0, 1]) },
    fn: ({ x, a }) => tf.unsortedSegmentSum(x, a as Tensor1D, 4),
  },
  {
    title: "diagonals",
    inputs: { x: { shape: [4], values: [1, Infinity, 3, Number.NaN] }, y: { shape: [2, 3] } },
    fn: ({ x, y }) => [tf.diag(x), tf.diag(y), tf.diag(tf.cast(y, "int32"))],
    gradient: false,
  },
];

testKernels(indexingKernels, cases);

test("segment ids of several axes are refused", () => {
  const inputs = { x: { shape: [2, 2] }, ids: { shape: [2, 2], dtype: "int32" } } as const;
  const compile = () =>
    compileStep({ provider: "cpu", block: 0 }, inputs, ({ x, ids }) => ({
      sums: tf.unsortedSegmentSum(x as Tensor, ids as Tensor1D, 3),
    }));
  expect(compile).toThrow(UnsupportedKernel);
});
