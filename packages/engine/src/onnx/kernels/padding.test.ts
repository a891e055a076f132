import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { paddingKernels } from "./padding.ts";

const tf = tfjs();
const matrix = { x: { shape: [3, 4] } };
const image = { x: { shape: [2, 4, 6, 2] } };
const around: [number, number][] = [
  [1, 2],
  [0, 1],
];

const cases: Case[] = [
  {
    title: "padding",
    inputs: matrix,
    fn: ({ x }) => [
      tf.pad(x, around),
      tf.pad(x, around, -2.5),
      tf.pad(x, [
        [0, 0],
        [0, 0],
      ]),
    ],
  },
  {
    title: "padding of uniform tensors",
    inputs: matrix,
    fn: ({ x }) => [
      tf.mul(
        tf.slice(x, 0, [3, 4]),
        tf.pad(
          tf.fill([2, 4], 2),
          [
            [1, 0],
            [0, 0],
          ],
          2,
        ),
      ),
      tf.mul(
        x,
        tf.pad(tf.fill([2, 4], 2), [
          [1, 0],
          [0, 0],
        ]),
      ),
    ],
  },
  // Their gradient in TF.js leaves out what was mirrored, and so does this.
  {
    title: "mirrors",
    inputs: matrix,
    fn: ({ x }) => [
      tf.mirrorPad(
        x,
        [
          [2, 1],
          [0, 3],
        ],
        "reflect",
      ),
      tf.mirrorPad(
        x,
        [
          [2, 3],
          [0, 4],
        ],
        "symmetric",
      ),
    ],
  },
  {
    title: "repetitions",
    inputs: matrix,
    fn: ({ x }) => [tf.tile(x, [2, 3]), tf.tile(x, [1, 1]), tf.tile(tf.reshape(x, [3, 1, 4]), [1, 5, 1])],
  },
  {
    title: "broadcasts",
    inputs: { x: { shape: [3, 1] }, a: { shape: [] } },
    fn: ({ x, a }) => [
      tf.broadcastTo(x, [2, 3, 4]),
      tf.tile(tf.mul(a, tf.ones([2])), [3]),
      tf.mul(x, tf.tile(tf.fill([3, 1], 2), [1, 2])),
    ],
  },
  {
    title: "blocks of an image to a batch",
    inputs: image,
    fn: ({ x }) => [
      tf.spaceToBatchND(
        x,
        [2, 3],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.spaceToBatchND(
        x,
        [3, 2],
        [
          [1, 1],
          [2, 0],
        ],
      ),
    ],
  },
  {
    title: "blocks of a batch to an image",
    inputs: { x: { shape: [12, 2, 3, 2] } },
    fn: ({ x }) => [
      tf.batchToSpaceND(
        x,
        [2, 3],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [1, 0],
          [1, 2],
        ],
      ),
    ],
  },
  {
    title: "whole numbers and booleans",
    inputs: { x: { shape: [2, 2], values: [1, 2, 3, 4], dtype: "int32" } },
    fn: ({ x }) => [
      tf.pad(x, around, 7),
      tf.tile(x, [2, 1]),
      tf.tile(tf.greater(x, 2), [1, 3]),
      tf.pad(tf.greater(x, 2), around),
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [1, 1],
        ],
        "reflect",
      ),
    ],
    gradient: false,
  },
];

testKernels(paddingKernels, cases);
