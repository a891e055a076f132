import { expect, test } from "vitest";
import { Graph } from "./graph.ts";
import { onnxruntime, openSession } from "./runtime.ts";

test("equal nodes and equal constants are made once", () => {
  const graph = new Graph();
  const x = graph.input("float32", [2]);
  const double = () => graph.op("Mul", [x, graph.constant("float32", [], [2])], { note: { ints: [1, 2] } });
  expect(double()).toBe(double());
  expect(graph.op("Mul", [x, graph.float(2)])).not.toBe(double());
  expect(graph.ints([1])).not.toBe(graph.int(1));
  expect(graph.constant("float32", [1], [2])).not.toBe(graph.float(2));
  expect(graph.constant("int32", [], [0])).not.toBe(graph.constant("float32", [], [0]));
  expect(graph.multi("Split", 2, [x])).toEqual(graph.multi("Split", 2, [x]));
});

test("zero and minus zero are two constants", () => {
  const graph = new Graph();
  expect(graph.float(0)).not.toBe(graph.float(-0));
});

test("what no output needs is left out, nodes as well as constants", () => {
  const graph = new Graph();
  const x = graph.input("float32", [2]);
  graph.op("Add", [x, graph.float(3)]);
  const kept = graph.op("Neg", [x]);
  graph.output(graph.op("Mul", [kept, graph.float(2)]), "float32", [2]);
  const { nodes, constants } = graph.needed();
  expect(nodes.map(({ op }) => op)).toEqual(["Neg", "Mul"]);
  expect(constants).toHaveLength(1);
});

test("one output of a node that is needed keeps the node", () => {
  const graph = new Graph();
  const [, last] = graph.multi("Split", 2, [graph.input("float32", [2])], { num_outputs: { int: 2 } });
  graph.output(last as string, "float32", [1]);
  expect(graph.needed().nodes).toHaveLength(1);
});

test("inputs, constants and repeated values become outputs under names of their own", async () => {
  const graph = new Graph();
  const x = graph.input("float32", [2], "x");
  const negative = graph.op("Neg", [x]);
  const outputs = [x, negative, negative, graph.constant("float32", [2], [5, 6])].map((name) =>
    graph.output(name, "float32", [2]),
  );
  expect(new Set([...outputs, x]).size).toBe(5);
  expect(outputs[1]).toBe(negative);
  expect(await run(graph, { x: [1, 2] })).toEqual([
    [1, 2],
    [-1, -2],
    [-1, -2],
    [5, 6],
  ]);
});

test("the body of a loop takes values and constants from the graph around it, and keeps what makes them", async () => {
  const graph = new Graph();
  const x = graph.input("float32", [2], "x");
  const step = graph.op("Mul", [x, graph.float(2)]);
  const body = new Graph();
  body.input("int64", []);
  const go = body.input("bool", []);
  const sum = body.input("float32", [2]);
  body.output(body.op("Identity", [go]), "bool", []);
  const next = body.op("Add", [body.op("Add", [sum, step]), graph.float(0.5)]);
  body.output(next, "float32", [2]);
  // Once carried, once collected: the same value twice.
  body.output(next, "float32", [2]);
  const count = graph.constant("int64", [], [3]);
  const [last, all] = graph.multi("Loop", 2, [count, "", x], { body: { graph: body } });
  graph.output(last as string, "float32", [2]);
  graph.output(all as string, "float32", [3, 2]);
  expect(graph.needed().nodes.map(({ op }) => op)).toEqual(["Mul", "Loop"]);
  expect(await run(graph, { x: [1, 10] })).toEqual([
    [8.5, 71.5],
    [3.5, 30.5, 6, 51, 8.5, 71.5],
  ]);
});

test("two loops with equal inputs stay two", () => {
  const graph = new Graph();
  const loop = () => graph.multi("Loop", 1, [graph.input("float32", [1])], { body: { graph: new Graph() } });
  expect(loop()).not.toEqual(loop());
});

test.each([0, 1, -1, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32 + 5, 2 ** 53 - 1, -(2 ** 53) + 1])(
  "the integer %i survives as an attribute and as a constant",
  async (integer) => {
    const graph = new Graph();
    graph.output(graph.op("Constant", [], { value_int: { int: integer } }), "int64", []);
    graph.output(graph.op("Constant", [], { value_ints: { ints: [integer, 0 - integer] } }), "int64", [2]);
    graph.output(graph.ints([integer]), "int64", [1]);
    expect(await run(graph)).toEqual([[integer], [integer, 0 - integer], [integer]]);
  },
);

test("constants of every type and shape survive", async () => {
  const graph = new Graph();
  graph.output(graph.constant("float32", [3], [0.1, Infinity, -0]), "float32", [3]);
  graph.output(graph.constant("int32", [2], [-(2 ** 31), 2 ** 31 - 1]), "int32", [2]);
  graph.output(graph.constant("bool", [2, 1], [1, 0]), "bool", [2, 1]);
  graph.output(graph.constant("float64", [1], [1e-300]), "float64", [1]);
  graph.output(graph.constant("uint32", [], [2 ** 32 - 1]), "uint32", []);
  graph.output(graph.constant("float32", [0, 3], []), "float32", [0, 3]);
  graph.output(graph.constant("float32", [300], new Float32Array(300).fill(7)), "float32", [300]);
  expect(await run(graph)).toEqual([
    [Math.fround(0.1), Infinity, -0],
    [-(2 ** 31), 2 ** 31 - 1],
    [1, 0],
    [1e-300],
    [2 ** 32 - 1],
    [],
    new Array(300).fill(7),
  ]);
});

test("names, texts and a dimension without a size survive", async () => {
  const graph = new Graph();
  const x = graph.input("float32", ["rows", 2], "größe/x");
  graph.output(graph.op("Pad", [x, graph.ints([1, 0, 0, 0])], { mode: { text: "edge" } }), "float32", ["more", 2]);
  expect(await run(graph, { "größe/x": [1, 2] }, [1, 2])).toEqual([[1, 2, 1, 2]]);
});

async function run(graph: Graph, inputs: Record<string, number[]> = {}, shape = [2]): Promise<number[][]> {
  const session = await openSession(graph, "cpu");
  const { Tensor } = onnxruntime();
  const feeds = Object.entries(inputs).map(([name, numbers]) => [
    name,
    new Tensor("float32", Float32Array.from(numbers), shape),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return graph.outputs.map(({ name }) => Array.from(results[name]?.data as Float32Array, Number));
}
