import type * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../arrays.ts";
import { UnsupportedKernel } from "../../errors.ts";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { plain } from "../layout.ts";
import { made, uniformValue, type Value } from "../value.ts";
import { castTo } from "./each.ts";
import { cast } from "./elementwise.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { infoOf } from "./order.ts";
import { reshape, transpose } from "./shape.ts";
import { slice } from "./slicing.ts";

type GatherSizes = ReturnType<typeof tf.backend_util.segment_util.collectGatherOpShapeInfo>;

interface Sparse {
  sparseIndices: Value;
  sparseValues: Value;
  defaultValue: Value;
}

/** Kernels that read or write at places given by indices. */
export const indexingKernels: Kernels = {
  GatherV2: kernel<{ x: Value; indices: Value }, tf.GatherV2Attrs>((graph, { x, indices }, { axis, batchDims }) => {
    const { collectGatherOpShapeInfo } = tfjs().backend_util.segment_util;
    const [at] = tfjs().util.parseAxisParam(axis, [...x.shape]) as [number];
    const sizes = collectGatherOpShapeInfo(infoOf(x), infoOf(indices), at, batchDims ?? 0);
    if (x.uniform !== undefined) return uniformValue(x.uniform, sizes.outputShape, x.dtype);
    inRange.set(indices, sizes.dimSize);
    if (batchDims) return gatherInBatch(graph, x, indices, sizes);
    const name = graph.op("Gather", [plain(graph, x), plain(graph, indices)], { axis: { int: at } });
    return made(name, sizes.outputShape, x.dtype);
  }),
  GatherNd: kernel<{ params: Value; indices: Value }>((graph, { params, indices }) => {
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(indices.shape.at(-1))];
    return made(graph.op("GatherND", [plain(graph, params), int64(graph, indices)]), shape, params.dtype);
  }),
  ScatterNd: kernel<{ indices: Value; updates: Value }, tf.ScatterNdAttrs>((graph, { indices, updates }, { shape }) =>
    scatter(graph, uniformValue(0, shape, updates.dtype), placesOf(graph, indices), updates, "add"),
  ),
  TensorScatterUpdate: kernel<{ tensor: Value; indices: Value; updates: Value }>(
    (graph, { tensor, indices, updates }) => scatter(graph, tensor, placesOf(graph, indices), updates, "none"),
  ),
  SparseToDense: kernel<Sparse, tf.SparseToDenseAttrs>((graph, inputs, { outputShape }) => {
    const { sparseIndices, sparseValues, defaultValue } = inputs;
    const places = placesOf(graph, sparseIndices);
    const values = everywhere(graph, sparseValues, places.shape.slice(0, 1));
    return scatter(graph, everywhere(graph, defaultValue, outputShape), places, values, "none");
  }),
  // The gradient of GatherV2.
  UnsortedSegmentSum: kernel<{ x: Value; segmentIds: Value }, tf.UnsortedSegmentSumAttrs>(
    (graph, { x, segmentIds }, { numSegments }) => {
      if (segmentIds.shape.length !== 1) {
        throw new UnsupportedKernel("UnsortedSegmentSum", "with segment ids of several axes has no expression");
      }
      return segmentSum(graph, cast(graph, x, "float32"), segmentIds, numSegments);
    },
  ),
  // The numbers in a square of zeros; chosen, for zero times infinity is none.
  Diag: kernel<{ x: Value }>((graph, { x }) => {
    const size = sizeOf(x.shape);
    const diagonal = Uint8Array.from({ length: size * size }, (_, at) => Number(at % (size + 1) === 0));
    const row = cast(graph, reshape(graph, x, [size]), "float32");
    const inputs = [graph.constant("bool", [size, size], diagonal), plain(graph, row), graph.float(0)];
    return reshape(graph, cast(graph, made(graph.op("Where", inputs), [size, size]), x.dtype), [
      ...x.shape,
      ...x.shape,
    ]);
  }),
};

/** For indices that Gather reads by: how many rows there are, so that it fails at run time unless there are enough. */
const inRange = new WeakMap<Value, number>();

/** Rows of each part of a batch: batch × rows × all else is what GatherND picks from. */
function gatherInBatch(
  graph: Graph,
  x: Value,
  indices: Value,
  { batchSize, outerSize, dimSize, sliceSize, outputShape }: GatherSizes,
): Value {
  const rows = transpose(graph, reshape(graph, x, [batchSize, outerSize, dimSize, sliceSize]), [0, 2, 1, 3]);
  const count = sizeOf(indices.shape) / batchSize;
  const places = int64(graph, reshape(graph, indices, [batchSize, count, 1]));
  const picked = graph.op("GatherND", [plain(graph, rows), places], { batch_dims: { int: 1 } });
  const value = made(picked, [batchSize, count, outerSize, sliceSize], x.dtype);
  return reshape(graph, transpose(graph, value, [0, 2, 1, 3]), outputShape);
}

/** Where to scatter: an int64 matrix, places × axes that a place fixes. */
interface Places {
  name: string;
  shape: readonly [number, number];
}

function placesOf(graph: Graph, indices: Value): Places {
  const axes = indices.shape.length > 1 ? (indices.shape.at(-1) as number) : 1;
  const shape = [sizeOf(indices.shape) / axes, axes] as const;
  return { name: int64(graph, reshape(graph, indices, shape)), shape };
}

/** Writes updates into a copy of `into`, in the order in which they come. */
function scatter(graph: Graph, into: Value, places: Places, updates: Value, reduction: "add" | "none"): Value {
  const [count, axes] = places.shape;
  const rows = reshape(graph, updates, [count, ...into.shape.slice(axes)]);
  const inputs = [plain(graph, into), places.name, plain(graph, rows)];
  return made(graph.op("ScatterND", inputs, { reduction: { text: reduction } }), into.shape, into.dtype);
}

/** Sums of the rows of each segment. Rows without a segment, which have numbers below zero too, go where they are cut off. */
function segmentSum(graph: Graph, x: Value, segmentIds: Value, segments: number): Value {
  const rows = x.shape.slice(1);
  if ((inRange.get(segmentIds.source ?? segmentIds) ?? Infinity) <= segments) {
    return scatter(graph, uniformValue(0, [segments, ...rows]), placesOf(graph, segmentIds), x, "add");
  }
  // As unsigned numbers, negative ones are large.
  const unsigned = castTo(graph, plain(graph, segmentIds), "uint32");
  const ids = graph.op("Min", [unsigned, graph.constant("uint32", [], [segments])]);
  const shape = [segmentIds.shape[0] as number, 1] as const;
  const name = graph.op("Reshape", [castTo(graph, ids, "int64"), graph.ints(shape)]);
  const sums = scatter(graph, uniformValue(0, [segments + 1, ...rows]), { name, shape }, x, "add");
  return slice(graph, sums, [0, ...rows.map(() => 0)], [segments, ...rows]);
}

/** A scalar written out to a shape; whatever is larger stays as it is. */
function everywhere(graph: Graph, value: Value, shape: readonly number[]): Value {
  if (value.shape.length > 0) return value;
  if (value.uniform !== undefined) return uniformValue(value.uniform, shape, value.dtype);
  return { shape, dtype: value.dtype, names: { one: plain(graph, value) } };
}

/** As ONNX's GatherND and ScatterND want their indices. */
function int64(graph: Graph, indices: Value): string {
  return castTo(graph, plain(graph, indices), "int64");
}
