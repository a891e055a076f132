import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { sizeOf } from "../arrays.ts";
import { uniformNumbers } from "../counter-hash.ts";
import { tfjs } from "../tfjs.ts";
import { Graph } from "./graph.ts";
import { named } from "./layout.ts";
import { probeBlock } from "./nchwc.ts";
import { record } from "./recorder.ts";
import { onnxruntime, openSession } from "./runtime.ts";
import { elementTypeOf, type Layout, made, type Value } from "./value.ts";

const tf = tfjs();
type Image = tfTypes.Tensor4D;
type Program = (image: Image, other: Image, channels: tfTypes.Tensor1D) => tfTypes.Tensor | tfTypes.Tensor[];

const block = await probeBlock();
const layouts: Layout[] = block === 0 ? ["plain", "nchw"] : ["plain", "nchw", "blocked"];
const channels = 2 * (block || 8);
const shape: [number, number, number, number] = [2, 4, 6, channels];
const sizes = [sizeOf(shape), sizeOf(shape), channels];
const [image, other, perChannel] = sizes.map((size, call) => uniformNumbers(7, 0, call, size).map((u) => 2 * u - 1));
const axes = [[0, 1, 2, 3], [1, 2, 3], [0, 1, 2], [1, 2], [0], [3], [0, 3]];

const programs: Record<string, Program> = {
  "functions of every element": (x) => tf.tanh(tf.add(tf.square(x), 1)),
  "an image and one in another order": (x, y) => tf.mul(tf.sub(x, y), tf.add(y, x)),
  "a number a channel": (x, _, c) => tf.relu(tf.add(tf.mul(x, c), tf.reshape(c, [1, 1, 1, -1]))),
  "a number a channel of each image": (x) => tf.sub(x, tf.mean(x, [1, 2], true)),
  "a number a channel of all images": (x) => tf.div(x, tf.add(tf.mean(tf.square(x), [0, 1, 2], true), 1)),
  "a number an image": (x) => tf.mul(x, tf.max(x, [1, 2, 3], true)),
  "choices among elements": (x, y) => tf.where(tf.logicalOr(tf.greater(x, y), tf.less(x, -0.5)), x, tf.neg(y)),
  "booleans and whole numbers": (x, y) => [
    tf.greater(x, 0),
    tf.cast(tf.mul(x, 10), "int32"),
    tf.logicalAnd(tf.less(y, 0), tf.less(x, 0)),
  ],
  "slopes to learn": (x, _, c) => tf.prelu(x, c as tfTypes.Tensor),
  "slices of all axes": (x) => tf.slice(x, [1, 1, 2, 3], [1, 2, 3, 5]),
  "mirrored rows": (x) => tf.reverse(x, [2]),
  "padding around": (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
      0.5,
    ),
  "channels side by side": (x, y) => [tf.concat([x, y], 3), tf.concat([x, x], 3), tf.concat([x, tf.zerosLike(x)], 1)],
  "channels apart": (x) => tf.split(x, 2, 3),
  "all in one row": (x) => tf.reshape(x, [2, -1]),
  "axes in another order": (x) => tf.transpose(x, [0, 3, 1, 2]),
  "the largest channel": (x) => tf.argMax(x, 3),
  ...Object.fromEntries(
    axes.map((over): [string, Program] => [
      `reductions over ${over}`,
      (x) => [tf.sum(x, over), tf.mean(x, over, true), tf.max(x, over), tf.all(tf.greater(x, -0.9), over)],
    ]),
  ),
};

test.each(
  layouts.flatMap((layout) => Object.entries(programs).map(([title, program]) => ({ layout, title, program }))),
)("$title, given an image that is $layout,", async ({ layout, program }) => {
  const [compiled, expected] = [await run(layout, program), await onCpu(program)];
  expect(compiled.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  const differences = compiled.flatMap((part, at) => part.map((x, i) => Math.abs(x - (expected[at]?.[i] as number))));
  expect(differences.reduce((largest, x) => Math.max(largest, x))).toBeLessThan(2e-5);
});

test.skipIf(block === 0).each<[string, number, Program]>([
  ["an activation", 1, (x, _, c) => tf.relu(tf.add(x, c))],
  ["the gradient of a bias", 0, (x) => tf.sum(x, [0, 1, 2])],
  ["a global mean", 0, (x) => tf.mean(x, [1, 2])],
  ["a loss", 0, (x) => tf.mean(tf.square(x))],
])("%s of blocks reorders nothing but its result, %i times", (_, reordered, program) => {
  const { nodes } = trace("blocked", program).graph.needed();
  // The test itself makes blocks of its input once.
  expect(nodes.filter(({ op }) => op === "ReorderInput" || op === "Transpose")).toHaveLength(1);
  expect(nodes.filter(({ op }) => op === "ReorderOutput")).toHaveLength(reordered);
});

test("what only repeats something smaller is written out at the end, if at all", () => {
  const repeated = (c: tfTypes.Tensor) => tf.add(tf.div(tf.broadcastTo(c, [5, channels]), 3), tf.ones([5, 1]));
  const opsOf = (program: Program) =>
    trace("plain", program)
      .graph.needed()
      .nodes.map(({ op }) => op);
  expect(opsOf((_, __, c) => repeated(c))).toEqual(["Reshape", "Div", "Add", "Expand"]);
  const rows = () => tf.reshape(tf.range(0, 5), [5, 1]);
  expect(opsOf((_, __, c) => tf.sub(repeated(c), rows()))).not.toContain("Expand");
});

/** A program as a graph whose first input is an image in the layout, and in no other. */
function trace(layout: Layout, program: Program): { graph: Graph; outputs: string[] } {
  const graph = new Graph({ block });
  const [x, y, c] = [shape, shape, [channels]].map((size, at) => made(graph.input("float32", size, `in${at}`), size));
  const outputs = record(graph, ({ tensor, name }) => {
    const only = { ...(x as Value), names: { [layout]: named(graph, x as Value, layout) } };
    const results = [
      program(tensor(only) as Image, tensor(y as Value) as Image, tensor(c as Value) as tfTypes.Tensor1D),
    ];
    return results.flat().map((out) => graph.output(name(out), elementTypeOf(out.dtype), out.shape));
  });
  return { graph, outputs };
}

async function run(layout: Layout, program: Program): Promise<number[][]> {
  const { graph, outputs } = trace(layout, program);
  const session = await openSession(graph, "cpu");
  const { Tensor } = onnxruntime();
  const names = graph.inputs.map(({ name }) => name);
  const feeds = [image, other, perChannel].map((numbers, at) => [
    names[at],
    new Tensor("float32", numbers as Float32Array, at === 2 ? [channels] : shape),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return outputs.map((name) => Array.from(results[name]?.data as Float32Array, Number));
}

async function onCpu(program: Program): Promise<number[][]> {
  await tf.setBackend("cpu");
  return tf.tidy(() => {
    const [x, y] = [image, other].map((numbers) => tf.tensor(numbers as Float32Array, shape) as Image);
    const results = [program(x as Image, y as Image, tf.tensor1d(perChannel as Float32Array))];
    return results.flat().map((out) => [...out.dataSync()]);
  });
}
