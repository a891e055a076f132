import type * as tf from "@tensorflow/tfjs";
import type { Graph } from "../graph.ts";
import { elementTypeOf, made, uniformValue, type Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";

/** Kernels whose numbers are known now. */
export const constantKernels: Kernels = {
  Fill: kernel<object, tf.FillAttrs>((_, __, { shape, value, dtype }) =>
    uniformValue(value as number, shape, dtype ?? "float32"),
  ),
  ZerosLike: kernel<{ x: Value }>((_, { x }) => uniformValue(0, x.shape, x.dtype)),
  OnesLike: kernel<{ x: Value }>((_, { x }) => uniformValue(1, x.shape, x.dtype)),
  Range: kernel<object, tf.RangeAttrs>((graph, _, { start, stop, step, dtype }) => {
    // As TF.js has it: down by one if no step is given, and nothing if the step leads away from the end.
    const by = stop < start && step === 1 ? -1 : step;
    const size = Math.max(0, Math.ceil((stop - start) / by));
    return sequence(graph, start, by, size, dtype);
  }),
  LinSpace: kernel<object, tf.LinSpaceAttrs>((graph, _, { start, stop, num }) =>
    sequence(graph, start, (stop - start) / (num - 1), num, "float32"),
  ),
};

/** Numbers of which each is the one before plus a step, rounded every time. */
function sequence(graph: Graph, start: number, step: number, size: number, dtype: tf.DataType): Value {
  const numbers = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
  for (let at = 0; at < size; at++) numbers[at] = at === 0 ? start : (numbers[at - 1] as number) + step;
  return made(graph.constant(elementTypeOf(dtype), [size], numbers), [size], dtype);
}
