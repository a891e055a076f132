import type * as tf from "@tensorflow/tfjs";
import { isShape, sizeOf } from "../../arrays.ts";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { plain } from "../layout.ts";
import { made, uniformValue, type Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";

/** Kernels that keep every element and give it another place, or none at all. */
export const shapeKernels: Kernels = {
  Identity: kernel<{ x: Value }>((_, { x }) => x),
  Reshape: kernel<{ x: Value }, tf.ReshapeAttrs>((graph, { x }, { shape }) =>
    reshape(graph, x, tfjs().util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  ExpandDims: kernel<{ input: Value }, tf.ExpandDimsAttrs>((graph, { input }, { dim }) =>
    reshape(graph, input, input.shape.toSpliced(dim < 0 ? dim + input.shape.length + 1 : dim, 0, 1)),
  ),
  Transpose: kernel<{ x: Value }, tf.TransposeAttrs>((graph, { x }, { perm }) => transpose(graph, x, perm)),
};

export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (x.uniform !== undefined) return uniformValue(x.uniform, shape, x.dtype);
  if (x.names.one !== undefined) return { shape, dtype: x.dtype, names: { one: x.names.one } };
  const source = x.source ?? x;
  if (isShape(source.shape, shape)) return source;
  // Otherwise, a size of zero would stand for the one that was there.
  const attributes = shape.includes(0) ? { allowzero: { int: 1 } } : {};
  const name = graph.op("Reshape", [plain(graph, source), graph.ints(shape)], attributes);
  return { ...made(name, shape, x.dtype), source };
}

export function transpose(graph: Graph, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis] as number);
  if (x.uniform !== undefined) return uniformValue(x.uniform, shape, x.dtype);
  if (perm.every((from, to) => from === to)) return x;
  return made(graph.op("Transpose", [plain(graph, x)], { perm: { ints: perm } }), shape, x.dtype);
}
