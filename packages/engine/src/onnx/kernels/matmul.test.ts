import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { tfjs } from "../../tfjs.ts";
import { Graph } from "../graph.ts";
import { record } from "../recorder.ts";
import { made } from "../value.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { matmulKernels } from "./matmul.ts";

const tf = tfjs();
const transposed = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

const cases: Case[] = [
  ...transposed.flatMap(([transposeA, transposeB]): Case[] =>
    [[], [2], [2, 3]].flatMap((batch) => {
      const shapes = {
        a: [...batch, ...(transposeA ? [4, 3] : [3, 4])],
        b: [...batch, ...(transposeB ? [2, 4] : [4, 2])],
      };
      const fn = ({ a, b }: { a: tfTypes.Tensor; b: tfTypes.Tensor }) => tf.matMul(a, b, transposeA, transposeB);
      const title = `a product of rank ${batch.length + 2}, transposed ${transposeA} and ${transposeB},`;
      return [
        { title, inputs: { a: { shape: shapes.a }, b: { shape: shapes.b } }, fn },
        {
          title: `${title} of whole numbers`,
          inputs: {
            a: { shape: shapes.a, dtype: "int32", low: -5, high: 5 },
            b: { shape: shapes.b, dtype: "int32", low: -5, high: 5 },
          },
          fn,
          gradient: false,
        },
      ];
    }),
  ),
  // TF.js has no gradients of these.
  {
    title: "a batch times one matrix",
    inputs: { a: { shape: [2, 3, 4] }, b: { shape: [1, 4, 2] } },
    fn: ({ a, b }) => tf.matMul(a, b),
    gradient: false,
  },
  {
    title: "a batch of one made of a matrix",
    inputs: { a: { shape: [3, 4] }, b: { shape: [4, 2] } },
    fn: ({ a, b }) => tf.matMul(a.reshape([1, 3, 4]), b.reshape([1, 4, 2])),
  },
  {
    title: "a product of a uniform matrix",
    inputs: { a: { shape: [3, 4] } },
    fn: ({ a }) => tf.matMul(a, tf.fill([4, 2], 0.5)),
  },
  {
    title: "a product with vectors",
    inputs: { a: { shape: [4] }, b: { shape: [4, 2] } },
    fn: ({ a, b }) => [tf.dot(a, b), tf.outerProduct(a as tfTypes.Tensor1D, tf.mul(a, 2))],
  },
  ...(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const).flatMap((activation): Case[] => [
    {
      title: `a fused product with bias and ${activation}`,
      inputs: { a: { shape: [3, 4] }, b: { shape: [4, 2] }, c: { shape: [2] } },
      fn: ({ a, b, c }) => tf.fused.matMul({ a, b, bias: c, activation, leakyreluAlpha: 0.3 }),
    },
    {
      title: `a fused product with ${activation} alone`,
      inputs: { a: { shape: [2, 3, 4] }, b: { shape: [2, 4, 2] } },
      fn: ({ a, b }) => tf.fused.matMul({ a, b, activation }),
    },
  ]),
  {
    title: "a fused product with a learnt slope",
    inputs: { a: { shape: [3, 4] }, b: { shape: [2, 4] }, c: { shape: [2] } },
    fn: ({ a, b, c }) =>
      tf.fused.matMul({ a, b, transposeB: true, bias: c, activation: "prelu", preluActivationWeights: c }),
  },
  {
    title: "two dense layers and their gradients",
    inputs: { x: { shape: [5, 4] }, a: { shape: [4, 3] }, b: { shape: [3, 2] }, c: { shape: [3] } },
    fn: ({ x, a, b, c }) => tf.fused.matMul({ a: tf.relu(tf.fused.matMul({ a: x, b: a, bias: c })), b }),
  },
  ...["ij,jk->ik", "ij->ji", "bij,bjk->bik", "ij,j->i", "ij->", "i,j->ij", "ij,ij->i"].map((equation): Case => {
    const sizes: Record<string, number> = { b: 2, i: 3, j: 4, k: 5 };
    const [terms = ""] = equation.split("->");
    const shapes = terms.split(",").map((term) => [...term].map((letter) => sizes[letter] as number));
    const inputs = Object.fromEntries(shapes.map((shape, at) => [`in${at}`, { shape }]));
    return {
      title: `tf.einsum("${equation}")`,
      inputs,
      fn: (given) => tf.einsum(equation, ...Object.keys(inputs).map((name) => given[name] as tfTypes.Tensor)),
      gradient: false,
    };
  }),
];

testKernels(matmulKernels, cases);

test("layers that TF.js multiplies as batches of one are Gemms with their biases", () => {
  const graph = new Graph();
  record(graph, ({ tensor, name }) => {
    const [x, a, b, c] = [[5, 4], [4, 3], [3, 2], [3]].map((shape) =>
      tensor(made(graph.input("float32", shape), shape)),
    );
    const hidden = tf.fused.matMul({
      a: x as tfTypes.Tensor,
      b: a as tfTypes.Tensor,
      bias: c as tfTypes.Tensor,
      activation: "relu",
    });
    graph.output(name(tf.fused.matMul({ a: hidden, b: b as tfTypes.Tensor })), "float32", [5, 2]);
  });
  const { nodes } = graph.needed();
  expect(nodes.map(({ op, inputs }) => [op, inputs.length])).toEqual([
    ["Gemm", 3],
    ["Relu", 1],
    ["Gemm", 2],
  ]);
});
