import type * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../arrays.ts";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { named, plain, vectorName } from "../layout.ts";
import { made, scalarLike, spreadValue, uniformValue, type Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { arranged, inOrder, orderOf } from "./order.ts";
import { reshape, transpose } from "./shape.ts";
import { slice } from "./slicing.ts";

/** Kernels that make a tensor larger around or beside itself, and those that pad before they rearrange. */
export const paddingKernels: Kernels = {
  PadV2: kernel<{ x: Value }, tf.PadV2Attrs>((graph, { x }, { paddings, constantValue }) =>
    pad(graph, x, paddings, constantValue),
  ),
  // ONNX has the mirror that leaves the edge out; the other is a choice of indices, an axis at a time.
  MirrorPad: kernel<{ x: Value }, tf.MirrorPadAttrs>((graph, { x }, { paddings, mode }) => {
    const shape = padded(x.shape, paddings);
    if (x.uniform !== undefined) return uniformValue(x.uniform, shape, x.dtype);
    if (mode === "reflect") {
      const pads = graph.ints([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
      return made(graph.op("Pad", [plain(graph, x), pads], { mode: { text: "reflect" } }), shape, x.dtype);
    }
    const name = paddings.reduce(
      (whole, [before, after], axis) => {
        if (before + after === 0) return whole;
        const size = x.shape[axis] as number;
        const mirrored = (at: number) => (at < 0 ? -1 - at : at < size ? at : 2 * size - 1 - at);
        const indices = Array.from({ length: shape[axis] as number }, (_, at) => mirrored(at - before));
        return graph.op("Gather", [whole, graph.ints(indices)], { axis: { int: axis } });
      },
      plain(graph, x),
    );
    return made(name, shape, x.dtype);
  }),
  Tile: kernel<{ x: Value }, tf.TileAttrs>((graph, { x }, { reps }) => {
    const shape = x.shape.map((size, axis) => size * (reps[axis] as number));
    if (x.uniform !== undefined) return uniformValue(x.uniform, shape, x.dtype);
    if (x.names.one !== undefined) return { shape, dtype: x.dtype, names: { one: x.names.one } };
    if (reps.every((times) => times === 1)) return x;
    // One number a channel, for all pixels; most of what uses it can do so as it is.
    if (shape.length === 4 && sizeOf(x.shape) === shape[3] && reps[3] === 1) {
      return { shape, dtype: x.dtype, names: { channels: vectorName(graph, x) } };
    }
    if (shape.length !== 4 && reps.every((times, axis) => times === 1 || x.shape[axis] === 1)) {
      return spreadValue(x, shape);
    }
    return made(graph.op("Tile", [plain(graph, x), graph.ints(reps)]), shape, x.dtype);
  }),
  SpaceToBatchND: kernel<{ x: Value }, tf.SpaceToBatchNDAttrs>((graph, { x }, { blockShape, paddings }) => {
    const ends = x.shape.map((_, axis) => (paddings[axis - 1] ?? [0, 0]) as [number, number]);
    return rearrange(graph, pad(graph, x, ends, 0), blockShape, false);
  }),
  BatchToSpaceND: kernel<{ x: Value }, tf.BatchToSpaceNDAttrs>((graph, { x }, { blockShape, crops }) => {
    const whole = rearrange(graph, x, blockShape, true);
    const { getSliceBeginCoords, getSliceSize } = tfjs().backend_util;
    const begin = whole.shape.map((_, axis) => getSliceBeginCoords(crops, blockShape.length)[axis] ?? 0);
    const cropped = getSliceSize([...whole.shape], crops, blockShape.length);
    return slice(
      graph,
      whole,
      begin,
      whole.shape.map((size, axis) => cropped[axis] ?? size),
    );
  }),
};

function pad(graph: Graph, x: Value, paddings: readonly (readonly [number, number])[], value: number): Value {
  const shape = padded(x.shape, paddings);
  if (paddings.every(([before, after]) => before + after === 0)) return x;
  if (x.uniform === value) return uniformValue(value, shape, x.dtype);
  const order = orderOf([x]);
  const ends = arranged(paddings, order);
  const pads = graph.ints([...ends.map(([before]) => before), ...ends.map(([, after]) => after)]);
  const name = graph.op("Pad", [named(graph, x, order), pads, scalarLike(graph, x, value)]);
  return inOrder(order, name, shape, x.dtype);
}

function padded(shape: readonly number[], paddings: readonly (readonly [number, number])[]): number[] {
  return shape.map((size, axis) => size + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
}

/** Blocks of the axes after the first, to or from the first. */
function rearrange(graph: Graph, x: Value, blockShape: number[], fromBatch: boolean): Value {
  const { getReshaped, getPermuted, getReshapedPermuted } = tfjs().backend_util;
  const count = sizeOf(blockShape);
  const split = getReshaped([...x.shape], blockShape, count, fromBatch);
  const moved = transpose(graph, reshape(graph, x, split), getPermuted(split.length, blockShape.length, fromBatch));
  return reshape(graph, moved, getReshapedPermuted([...x.shape], blockShape, count, fromBatch));
}
