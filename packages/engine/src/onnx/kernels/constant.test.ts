import { tfjs } from "../../tfjs.ts";
import { constantKernels } from "./constant.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";

const tf = tfjs();
const x = { shape: [2, 3] };

const cases: Case[] = [
  {
    title: "uniform tensors",
    inputs: { x },
    fn: ({ x }) => [tf.mul(x, tf.fill([2, 3], 0.3)), tf.sub(tf.zerosLike(x), x), tf.mul(tf.onesLike(x), x)],
  },
  {
    title: "uniform outputs",
    inputs: { x },
    fn: ({ x }) => [
      tf.fill([2], 3, "int32"),
      tf.ones([2, 2], "bool"),
      tf.zerosLike(x),
      tf.scalar(0.5),
      tf.zeros([0, 2]),
    ],
    gradient: false,
  },
  {
    title: "ranges",
    inputs: { x },
    fn: () => [
      tf.range(0, 5),
      tf.range(1, 0, -0.3),
      tf.range(5, 1),
      tf.range(2, 2),
      tf.range(0, 9, 2, "int32"),
      tf.range(1, 3, -1),
    ],
    gradient: false,
  },
  {
    title: "evenly spaced numbers",
    inputs: { x: { shape: [7] } },
    fn: ({ x }) => [tf.mul(x, tf.linspace(-1, 2, 7)), tf.linspace(3, 4, 1)],
  },
];

testKernels(constantKernels, cases);
