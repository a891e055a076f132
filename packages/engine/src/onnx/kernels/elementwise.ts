import type * as tf from "@tensorflow/tfjs";
import type { Graph } from "../graph.ts";
import { elementwise } from "../layout.ts";
import { elementTypeOf, scalarLike, spreadValue, uniformValue, type Value } from "../value.ts";
import { binary, broadcast, castTo, each, unary } from "./each.ts";
import { beforePool, withBias } from "./fusion.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { asLogSoftmax } from "./log-softmax.ts";

interface Pair {
  a: Value;
  b: Value;
}

/** Arithmetic on every element alone. Operands broadcast in ONNX as they do in TF.js. */
export const elementwiseKernels: Kernels = {
  Add: kernel<Pair>((graph, { a, b }) => add(graph, a, b)),
  AddN: (graph, inputs) => {
    const [first, ...others] = Object.values(inputs) as [Value, ...Value[]];
    // ONNX Runtime sums any number of float tensors at once, but no others.
    if (others.length < 2 || first.dtype !== "float32") return others.reduce((sum, b) => add(graph, sum, b), first);
    return elementwise(graph, [first, ...others], first.shape, first.dtype, (names) => graph.op("Sum", names));
  },
  Sub: binary(
    "Sub",
    (a, b) => a - b,
    (graph, a, b) => unlessNeutral(a, b, 0) ?? asLogSoftmax(graph, a, b),
  ),
  // Times one is nothing: gradients begin with it.
  Multiply: binary(
    "Mul",
    (a, b) => a * b,
    (_, a, b) => unlessNeutral(a, b, 1) ?? unlessNeutral(b, a, 1) ?? beforePool(a, b),
  ),
  RealDiv: binary(
    "Div",
    (a, b) => a / b,
    (_, a, b) => unlessNeutral(a, b, 1),
  ),
  Maximum: binary("Max", Math.max),
  Minimum: binary("Min", Math.min),
  SquaredDifference: kernel<Pair>((graph, { a, b }) =>
    each(
      graph,
      [a, b],
      a.dtype,
      (x, y) => (x - y) ** 2,
      (names) => squared(graph, graph.op("Sub", names)),
    ),
  ),
  Pow: binary("Pow", Math.pow, (graph, a, b) => {
    if (b.uniform === 0) return uniformValue(1, broadcast(a.shape, b.shape), a.dtype);
    if (b.uniform === 2 && isWhole(a, b)) return square(graph, a);
    return unlessNeutral(a, b, 1);
  }),
  FloorDiv: kernel<Pair>((graph, { a, b }) =>
    each(
      graph,
      [a, b],
      "int32",
      (x, y) => Math.floor(x / y),
      ([x, y]) => floorDiv(graph, x as string, y as string, a.dtype),
    ),
  ),
  Mod: kernel<Pair>((graph, { a, b }) =>
    each(
      graph,
      [a, b],
      a.dtype,
      (x, y) => ((x % y) + (x < 0 === y < 0 ? 0 : y)) % y,
      ([x, y]) => mod(graph, x as string, y as string, a.dtype),
    ),
  ),
  BitwiseAnd: binary("BitwiseAnd", (a, b) => a & b),

  Neg: unary("Neg", (x) => -x),
  Abs: unary("Abs", Math.abs),
  Sign: unary("Sign", Math.sign),
  Square: kernel<{ x: Value }>((graph, { x }) => square(graph, x)),
  Sqrt: unary("Sqrt", Math.sqrt),
  Rsqrt: kernel<{ x: Value }>((graph, { x }) =>
    each(
      graph,
      [x],
      x.dtype,
      (number) => 1 / Math.sqrt(number),
      (names) => graph.op("Reciprocal", [graph.op("Sqrt", names)]),
    ),
  ),
  Reciprocal: unary("Reciprocal", (x) => 1 / x),
  Ceil: unary("Ceil", Math.ceil),
  Floor: unary("Floor", Math.floor),
  // Halves to the even number, in both.
  Round: unary("Round"),
  ClipByValue: kernel<{ x: Value }, tf.ClipByValueAttrs>((graph, { x }, { clipValueMin, clipValueMax }) =>
    each(
      graph,
      [x],
      x.dtype,
      (number) => Math.min(Math.max(number, clipValueMin), clipValueMax),
      ([name]) =>
        graph.op("Clip", [name as string, scalarLike(graph, x, clipValueMin), scalarLike(graph, x, clipValueMax)]),
    ),
  ),
  Cast: kernel<{ x: Value }, tf.CastAttrs>((graph, { x }, { dtype }) => cast(graph, x, dtype)),
};

/** Numbers without an integer part that int32 could hold (NaN, infinities) become 0 in TF.js, but not here. */
export function cast(graph: Graph, x: Value, dtype: tf.DataType): Value {
  const from = fromBoolean.get(x) ?? x;
  if (dtype === from.dtype || dtype === x.dtype) return dtype === x.dtype ? x : from;
  const result = each(
    graph,
    [from],
    dtype,
    (number) => number,
    ([name]) => castTo(graph, name as string, elementTypeOf(dtype)),
  );
  if (from.dtype === "bool") fromBoolean.set(result, from);
  return result;
}

/** The booleans that numbers were made of: they can become other numbers at once. */
const fromBoolean = new WeakMap<Value, Value>();

export function add(graph: Graph, a: Value, b: Value): Value {
  return addition(graph, { a, b }, {}) as Value;
}

const addition = binary(
  "Add",
  (a, b) => a + b,
  // A bias goes into the operation before it, if that has room for one.
  (graph, a, b) => unlessNeutral(a, b, 0) ?? unlessNeutral(b, a, 0) ?? withBias(graph, a, b),
);

/** `a`, if `b` is nothing but a number that changes nothing; at most, it repeats `a`. */
function unlessNeutral(a: Value, b: Value, neutral: number): Value | undefined {
  if (b.uniform !== neutral) return undefined;
  if (isWhole(a, b)) return a;
  const shape = broadcast(a.shape, b.shape);
  return shape.length === 4 || a.names.one !== undefined ? undefined : spreadValue(a, shape);
}

/** Whether `a` has the shape to which both broadcast. */
function isWhole(a: Value, b: Value): boolean {
  const shape = broadcast(a.shape, b.shape);
  return a.shape.length === shape.length && a.shape.every((size, axis) => size === shape[axis]);
}

function square(graph: Graph, x: Value): Value {
  return each(
    graph,
    [x],
    x.dtype,
    (number) => number * number,
    ([name]) => squared(graph, name as string),
  );
}

/** x · x: one pass, where Pow takes a logarithm. */
function squared(graph: Graph, name: string): string {
  return graph.op("Mul", [name, name]);
}

function floorDiv(graph: Graph, a: string, b: string, dtype: tf.DataType): string {
  // Less its remainder, a whole number divides exactly.
  if (dtype === "int32") return graph.op("Div", [graph.op("Sub", [a, graph.op("Mod", [a, b])]), b]);
  // In double precision, as in JavaScript: in single, 0.7 / 0.1 would be 7.
  const quotient = graph.op("Div", [castTo(graph, a, "float64"), castTo(graph, b, "float64")]);
  return castTo(graph, graph.op("Floor", [quotient]), "int32");
}

/** The remainder with the divisor's sign, which is what ONNX's Mod gives for whole numbers; for others, a's sign. */
function mod(graph: Graph, a: string, b: string, dtype: tf.DataType): string {
  if (dtype === "int32") return graph.op("Mod", [a, b]);
  const remainder = graph.op("Mod", [a, b], { fmod: { int: 1 } });
  const otherSign = graph.op("Less", [graph.op("Mul", [remainder, b]), graph.float(0)]);
  return graph.op("Where", [otherSign, graph.op("Add", [remainder, b]), remainder]);
}
