import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { logicKernels } from "./logic.ts";

const tf = tfjs();
const comparisons = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
};
const numbers = [Number.NaN, 1, 2, 3, 0, Infinity];
const others = [Number.NaN, 2, 2, 1, 0, Infinity];

const cases: Case[] = [
  ...Object.entries(comparisons).flatMap(([name, fn]): Case[] => [
    {
      title: `tf.${name}`,
      inputs: { a: { shape: [6], values: numbers }, b: { shape: [6], values: others } },
      fn: ({ a, b }) => fn(a, b),
      gradient: false,
    },
    {
      title: `tf.${name} of whole numbers`,
      inputs: {
        a: { shape: [2, 1], values: [1, 2], dtype: "int32" },
        b: { shape: [3], values: [1, 2, 3], dtype: "int32" },
      },
      fn: ({ a, b }) => fn(a, b),
      gradient: false,
    },
    {
      title: `tf.${name} of booleans`,
      inputs: { a: { shape: [4] } },
      fn: ({ a }) => fn(tf.greater(a, 0), tf.less(a, 0.5)),
      gradient: false,
    },
    {
      title: `tf.${name} of uniform tensors`,
      inputs: { a: { shape: [2] } },
      fn: ({ a }) => tf.mul(a, tf.cast(fn(tf.fill([2], 1), tf.fill([1], 2)), "float32")),
    },
  ]),
  {
    title: "questions about numbers",
    inputs: { x: { shape: [6], values: [...numbers.slice(0, 5), -Infinity] } },
    fn: ({ x }) => [tf.isNaN(x), tf.isInf(x), tf.isFinite(x)],
    gradient: false,
  },
  {
    title: "questions about whole numbers",
    inputs: { x: { shape: [2], values: [0, 5], dtype: "int32" } },
    fn: ({ x }) => [tf.isNaN(x), tf.isInf(x), tf.isFinite(x)],
    gradient: false,
  },
  {
    title: "and, or, not",
    inputs: { a: { shape: [8] }, b: { shape: [8] } },
    fn: ({ a, b }) => {
      const [p, q] = [tf.greater(a, 0), tf.greater(b, 0)];
      return [
        tf.logicalAnd(p, q),
        tf.logicalOr(p, q),
        tf.logicalNot(p),
        tf.logicalXor(p, q),
        tf.logicalAnd(p, tf.ones([8], "bool")),
      ];
    },
    gradient: false,
  },
  // TF.js knows the gradient of greaterEqual, and of no other comparison.
  {
    title: "tf.where",
    inputs: { a: { shape: [3, 4] }, b: { shape: [3, 4] } },
    fn: ({ a, b }) => tf.where(tf.greaterEqual(a, b), a, b),
  },
  {
    title: "tf.where that broadcasts",
    inputs: { a: { shape: [3, 4] }, b: { shape: [1, 4] } },
    fn: ({ a, b }) => [
      tf.where(tf.greaterEqual(b, 0), a, b),
      tf.where(tf.greaterEqual(a, 0), b, 0),
      tf.where(tf.scalar(1, "bool"), a, b),
      tf.where(tf.zeros([1, 4], "bool"), a, b),
    ],
  },
  {
    title: "tf.where of one number for true, another for false",
    inputs: { a: { shape: [3, 4] } },
    fn: ({ a }) => [tf.where(tf.greater(a, 0), tf.ones([4]), 0), tf.where(tf.greater(a, 0), 2, tf.zeros([4]))],
    gradient: false,
  },
  {
    title: "tf.where of other types",
    inputs: { a: { shape: [5] }, b: { shape: [5], values: [1, 2, 3, 4, 5], dtype: "int32" } },
    fn: ({ a, b }) => [
      tf.where(tf.less(a, 0), b, tf.zerosLike(b)),
      tf.where(tf.less(a, 0), tf.greater(b, 2), tf.less(b, 2)),
      tf.where(tf.less(a, 0), b, a),
    ],
    gradient: false,
  },
];

testKernels(logicKernels, cases);
