import type * as tf from "@tensorflow/tfjs";
import { isShape, sizeOf } from "../../arrays.ts";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { named, plain } from "../layout.ts";
import { made, uniformValue, type Value } from "../value.ts";
import { castTo, rounded } from "./each.ts";
import { cast } from "./elementwise.ts";
import { type Kernel, type Kernels, kernel } from "./kernel.ts";
import { reshape } from "./shape.ts";

interface ReductionAttributes {
  axis?: number | number[] | null;
  /** Max has this name for it. */
  reductionIndices?: number | number[] | null;
  keepDims: boolean;
}

/** Kernels that take axes away. */
export const reductionKernels: Kernels = {
  Sum: reduction("ReduceSum", countable, (x, count) => x * count),
  Prod: reduction("ReduceProd", countable, (x, count) => x ** count),
  Mean: reduction("ReduceMean", () => "float32"),
  // ONNX Runtime finds a NaN for sure only where it comes first, or is everywhere.
  Max: reduction("ReduceMax", same),
  Min: reduction("ReduceMin", same),
  Any: reduction("ReduceMax", same),
  All: reduction("ReduceMin", same),
  ArgMax: arg("ArgMax"),
  ArgMin: arg("ArgMin"),
};

/**
 * @param type the result's type, by the operand's.
 * @param ofEqual what becomes of as many equal numbers.
 */
function reduction(
  op: string,
  type: (dtype: tf.DataType) => tf.DataType,
  ofEqual = (x: number, _count: number) => x,
): Kernel {
  return kernel<{ x: Value }, ReductionAttributes>((graph, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = tfjs().util.parseAxisParam(axis ?? reductionIndices ?? [...x.shape.keys()], [...x.shape]);
    const kept = x.shape.map((size, at) => (axes.includes(at) ? 1 : size));
    const shape = keepDims ? kept : kept.filter((_, at) => !axes.includes(at));
    const dtype = type(x.dtype);
    const count = sizeOf(x.shape) / sizeOf(shape);
    if (x.uniform !== undefined) return uniformValue(rounded(ofEqual(x.uniform, count), dtype), shape, dtype);
    // ONNX reduces no booleans.
    const operand = cast(graph, x, countable(dtype));
    return cast(graph, count === 1 ? reshape(graph, operand, shape) : reduced(graph, op, operand, axes, shape), dtype);
  });
}

function same(dtype: tf.DataType): tf.DataType {
  return dtype;
}

function countable(dtype: tf.DataType): tf.DataType {
  return dtype === "bool" ? "int32" : dtype;
}

function reduced(graph: Graph, op: string, x: Value, axes: readonly number[], shape: readonly number[]): Value {
  const over = (name: string, at: readonly number[], keepdims = 0) =>
    graph.op(op, [name, graph.ints(at)], { keepdims: { int: keepdims } });
  const sums = op === "ReduceSum" && x.dtype === "float32" ? summedApart(graph, x, axes) : undefined;
  if (sums !== undefined) return reshape(graph, sums, shape);
  // All of a max pool's gradient ends up somewhere in its image.
  const whole = op === "ReduceSum" && isShape(axes, [0, 1, 2]) ? (x.maxPool?.dy ?? x) : x;
  const name = reducedImage(graph, whole, axes, over);
  if (name === undefined) {
    return made(over(plain(graph, whole), axes, shape.length === x.shape.length ? 1 : 0), shape, x.dtype);
  }
  const left = x.shape.filter((_, axis) => !axes.includes(axis));
  return reshape(graph, made(name, left, x.dtype), shape);
}

/**
 * Sums over the matrices of a stack, as matrix products with ones. ONNX Runtime's own sums start their vectors where memory
 * is aligned, so that the same matrix at another place in another stack could round otherwise. Not of large stacks: their
 * ones would cost more than they are worth, and what is packed is small.
 */
function summedApart(graph: Graph, x: Value, axes: readonly number[]): Value | undefined {
  const [count, rows, columns] = x.shape as [number, number, number];
  if (x.shape.length !== 3 || (!isShape(axes, [1]) && !isShape(axes, [1, 2]))) return undefined;
  if (sizeOf(x.shape) > 2 ** 20) return undefined;
  const ones = (shape: number[]) => graph.constant("float32", shape, new Float32Array(sizeOf(shape)).fill(1));
  if (axes.length === 1)
    return made(graph.op("MatMul", [ones([count, 1, rows]), plain(graph, x)]), [count, 1, columns]);
  const flat = plain(graph, reshape(graph, x, [count, 1, rows * columns]));
  return made(graph.op("MatMul", [flat, ones([count, rows * columns, 1])]), [count, 1, 1]);
}

/** A reduction in the order in which an image is, when that is not TF.js's and what is left comes out in TF.js's. */
function reducedImage(
  graph: Graph,
  x: Value,
  axes: readonly number[],
  over: (name: string, axes: readonly number[]) => string,
): string | undefined {
  const { names, shape } = x;
  const name = names.nchw ?? names.blocked;
  if (names.plain !== undefined || name === undefined) return undefined;
  const is = (...others: number[]) => isShape(axes, others);
  // Every image's numbers lie together in all orders.
  if (is(0, 1, 2, 3) || is(1, 2, 3)) return over(name, axes);
  if (!is(1, 2) && !is(0, 1, 2)) return undefined;
  if (names.nchw !== undefined) return over(names.nchw, is(1, 2) ? [2, 3] : [0, 2, 3]);
  // Batch × channels/b × pixels × b. In two steps: in one it takes ten times as long.
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const memory = [batch, channels / graph.block, height * width, graph.block];
  const perImage = over(graph.op("Reshape", [named(graph, x, "blocked"), graph.ints(memory)]), [2]);
  const rows = graph.op("Reshape", [perImage, graph.ints([batch, channels])]);
  return is(1, 2) ? rows : over(rows, [0]);
}

/** Where the largest or smallest number is; of equal ones, the first. */
function arg(op: string): Kernel {
  return kernel<{ x: Value }, tf.ArgMaxAttrs>((graph, { x }, { axis }) => {
    const [at] = tfjs().util.parseAxisParam(axis, [...x.shape]) as [number];
    const shape = x.shape.toSpliced(at, 1);
    const name = plain(graph, cast(graph, x, countable(x.dtype)));
    const found = graph.op(op, [name], { axis: { int: at }, keepdims: { int: 0 } });
    return made(castTo(graph, found, "int32"), shape, "int32");
  });
}
