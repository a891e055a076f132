import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { elementwiseKernels } from "./elementwise.ts";

const tf = tfjs();
const pair = { a: { shape: [2, 3] }, b: { shape: [2, 3], low: 0.5, high: 2 } };
const ints = {
  a: { shape: [6], values: [7, -7, 7, -7, 6, 0], dtype: "int32" },
  b: { shape: [6], values: [2, 2, -2, -2, -3, 5], dtype: "int32" },
} as const;
const floats = {
  a: { shape: [6], values: [0.7, -0.7, 5.5, -5.5, -6, 0] },
  b: { shape: [6], values: [0.1, 0.1, -2, -2, 3, -1] },
};
/** Of which TF.js demands floats. */
const floatOnly = ["ceil", "floor"];
const special = { x: { shape: [8], values: [Number.NaN, Infinity, -Infinity, 0, -0.5, 0.5, 1.5, 2.5] } };
const binary = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, maximum: tf.maximum, minimum: tf.minimum };
const unary = {
  neg: tf.neg,
  abs: tf.abs,
  sign: tf.sign,
  square: tf.square,
  ceil: tf.ceil,
  floor: tf.floor,
  round: tf.round,
};

const cases: Case[] = [
  ...Object.entries(binary).flatMap(([name, fn]): Case[] => [
    { title: `tf.${name}`, inputs: pair, fn: ({ a, b }) => fn(a, b) },
    // TF.js's gradients of a maximum and a minimum do not broadcast.
    {
      title: `tf.${name} of a column and a row`,
      inputs: { a: { shape: [3, 1] }, b: { shape: [4], low: 1, high: 2 } },
      fn: ({ a, b }) => fn(a, b),
      gradient: !name.endsWith("imum"),
    },
    {
      title: `tf.${name} of whole numbers`,
      inputs: { a: ints.a, b: ints.b },
      fn: ({ a, b }) => fn(a, b),
      gradient: false,
    },
    {
      title: `tf.${name} with a number`,
      inputs: { x: { shape: [2, 3] } },
      fn: ({ x }) => [fn(x, 2), fn(3, tf.add(x, 2)), fn(x, 1)],
    },
    {
      title: `tf.${name} of uniform tensors`,
      inputs: { x: { shape: [3] } },
      fn: ({ x }) => tf.mul(x, fn(tf.fill([2, 3], 0.7), tf.fill([3], 0.3))),
    },
  ]),
  ...Object.entries(unary).flatMap(([name, fn]): Case[] => [
    { title: `tf.${name}`, inputs: { x: { shape: [2, 3], low: -3, high: 3 } }, fn: ({ x }) => fn(x) },
    // Of NaN, TF.js's sign is 0; here it stays NaN.
    {
      title: `tf.${name} of special numbers`,
      inputs: special,
      fn: ({ x }) => fn(name === "sign" ? tf.slice(x, 1) : x),
      gradient: false,
    },
    {
      title: `tf.${name} of whole numbers`,
      inputs: { a: ints.a },
      fn: ({ a }) => fn(floatOnly.includes(name) ? tf.cast(a, "float32") : a),
      gradient: false,
    },
    {
      title: `tf.${name} of a uniform tensor`,
      inputs: { x: { shape: [3] } },
      fn: ({ x }) => tf.mul(x, fn(tf.fill([3], -2.5))),
    },
  ]),
  {
    title: "a sum of many",
    inputs: { a: { shape: [2, 3] }, b: { shape: [2, 3] }, c: { shape: [2, 3] } },
    fn: ({ a, b, c }) => [tf.addN([a, b, c]), tf.addN([a, c]), tf.addN([b])],
  },
  { title: "a sum of many whole numbers", inputs: ints, fn: ({ a, b }) => tf.addN([a, b, a]), gradient: false },
  {
    title: "operands that change nothing",
    inputs: { a: { shape: [2, 3] } },
    fn: ({ a }) => [
      tf.add(a, 0),
      tf.add(tf.zeros([1, 3]), a),
      tf.sub(a, tf.zeros([3])),
      tf.mul(tf.ones([2, 3]), a),
      tf.div(a, 1),
    ],
  },
  {
    title: "a uniform tensor larger than what it meets",
    inputs: { x: { shape: [3] } },
    fn: ({ x }) => [
      tf.add(tf.zeros([2, 3]), x),
      tf.mul(tf.fill([4, 1], 2), x),
      tf.sub(tf.fill([1, 1, 1], 2), x),
      tf.pow(x, tf.zeros([2, 3])),
    ],
  },
  {
    title: "single numbers of any rank",
    inputs: { a: { shape: [1, 1] }, b: { shape: [1] } },
    fn: ({ a, b }) => [tf.add(a, b), tf.mul(b, tf.ones([2, 1])), tf.mul(b, a.reshape([]))],
  },
  {
    title: "one number for every element",
    inputs: { x: { shape: [] } },
    fn: ({ x }) => tf.exp(tf.mul(tf.fill([2, 3], 2), x)).mul(tf.range(0, 3)),
  },
  {
    title: "a product of booleans",
    inputs: { a: { shape: [4] } },
    fn: ({ a }) => tf.mul(tf.greater(a, 0), tf.less(a, 0.5)),
    gradient: false,
  },
  {
    title: "a squared difference",
    inputs: pair,
    fn: ({ a, b }) => [tf.squaredDifference(a, b), tf.squaredDifference(a, 1)],
  },
  {
    title: "powers",
    inputs: { a: { shape: [2, 3], low: 0.2, high: 2 }, b: { shape: [3] } },
    fn: ({ a, b }) => tf.pow(a, b),
    tolerance: 2e-6,
  },
  {
    title: "powers with one exponent",
    inputs: { a: { shape: [2, 3] } },
    fn: ({ a }) => [0, 1, 2, 3, 4].map((exponent) => tf.pow(a, exponent)),
  },
  {
    title: "roots",
    inputs: { x: { shape: [2, 3], low: 0.2, high: 3 } },
    fn: ({ x }) => [tf.sqrt(x), tf.rsqrt(x), tf.pow(x, 0.5), tf.reciprocal(x)],
    tolerance: 2e-6,
  },
  {
    title: "powers of whole numbers",
    inputs: { a: ints.a, b: { shape: [6], values: [0, 1, 2, 3, 2, 0], dtype: "int32" } },
    fn: ({ a, b }) => tf.pow(a, b),
    gradient: false,
  },
  { title: "floorDiv", inputs: floats, fn: ({ a, b }) => tf.floorDiv(a, b), gradient: false },
  { title: "floorDiv of whole numbers", inputs: ints, fn: ({ a, b }) => tf.floorDiv(a, b), gradient: false },
  { title: "mod", inputs: floats, fn: ({ a, b }) => tf.mod(a, b) },
  { title: "mod of whole numbers", inputs: ints, fn: ({ a, b }) => tf.mod(a, b), gradient: false },
  {
    title: "uniform remainders",
    inputs: { x: { shape: [2] } },
    fn: ({ x }) =>
      [
        [5, 3],
        [-5, 3],
        [5, -3],
        [-5, -3],
      ].map(([a, b]) => tf.mul(x, tf.mod(tf.scalar(a as number), tf.scalar(b as number)))),
  },
  { title: "bitwiseAnd", inputs: ints, fn: ({ a, b }) => tf.bitwiseAnd(a, b), gradient: false },
  { title: "clipByValue", inputs: { x: { shape: [4, 5], low: -3, high: 3 } }, fn: ({ x }) => tf.clipByValue(x, -1, 2) },
  { title: "clipByValue at its ends", inputs: special, fn: ({ x }) => tf.clipByValue(x, -0.5, 1.5), gradient: false },
  {
    title: "clipByValue of whole numbers",
    inputs: { a: ints.a },
    fn: ({ a }) => tf.clipByValue(a, -1, 6),
    gradient: false,
  },
  {
    title: "casts",
    inputs: { x: { shape: [6], values: [-1.5, -0.5, 0, 0.5, 1.5, 2] } },
    fn: ({ x }) => [
      tf.cast(x, "int32"),
      tf.cast(x, "bool"),
      tf.cast(tf.cast(x, "bool"), "float32"),
      tf.cast(tf.fill([2], -1.5), "int32"),
    ],
    gradient: false,
  },
  {
    title: "a cast and its gradient",
    inputs: { x: { shape: [3] } },
    fn: ({ x }) => tf.cast(tf.cast(x, "int32"), "float32"),
  },
];

testKernels(elementwiseKernels, cases);
