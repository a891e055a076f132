import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { functionKernels } from "./functions.ts";

const tf = tfjs();
const everywhere = {
  exp: tf.exp,
  expm1: tf.expm1,
  sin: tf.sin,
  cos: tf.cos,
  tan: tf.tan,
  atan: tf.atan,
  sinh: tf.sinh,
  cosh: tf.cosh,
  tanh: tf.tanh,
  asinh: tf.asinh,
  erf: tf.erf,
};
const within = { log1p: tf.log1p, asin: tf.asin, acos: tf.acos, atanh: tf.atanh };
const tiny = { shape: [5], values: [1e-6, -1e-6, 1e-9, 0, 3e-4] };

const cases: Case[] = [
  ...Object.entries(everywhere).map(
    ([name, fn]): Case => ({
      title: `tf.${name}`,
      inputs: { x: { shape: [2, 9], low: -3, high: 3 } },
      fn: ({ x }) => fn(x),
      tolerance: 3e-6,
    }),
  ),
  ...Object.entries(within).map(
    ([name, fn]): Case => ({
      title: `tf.${name}`,
      inputs: { x: { shape: [2, 9], low: -0.9, high: 0.9 } },
      fn: ({ x }) => fn(x),
      tolerance: 3e-6,
    }),
  ),
  {
    title: "tf.log and tf.acosh",
    inputs: { x: { shape: [9], low: 1.1, high: 4 } },
    fn: ({ x }) => [tf.log(x), tf.acosh(x)],
  },
  // A million times the result, so that the tolerance is 1e-12.
  {
    title: "tf.log1p and tf.expm1 near zero",
    inputs: { x: tiny },
    fn: ({ x }) => [tf.log1p(x), tf.expm1(x)].map((y) => tf.mul(y, 1e6)),
    tolerance: 1e-6,
  },
  {
    title: "functions at their ends",
    inputs: { x: { shape: [4], values: [Number.NaN, Infinity, -Infinity, 0] } },
    fn: ({ x }) => [tf.exp(x), tf.expm1(x), tf.log(tf.abs(x)), tf.log1p(x), tf.tanh(x), tf.atan(x), tf.erf(x)],
    gradient: false,
  },
  { title: "tf.log1p(-1)", inputs: { x: { shape: [1], values: [-1] } }, fn: ({ x }) => tf.log1p(x), gradient: false },
  {
    title: "tf.exp of whole numbers",
    inputs: { x: { shape: [3], values: [-1, 0, 2], dtype: "int32" } },
    fn: ({ x }) => tf.exp(x),
    gradient: false,
  },
  {
    title: "functions of uniform tensors",
    inputs: { x: { shape: [3] } },
    fn: ({ x }) => [tf.exp, tf.log1p, tf.expm1, tf.erf, tf.tanh].map((fn) => tf.mul(x, fn(tf.fill([3], 0.4)))),
  },
  {
    title: "tf.atan2 in every quadrant",
    inputs: { a: { shape: [3, 4], low: -2, high: 2 }, b: { shape: [3, 4], low: -2, high: 2 } },
    fn: ({ a, b }) => tf.atan2(a, b),
    tolerance: 2e-6,
  },
  {
    title: "tf.atan2 on the axes",
    inputs: { a: { shape: [5], values: [0, 0, 1, -1, 0] }, b: { shape: [5], values: [1, -1, 0, 0, 0] } },
    fn: ({ a, b }) => tf.atan2(a, b),
    gradient: false,
  },
];

testKernels(functionKernels, cases);
