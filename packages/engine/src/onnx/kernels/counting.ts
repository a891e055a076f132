import type * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../arrays.ts";
import type { Graph } from "../graph.ts";
import { plain } from "../layout.ts";
import { elementTypeOf, made, scalarLike, type Value } from "../value.ts";
import { castTo } from "./each.ts";
import { cast } from "./elementwise.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { reshape } from "./shape.ts";

/** Kernels that compare every number with many: which class it is, how many are alike, how many are less. */
export const countingKernels: Kernels = {
  // ONNX's own OneHot takes −1 for the last class; to TF.js it is none.
  OneHot: kernel<{ indices: Value }, tf.OneHotAttrs>((graph, { indices }, { depth, onValue, offValue, dtype }) => {
    const shape = [...indices.shape, depth];
    const is = memberships(graph, indices, depth);
    if (onValue === 1 && offValue === 0) return cast(graph, made(is, shape, "bool"), dtype);
    const values = [onValue, offValue].map((value) => scalarLike(graph, { dtype: "float32" }, value));
    return cast(graph, made(graph.op("Where", [is, ...values]), shape), dtype);
  }),
  Bincount: kernel<{ x: Value; weights: Value }, tf.BincountAttrs>((graph, { x, weights }, { size }) =>
    counts(graph, reshape(graph, x, [sizeOf(x.shape)]), weights, size, false),
  ),
  DenseBincount: kernel<{ x: Value; weights: Value }, tf.DenseBincountAttrs>(
    (graph, { x, weights }, { size, binaryOutput }) =>
      counts(graph, x, weights, size, binaryOutput === true && x.shape.length === 2),
  ),
  // How many of the sorted numbers are less, or not more.
  SearchSorted: kernel<{ sortedSequence: Value; values: Value }, tf.SearchSortedAttrs>(
    (graph, { sortedSequence, values }, { side }) => {
      const [batch, count] = values.shape as [number, number];
      const sorted = reshape(graph, sortedSequence, [batch, 1, sortedSequence.shape[1] as number]);
      const each = reshape(graph, values, [batch, count, 1]);
      const less = graph.op(side === "left" ? "Less" : "LessOrEqual", [plain(graph, sorted), plain(graph, each)]);
      const found = total(graph, castTo(graph, less, "int32"), 2);
      return made(found, values.shape, "int32");
    },
  ),
  TopK: kernel<{ x: Value }, tf.TopKAttrs>((graph, { x }, { k }) => {
    // Always sorted, which TF.js need not be; of equal numbers the first ones, and first, in both.
    const numbers = cast(graph, x, x.dtype === "bool" ? "int32" : x.dtype);
    const [values, indices] = graph.multi("TopK", 2, [plain(graph, numbers), graph.ints([k])]) as [string, string];
    const shape = x.shape.with(-1, k);
    return [
      cast(graph, made(values, shape, numbers.dtype), x.dtype),
      made(castTo(graph, indices, "int32"), shape, "int32"),
    ];
  }),
};

/** For each index and each class, whether they are the same: one axis more. */
function memberships(graph: Graph, indices: Value, classes: number): string {
  const column = plain(graph, reshape(graph, indices, [...indices.shape, 1]));
  return graph.op("Equal", [
    column,
    graph.constant(
      "int32",
      [classes],
      Array.from({ length: classes }, (_, at) => at),
    ),
  ]);
}

/** Of each row, how often every number below `size` occurs, or the sum of its weights; or only whether. */
function counts(graph: Graph, x: Value, weights: Value, size: number, binary: boolean): Value {
  const axis = x.shape.length - 1;
  const is = castTo(graph, memberships(graph, x, size), elementTypeOf(weights.dtype));
  const shape = [...x.shape.slice(0, -1), size];
  if (binary) {
    const any = graph.op("ReduceMax", [is, graph.ints([axis])], { keepdims: { int: 0 } });
    return made(any, shape, weights.dtype);
  }
  if (sizeOf(weights.shape) === 0) return made(total(graph, is, axis), shape, weights.dtype);
  const weighted = graph.op("Mul", [is, plain(graph, reshape(graph, weights, [...x.shape, 1]))]);
  return made(total(graph, weighted, axis), shape, weights.dtype);
}

function total(graph: Graph, name: string, axis: number): string {
  return graph.op("ReduceSum", [name, graph.ints([axis])], { keepdims: { int: 0 } });
}
