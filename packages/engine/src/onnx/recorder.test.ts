import type * as tfTypes from "@tensorflow/tfjs";
import { afterEach, expect, test } from "vitest";
import { UnsupportedKernel, UntraceableProgram } from "../errors.ts";
import { tfjs } from "../tfjs.ts";
import { compileStep } from "./compile-step.ts";
import { Graph } from "./graph.ts";
import { record } from "./recorder.ts";
import type { Target } from "./runtime.ts";
import { made } from "./value.ts";

const tf = tfjs();
const target: Target = { provider: "cpu", block: 0 };
type Body = (x: tfTypes.Tensor) => unknown;

afterEach(async () => {
  await tf.setBackend("cpu");
});

test.each<[string, Body]>([
  ["dataSync", (x) => x.dataSync()],
  ["arraySync", (x) => x.arraySync()],
  ["data", async (x) => (await x.data())[0]],
  ["array", async (x) => await x.array()],
  ["a condition", (x) => (tf.greater(tf.sum(x), 0).dataSync()[0] ? x : tf.neg(x))],
  ["numbers known now", () => tf.scalar(3).arraySync()],
])("a program that reads numbers cannot be traced: %s", (_, body) => {
  expect(() => trace(body)).toThrow(UntraceableProgram);
  expect(() => trace(body)).toThrow("choose with tf.where");
});

test.each<[string, Body]>([
  ["Math.random", (x) => tf.mul(x, Math.random())],
  ["tf.randomUniform", (x) => tf.mul(x, tf.randomUniform([3]))],
  ["tf.randomUniform with a seed", (x) => tf.mul(x, tf.randomUniform([3], 0, 1, "float32", 7))],
  ["one number of a seed", (x) => tf.mul(x, tf.randomUniform([1], 0, 1, "float32", 7))],
  ["whole numbers of a seed", (x) => tf.gather(x, tf.randomUniform([2], 0, 3, "int32", 7) as tfTypes.Tensor1D)],
  ["tf.randomNormal", (x) => tf.add(x, tf.randomNormal([3]))],
  ["tf.randomNormal with a seed", (x) => tf.add(x, tf.randomNormal([3], 0, 1, "float32", 7))],
  ["tf.truncatedNormal with a seed", (x) => tf.add(x, tf.truncatedNormal([3], 0, 1, "float32", 7))],
  ["tf.dropout", (x) => tf.dropout(x, 0.5)],
  ["tf.dropout with a seed", (x) => tf.dropout(x, 0.5, undefined, 7)],
  [
    "tf.rand",
    (x) =>
      tf.add(
        x,
        tf.rand([1], () => 0.5),
      ),
  ],
  ["numbers made up", (x) => tf.add(x, tf.tensor1d([1, 2, 3]))],
])("a program that makes up numbers cannot be traced: %s", (_, body) => {
  expect(() => trace(body)).toThrow(UntraceableProgram);
  expect(() => trace(body)).toThrow("uniform()");
});

test.each<[string, Body]>([
  ["Complex", (x) => tf.spectral.fft(tf.complex(x, x))],
  ["Multinomial", (x) => tf.multinomial(x as tfTypes.Tensor1D, 2, 7)],
  ["Unique", (x) => tf.unique(x).values],
])("a kernel without an expression is named: %s", (kernel, body) => {
  expect(() => trace(body)).toThrow(UnsupportedKernel);
  expect(() => trace(body)).toThrow(`TF.js kernel ${kernel} has no ONNX expression yet; add it to a family`);
});

test("tensors from before a trace are constants of it, and as good as before afterwards", async () => {
  await tf.setBackend("cpu");
  const [weights, ids, mask] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([2, 0], "int32"), tf.tensor1d([1, 0, 1], "bool")];
  const step = compileStep(target, { x: { shape: [3] } }, ({ x }) => ({
    y: tf.add(tf.gather(tf.where(mask, tf.mul(x as tfTypes.Tensor, weights), 0), ids), tf.scalar(10)),
  }));
  const x = { shape: [3], data: Float32Array.of(4, 5, 6) };
  const { y } = await step.run({ x });
  expect([...(y?.data ?? [])]).toEqual([28, 14]);
  step.dispose();
  expect([...tf.mul(weights, 2).dataSync()]).toEqual([2, 4, 6]);
  expect([...tf.gather(weights, ids).dataSync()]).toEqual([3, 1]);
  // Still the first trace's numbers, and those of another one.
  const again = compileStep(target, {}, () => ({ y: tf.square(weights) }));
  expect([...((await again.run({})).y?.data ?? [])]).toEqual([1, 4, 9]);
  again.dispose();
  tf.dispose([weights, ids, mask]);
});

test("a variable of before may be read and assigned", () => {
  const variable = tf.variable(tf.tensor1d([1, 2, 3]));
  const graph = new Graph();
  record(graph, ({ tensor, name }) => {
    const x = tensor(made(graph.input("float32", [3]), [3]));
    graph.output(name(tf.add(variable, x)), "float32", [3]);
  });
  expect(graph.needed().nodes.map(({ op }) => op)).toEqual(["Add"]);
  expect([...variable.dataSync()]).toEqual([1, 2, 3]);
  variable.dispose();
});

test.each(["cpu", "cpu-again"])("an error in a trace leaves TF.js as it was (%s)", async (backend) => {
  if (backend !== "cpu") tf.registerBackend(backend, () => tf.findBackend("cpu") as tfTypes.KernelBackend);
  await tf.setBackend(backend);
  const random = Math.random;
  expect(() =>
    trace(() => {
      throw new RangeError("own");
    }),
  ).toThrow(new RangeError("own"));
  expect(tf.getBackend()).toBe(backend);
  expect(Math.random).toBe(random);
  expect(() => trace((x) => tf.square(x))).not.toThrow();
  expect(tf.getBackend()).toBe(backend);
});

test("a trace within a trace is refused, and the outer one goes on", () => {
  let inner: unknown;
  trace((x) => {
    try {
      trace((y) => y);
    } catch (error) {
      inner = error;
    }
    return tf.square(x);
  });
  expect(inner).toBeInstanceOf(UntraceableProgram);
});

test("a traced tensor that escaped says that its trace is over", () => {
  let escaped: tfTypes.Tensor | undefined;
  trace((x) => {
    escaped = tf.keep(tf.square(x));
    return escaped;
  });
  expect(() => escaped?.dataSync()).toThrow(UntraceableProgram);
  escaped?.dispose();
});

test("no tensor stays behind, not even of traces that fail", () => {
  const bodies: Body[] = [
    (x) => tf.grad((y: tfTypes.Tensor) => tf.sum(tf.square(tf.relu(y))))(x),
    (x) => tf.grad((y: tfTypes.Tensor) => tf.sum(tf.grad((z: tfTypes.Tensor) => tf.sum(tf.square(z)))(y)))(x),
    (x) => x.data(),
    (x) => tf.dropout(tf.softmax(x), 0.5),
    (x) => tf.grad((y: tfTypes.Tensor) => tf.sum(tf.add(tf.square(tf.tanh(y)), tf.unique(y).values)))(x),
    (x) => tf.grad((y: tfTypes.Tensor) => tf.sum(tf.mul(tf.square(y), tf.square(y).dataSync()[0] as number)))(x),
    (x) => tf.square(tf.add(x, before)),
  ];
  const before = tf.tensor1d([1, 2, 3]);
  const traceAll = () => {
    for (const body of bodies) {
      try {
        trace(body);
      } catch (error) {
        expect(error).toHaveProperty("code");
      }
    }
  };
  traceAll();
  const recorder = tf.findBackend("shadowfarm-recorder") as tfTypes.KernelBackend;
  const [tensors, dataIds] = [tf.memory().numTensors, recorder.numDataIds()];
  for (let times = 0; times < 20; times++) traceAll();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(recorder.numDataIds()).toBe(dataIds);
  before.dispose();
});

function trace(body: Body): Graph {
  const graph = new Graph();
  record(graph, ({ tensor }) => {
    body(tensor(made(graph.input("float32", [3]), [3])));
  });
  return graph;
}
