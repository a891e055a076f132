import { expect, test } from "vitest";
import { UnsupportedKernel } from "../../errors.ts";
import { tfjs } from "../../tfjs.ts";
import { Graph } from "../graph.ts";
import { uniformValue } from "../value.ts";
import { activate, activationKernels } from "./activation.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";

const tf = tfjs();
const wide = { x: { shape: [3, 7], low: -8, high: 8 } };
const special = { x: { shape: [6], values: [Number.NaN, Infinity, -Infinity, 0, 100, -100] } };
const activations = {
  relu: tf.relu,
  relu6: tf.relu6,
  leakyRelu: tf.leakyRelu,
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  softplus: tf.softplus,
};
const ints = { x: { shape: [4], values: [-1, 0, 3, 9], dtype: "int32" } } as const;

const cases: Case[] = [
  ...Object.entries(activations).flatMap(([name, fn]): Case[] => [
    { title: `tf.${name}`, inputs: wide, fn: ({ x }) => fn(x) },
    { title: `tf.${name} of special numbers`, inputs: special, fn: ({ x }) => fn(x), gradient: false },
    {
      title: `tf.${name} of a uniform tensor`,
      inputs: { x: { shape: [3] } },
      fn: ({ x }) => tf.mul(x, fn(tf.fill([2, 3], -0.7))),
    },
  ]),
  {
    title: "activations of whole numbers",
    inputs: ints,
    fn: ({ x }) => [tf.relu(x), tf.relu6(x), tf.step(x), tf.leakyRelu(x)],
    gradient: false,
  },
  {
    title: "steps",
    inputs: wide,
    fn: ({ x }) => [tf.step(x), tf.step(x, 0.25), tf.step(tf.relu(x)), tf.sub(tf.relu(x), tf.step(x, -1))],
    gradient: false,
  },
  {
    title: "steps at zero",
    inputs: { x: { shape: [3], values: [0, -1e-30, 1e-30] } },
    fn: ({ x }) => [tf.step(x), tf.step(x, 2)],
    gradient: false,
  },
  {
    title: "tf.prelu with a slope a channel",
    inputs: { x: { shape: [2, 3, 4] }, a: { shape: [4] } },
    fn: ({ x, a }) => tf.prelu(x, a),
  },
  {
    title: "tf.prelu with a slope an element",
    inputs: { x: { shape: [2, 3, 4] }, a: { shape: [3, 4] } },
    fn: ({ x, a }) => tf.prelu(x, a),
  },
  { title: "tf.softmax", inputs: { x: { shape: [2, 3, 5], low: -4, high: 4 } }, fn: ({ x }) => tf.softmax(x) },
  {
    title: "tf.softmax of large numbers",
    inputs: { x: { shape: [2, 3], values: [1000, 999, -1000, -1000, -1001, -5000] } },
    fn: ({ x }) => [tf.softmax(x), tf.logSoftmax(x)],
  },
  {
    title: "the gradient of a gradient",
    inputs: wide,
    fn: ({ x }) => tf.grad((y) => tf.sum(tf.square(tf.tanh(tf.softplus(y)))))(x),
    tolerance: 2e-6,
  },
];

testKernels(activationKernels, cases);

test("an activation without an expression is refused with its name", () => {
  const emit = () => activate(new Graph(), uniformValue(1, [2]), "_FusedMatMul", { activation: "swish" });
  expect(emit).toThrow(UnsupportedKernel);
  expect(emit).toThrow('TF.js kernel _FusedMatMul with activation "swish"');
});
