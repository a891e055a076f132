import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { slicingKernels } from "./slicing.ts";

const tf = tfjs();
const cube = { x: { shape: [4, 3, 5] } };
const three = { a: { shape: [2, 3] }, b: { shape: [2, 3] }, c: { shape: [2, 3] } };
const ints = { x: { shape: [4], values: [1, 2, 3, 4], dtype: "int32" } } as const;

const cases: Case[] = [
  {
    title: "slices",
    inputs: cube,
    fn: ({ x }) => [tf.slice(x, [1, 0, 2], [2, -1, 3]), tf.slice(x, 1), tf.slice(x, [3], [1]), tf.slice(x, [0, 0, 0])],
  },
  { title: "an empty slice", inputs: cube, fn: ({ x }) => tf.slice(x, [1, 0, 0], [0, 3, 5]), gradient: false },
  {
    title: "strided slices",
    inputs: cube,
    fn: ({ x }) => [
      tf.stridedSlice(x, [0, 1, 0], [4, 3, 5], [2, 1, 3]),
      tf.stridedSlice(x, [3, 2, 4], [0, -4, 0], [-1, -1, -2]),
      tf.stridedSlice(x, [-3, 0, 0], [-1, 3, 5], [1, 1, 1]),
      tf.stridedSlice(x, [1, 0, 2], [2, 3, 4], [1, 1, 1], 0, 0, 0, 0, 1),
      tf.stridedSlice(x, [1, 1, 1], [2, 2, 2], [1, 1, 1], 2, 4),
      tf.stridedSlice(x, [0, 1], [4, 3], [1, 2], 0, 0, 1),
      tf.stridedSlice(x, [0, 1, 1], [4, 2, 3], [1, 1, 1], 0, 0, 0, 1),
      tf.stridedSlice(x, [2, 0, 0], [2, 3, 5], [2, 1, 1]),
    ],
    gradient: false,
  },
  { title: "reversals", inputs: cube, fn: ({ x }) => [tf.reverse(x, 0), tf.reverse(x, [0, -1]), tf.reverse(x)] },
  {
    title: "splits",
    inputs: cube,
    fn: ({ x }) => [...tf.split(x, 2, 0), ...tf.split(x, [1, 3, 1], 2), ...tf.split(x, [2, -1], -1)],
  },
  { title: "a split into one", inputs: cube, fn: ({ x }) => tf.split(x, 1, 1), gradient: false },
  { title: "a split of which one part is used", inputs: cube, fn: ({ x }) => tf.split(x, 3, 1)[1] ?? x },
  {
    title: "parts along an axis",
    inputs: cube,
    fn: ({ x }) => [...tf.unstack(x), ...tf.unstack(x, 1), ...tf.unstack(x, -1)],
  },
  {
    title: "concatenations",
    inputs: three,
    fn: ({ a, b, c }) => [tf.concat([a, b, c]), tf.concat([a, b], 1), tf.concat([a, b, c], -1), tf.concat([a])],
  },
  {
    title: "a concatenation with nothing",
    inputs: three,
    fn: ({ a, b, c }) => tf.concat([a, tf.zeros([0, 3]), b, c]),
    gradient: false,
  },
  {
    title: "stacks",
    inputs: three,
    fn: ({ a, b, c }) => [
      tf.stack([a, b, c]),
      tf.stack([a, b, c], 1),
      tf.stack([a, b, c], 2),
      tf.stack([a, b], -1),
      tf.stack([c]),
    ],
  },
  {
    title: "a stack of scalars",
    inputs: { a: { shape: [] }, b: { shape: [] } },
    fn: ({ a, b }) => tf.stack([a, b, a]),
  },
  {
    title: "the same of uniform tensors",
    inputs: { x: { shape: [2, 3] } },
    fn: ({ x }) => {
      const two = tf.fill([2, 3], 2);
      const [half, all] = [tf.split(two, 3, 1)[2] ?? two, tf.concat([two, two])];
      return [
        tf.mul(x, half),
        tf.mul(x, tf.slice(all, 1, 2)),
        tf.mul(x, tf.reverse(two)),
        tf.mul(x, tf.unstack(two)[1] ?? two),
        tf.concat([two, x, tf.fill([2, 3], 3)]),
        tf.mul(x, tf.stack([two, two])),
      ];
    },
  },
  {
    title: "whole numbers and booleans",
    inputs: ints,
    fn: ({ x }) => [
      tf.slice(x, 1, 2),
      tf.reverse(tf.greater(x, 2)),
      tf.concat([x, x]),
      tf.stack([tf.less(x, 2), tf.greater(x, 2)]),
      ...tf.split(tf.greater(x, 2), 2),
    ],
    gradient: false,
  },
];

testKernels(slicingKernels, cases);
