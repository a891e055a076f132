import type { DataType } from "@tensorflow/tfjs";
import { isShape, sizeOf } from "../arrays.ts";
import { tfjs } from "../tfjs.ts";
import type { Graph } from "./graph.ts";
import { type Layout, made, scalarLike, spreadValue, type Value } from "./value.ts";

/** The value's name in row-major order. */
export function plain(graph: Graph, value: Value): string {
  return named(graph, value, "plain");
}

/**
 * The value's name in a layout; made from another layout if it has none yet. `nchw` and `blocked` are for values of rank
 * 4 alone, `blocked` for whole blocks of channels.
 */
export function named(graph: Graph, value: Value, layout: Layout): string {
  value.names[layout] ??= reordered(graph, value, layout);
  return value.names[layout];
}

function reordered(graph: Graph, value: Value, layout: Layout): string {
  const { names, shape, spread } = value;
  if (isOneNumber(value)) {
    const scalar = numberName(graph, value);
    return shape.length === 0 ? scalar : graph.op("Expand", [scalar, graph.ints(dimensions(shape, layout))]);
  }
  if (spread !== undefined) return graph.op("Expand", [plain(graph, spread), graph.ints(shape)]);
  if (names.channels !== undefined && names.plain === undefined) {
    names.plain = graph.op("Expand", [names.channels, graph.ints(shape)]);
    return named(graph, value, layout);
  }
  if (value.dtype !== "float32" && (names.blocked !== undefined || layout === "blocked")) {
    return transposed(graph, value, layout);
  }
  const channels = shape[3] as number;
  if (names.blocked !== undefined) {
    const last = { int: layout === "plain" ? 1 : 0 };
    return nchwc(graph, "ReorderOutput", names.blocked, { channels: { int: channels }, channels_last: last });
  }
  if (layout === "blocked") {
    // From either order; NCHW when both are there.
    const from = names.nchw ?? (names.plain as string);
    return nchwc(graph, "ReorderInput", from, { channels_last: { int: names.nchw === undefined ? 1 : 0 } });
  }
  return layout === "nchw"
    ? graph.op("Transpose", [names.plain as string], { perm: { ints: [0, 3, 1, 2] } })
    : graph.op("Transpose", [names.nchw as string], { perm: { ints: [0, 2, 3, 1] } });
}

function nchwc(graph: Graph, op: string, input: string, attributes: Record<string, { int: number }>): string {
  return graph.op(op, [input], attributes, "com.microsoft.nchwc");
}

/** To or from blocks for what is no float, which ONNX Runtime's own operators refuse. */
function transposed(graph: Graph, value: Value, layout: Layout): string {
  const { names, shape } = value;
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const [blocks, block] = [channels / graph.block, graph.block];
  const permuted = (from: string, dims: number[], perm: number[]) => {
    const apart = graph.op("Reshape", [from, graph.ints(dims)]);
    const moved = graph.op("Transpose", [apart], { perm: { ints: perm } });
    return graph.op("Reshape", [moved, graph.ints(dimensions(shape, layout))]);
  };
  if (names.blocked !== undefined) {
    const perm = layout === "nchw" ? [0, 1, 4, 2, 3] : [0, 2, 3, 1, 4];
    return permuted(names.blocked, [batch, blocks, height, width, block], perm);
  }
  if (names.nchw !== undefined) {
    return permuted(names.nchw, [batch, blocks, block, height, width], [0, 1, 3, 4, 2]);
  }
  return permuted(names.plain as string, [batch, height, width, blocks, block], [0, 3, 1, 2, 4]);
}

/** The layout in which ONNX Runtime is to convolve or pool images of so many channels. */
export function imageLayout({ block }: Graph, channels: number): "nchw" | "blocked" {
  return block > 0 && channels % block === 0 ? "blocked" : "nchw";
}

/** The dimensions that ONNX sees for a TF.js shape in a layout. */
export function dimensions(shape: readonly number[], layout: Layout): readonly number[] {
  if (layout === "plain") return shape;
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return [batch, channels, height, width];
}

/**
 * The dimensions of images as they lie in memory in any layout: batch × blocks × height × width × channels of a block. All
 * channels are one block where they come last, and each is one where they come first.
 */
export function memoryDimensions(
  graph: Graph,
  [batch, height, width, channels]: readonly number[],
  layout: Layout,
): [batch: number, blocks: number, height: number, width: number, block: number] {
  const block = { plain: channels as number, nchw: 1, blocked: graph.block }[layout];
  return [batch as number, (channels as number) / block, height as number, width as number, block];
}

/**
 * Applies an element-wise operator to values that broadcast to `shape`, in whatever layout an image among them already
 * has, so that nothing is reordered on the way. `emit` is given one name an operand.
 */
export function elementwise(
  graph: Graph,
  operands: readonly Value[],
  shape: readonly number[],
  dtype: DataType,
  emit: (names: string[]) => string,
): Value {
  if (operands.some(({ spread }) => spread !== undefined)) {
    const small = operands.map((value) => value.spread ?? value);
    return elementwise(graph, small, shape, dtype, emit);
  }
  const roles = operands.map((value) => roleOf(value, shape));
  if (roles.every((role) => role === "number")) {
    const one = emit(operands.map((value) => numberName(graph, value)));
    const rank = Math.max(...operands.map((value) => (isOneNumber(value) ? 0 : value.shape.length)));
    const as = (size: readonly number[]) => (rank === size.length ? one : graph.op("Reshape", [one, graph.ints(size)]));
    return { shape, dtype, names: sizeOf(shape) === 1 ? { plain: as(shape) } : { one: as([]) } };
  }
  if (shape.length === 4 && roles.every((role) => role === "number" || role === "channels")) {
    const vectors = operands.map((value, at) => (roles[at] === "number" ? numberName : vectorName)(graph, value));
    return { shape, dtype, names: { channels: emit(vectors) } };
  }
  const layout = layoutFor(operands, roles, shape);
  const out = emit(operands.map((value, at) => operandName(graph, value, roles[at] as Role, layout, shape)));
  const reached = reachedBy(operands);
  if (isShape(reached, shape)) return { shape, dtype, names: { [layout]: out } };
  // Whatever comes next may do with less as well. Images have layouts to keep.
  if (shape.length !== 4) return spreadValue(made(out, reached, dtype), shape);
  return { shape, dtype, names: { [layout]: graph.op("Expand", [out, graph.ints(dimensions(shape, layout))]) } };
}

/** What the operands broadcast to in ONNX, where those that are one number are scalars, and channels vectors. */
function reachedBy(operands: readonly Value[]): number[] {
  const { assertAndGetBroadcastShape } = tfjs().broadcast_util;
  const others = operands.filter((value) => !isOneNumber(value));
  return others.reduce<number[]>((all, { names, shape }) => {
    return assertAndGetBroadcastShape(all, names.channels === undefined ? [...shape] : shape.slice(-1));
  }, []);
}

/** How an operand broadcasts: not at all, from one number, one a channel of an image, one an image, or otherwise. */
type Role = "whole" | "number" | "channels" | "images" | "other";

function roleOf(value: Value, whole: readonly number[]): Role {
  const { shape } = value;
  const size = sizeOf(shape);
  if (isOneNumber(value)) return "number";
  if (value.names.channels !== undefined && isShape(shape, whole)) return "channels";
  if (isShape(shape, whole)) return "whole";
  if (size === 1) return "number";
  if (whole.length === 4 && size === whole[3] && shape.at(-1) === size) return "channels";
  return whole.length === 4 && size === whole[0] && shape.at(-4) === size ? "images" : "other";
}

/** Whether all elements are the same number, known now or at run time. */
function isOneNumber({ uniform, names }: Value): boolean {
  return uniform !== undefined || names.one !== undefined;
}

function layoutFor(operands: readonly Value[], roles: readonly Role[], shape: readonly number[]): Layout {
  if (shape.length !== 4 || roles.includes("other")) return "plain";
  const has = (layout: Layout) =>
    operands.some(({ names }, at) => roles[at] === "whole" && names[layout] !== undefined);
  if (has("blocked")) return "blocked";
  return has("nchw") ? "nchw" : "plain";
}

function operandName(
  graph: Graph,
  value: Value,
  role: Role,
  layout: Layout,
  [, height = 1, width = 1]: readonly number[],
): string {
  if (role === "number") return numberName(graph, value);
  if (role === "whole") return named(graph, value, layout);
  if (role !== "channels") return plain(graph, value);
  const vector = vectorName(graph, value);
  if (layout === "plain") return vector;
  const channels = value.shape.at(-1) as number;
  if (layout === "nchw") return graph.op("Reshape", [vector, graph.ints([channels, 1, 1])]);
  // One blocked image of it, to be broadcast along the batch: along runs of a block it takes four times as long.
  const blocks = graph.op("Reshape", [vector, graph.ints([channels / graph.block, 1, graph.block])]);
  const image = graph.op("Tile", [blocks, graph.ints([1, height * width, 1])]);
  return graph.op("Reshape", [image, graph.ints([1, channels, height, width])]);
}

/** One number, in a form that broadcasts to every layout. */
function numberName(graph: Graph, value: Value): string {
  if (value.uniform !== undefined) return scalarLike(graph, value, value.uniform);
  return value.names.one ?? plain(graph, value);
}

/** One number a channel, as a vector. */
export function vectorName(graph: Graph, value: Value): string {
  if (value.names.channels !== undefined) return value.names.channels;
  const name = plain(graph, value);
  return value.shape.length === 1 ? name : graph.op("Reshape", [name, graph.ints(value.shape.slice(-1))]);
}
