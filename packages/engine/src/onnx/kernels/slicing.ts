import type * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../arrays.ts";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { named, plain } from "../layout.ts";
import { made, uniformValue, type Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { infoOf, inOrder, orderOf, positionOf } from "./order.ts";
import { reshape } from "./shape.ts";

/** Kernels that take parts out and put parts together. */
export const slicingKernels: Kernels = {
  Slice: kernel<{ x: Value }, tf.SliceAttrs>((graph, { x }, { begin, size }) => {
    const [from, sizes] = tfjs().slice_util.parseSliceParams(infoOf(x), begin, size) as [number[], number[]];
    return slice(graph, x, from, sizes);
  }),
  StridedSlice: kernel<{ x: Value }, tf.StridedSliceAttrs>((graph, { x }, attributes) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
    const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
    const part = tfjs().slice_util.sliceInfo([...x.shape], begin, end, strides, ...masks);
    const sizes = part.begin.map((from, axis) => {
      const [to, step] = [part.end[axis] as number, part.strides[axis] as number];
      return Math.max(0, Math.ceil((to - from) / step));
    });
    return reshape(graph, slice(graph, x, part.begin, sizes, part.strides), part.finalShape);
  }),
  Reverse: kernel<{ x: Value }, tf.ReverseAttrs>((graph, { x }, { dims }) => {
    const axes = tfjs().util.parseAxisParam(dims, [...x.shape]);
    const begin = x.shape.map((length, axis) => (axes.includes(axis) ? length - 1 : 0));
    const strides = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
    return slice(graph, x, begin, x.shape, strides);
  }),
  SplitV: kernel<{ x: Value }, tf.SplitVAttrs>((graph, { x }, { numOrSizeSplits, axis }) => {
    const [at] = tfjs().util.parseAxisParam(axis, [...x.shape]) as [number];
    const sizes = tfjs().backend_util.prepareSplitSize(infoOf(x), numOrSizeSplits, at);
    if (sizes.length === 1) return [x];
    const shapes = sizes.map((size) => x.shape.with(at, size));
    const { uniform, dtype } = x;
    if (uniform !== undefined) return shapes.map((shape) => uniformValue(uniform, shape, dtype));
    const order = orderOf([x]);
    const attributes = { axis: { int: positionOf(at, order) } };
    const names = graph.multi("Split", sizes.length, [named(graph, x, order), graph.ints(sizes)], attributes);
    return shapes.map((shape, part) => inOrder(order, names[part] as string, shape, dtype));
  }),
  // A Gather of one index, which takes the axis away as well; parts that nothing needs are left out.
  Unpack: kernel<{ value: Value }, tf.UnpackAttrs>((graph, { value }, { axis }) => {
    const { shape, dtype, uniform } = value;
    const [at] = tfjs().util.parseAxisParam(axis, [...shape]) as [number];
    const left = shape.toSpliced(at, 1);
    return Array.from({ length: shape[at] as number }, (_, index) => {
      if (uniform !== undefined) return uniformValue(uniform, left, dtype);
      const name = graph.op("Gather", [plain(graph, value), graph.constant("int64", [], [index])], {
        axis: { int: at },
      });
      return made(name, left, dtype);
    });
  }),

  Concat: (graph, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const [at] = tfjs().util.parseAxisParam(axis as number, [...(parts[0] as Value).shape]) as [number];
    return concat(graph, parts, at);
  },
  Pack: (graph, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const { shape } = parts[0] as Value;
    const at = (axis as number) < 0 ? (axis as number) + shape.length + 1 : (axis as number);
    const whole = shape.toSpliced(at, 0, parts.length);
    if (at < shape.length) return reshape(graph, concat(graph, parts, at), whole);
    // Side by side in an axis of their own.
    const columns = parts.map((part) => reshape(graph, part, [...shape, 1]));
    return concat(graph, columns, at);
  },
};

/** Every `strides`th element of some, from `begin` on; a negative stride goes back. */
export function slice(
  graph: Graph,
  x: Value,
  begin: readonly number[],
  sizes: readonly number[],
  strides: readonly number[] = x.shape.map(() => 1),
): Value {
  const stride = (axis: number) => strides[axis] as number;
  const axes = [...x.shape.keys()].filter((axis) => sizes[axis] !== x.shape[axis] || stride(axis) !== 1);
  if (axes.length === 0) return x;
  if (x.uniform !== undefined) return uniformValue(x.uniform, sizes, x.dtype);
  const order = orderOf([x]);
  const starts = axes.map((axis) => begin[axis] as number);
  const ends = axes.map((axis, at) => {
    const [start, size] = [starts[at] as number, sizes[axis] as number];
    const end = size === 0 ? start : start + (size - 1) * stride(axis) + Math.sign(stride(axis));
    // A negative end would count from the other end: this is the one before the first.
    return end < 0 ? -(x.shape[axis] as number) - 1 : end;
  });
  const places = axes.map((axis) => positionOf(axis, order));
  const steps = axes.map(stride);
  const optional = steps.every((step) => step === 1) ? [places] : [places, steps];
  const inputs = [starts, ends, ...optional].map((values) => graph.ints(values));
  return inOrder(order, graph.op("Slice", [named(graph, x, order), ...inputs]), sizes, x.dtype);
}

function concat(graph: Graph, all: readonly Value[], axis: number): Value {
  const { shape: first, dtype, uniform } = all[0] as Value;
  const shape = first.with(
    axis,
    all.reduce((length, part) => length + (part.shape[axis] as number), 0),
  );
  const parts = all.filter((part) => sizeOf(part.shape) > 0);
  if (parts.length === 0) return uniformValue(0, shape, dtype);
  if (parts.length === 1) return parts[0] as Value;
  if (uniform !== undefined && parts.every((part) => part.uniform === uniform)) {
    return uniformValue(uniform, shape, dtype);
  }
  const order = orderOf(parts);
  const names = parts.map((part) => named(graph, part, order));
  return inOrder(order, graph.op("Concat", names, { axis: { int: positionOf(axis, order) } }), shape, dtype);
}
