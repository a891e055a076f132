import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { shapeKernels } from "./shape.ts";

const tf = tfjs();
const cube = { x: { shape: [2, 3, 4] } };

const cases: Case[] = [
  { title: "a copy", inputs: cube, fn: ({ x }) => tf.clone(x) },
  {
    title: "reshapes",
    inputs: cube,
    fn: ({ x }) => [
      tf.reshape(x, [6, 4]),
      tf.reshape(x, [-1]),
      tf.reshape(x, [2, 3, 4]),
      tf.squeeze(tf.reshape(x, [1, 24, 1])),
    ],
  },
  {
    title: "a reshape and back",
    inputs: cube,
    fn: ({ x }) => tf.square(tf.reshape(tf.reshape(tf.square(x), [4, 6]), [2, 3, 4])),
  },
  {
    title: "a reshape of a reshape",
    inputs: cube,
    fn: ({ x }) => tf.matMul(tf.reshape(tf.reshape(x, [4, 6]), [3, 8]), tf.ones([8, 2])),
  },
  { title: "new axes", inputs: cube, fn: ({ x }) => [0, 1, 3, -1, -2].map((axis) => tf.expandDims(x, axis)) },
  {
    title: "transpositions",
    inputs: cube,
    fn: ({ x }) => [tf.transpose(x), tf.transpose(x, [1, 0, 2]), tf.transpose(x, [0, 1, 2])],
  },
  {
    title: "the same of uniform tensors",
    inputs: { x: { shape: [3, 2] } },
    fn: ({ x }) => [
      tf.mul(x, tf.transpose(tf.fill([2, 3], 2))),
      tf.mul(x, tf.reshape(tf.fill([6], 3), [3, 2])),
      tf.mul(x, tf.expandDims(tf.fill([2], 4))),
    ],
  },
  {
    title: "a reshape of one number",
    inputs: { x: { shape: [] } },
    fn: ({ x }) => tf.reshape(tf.exp(tf.mul(x, tf.ones([2, 3]))), [3, 2]).matMul(tf.ones([2, 2])),
  },
  {
    title: "whole numbers and booleans",
    inputs: { x: { shape: [2, 2], values: [1, 2, 3, 4], dtype: "int32" } },
    fn: ({ x }) => [
      tf.transpose(x),
      tf.reshape(x, [4]),
      tf.transpose(tf.greater(x, 2)),
      tf.reshape(tf.greater(x, 2), [4, 1]),
    ],
    gradient: false,
  },
  {
    title: "empty tensors",
    inputs: { x: { shape: [0, 3] } },
    fn: ({ x }) => [tf.reshape(x, [3, 0]), tf.transpose(x), tf.add(x, 1)],
    gradient: false,
  },
];

testKernels(shapeKernels, cases);
