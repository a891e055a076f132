import type * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../arrays.ts";
import type { Graph } from "../graph.ts";
import { dimensions, elementwise, imageLayout, memoryDimensions, named } from "../layout.ts";
import type { Value } from "../value.ts";
import { positive } from "./activation.ts";
import { transposedConvolution } from "./conv-gradient.ts";
import { covered, coveredExtent, uncovered } from "./fit.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { maxWithPosition } from "./pool.ts";
import { type Extent, poolWindow, type Window } from "./window.ts";

/** What a pool's images need of the gradient of its output. */
export const poolGradientKernels: Kernels = {
  // All of it goes to the first of the largest elements of each window.
  MaxPoolGrad: kernel<{ dy: Value; input: Value; output: Value }, tf.MaxPoolGradAttrs>(
    (graph, { dy, input, output }, attributes) => {
      const window = poolWindow("MaxPoolGrad", input, attributes);
      return maximumGradient(graph, dy, input, output, window);
    },
  ),
  // TF.js divides by the whole window's size, also at padding, where the pool itself does not.
  AvgPoolGrad: kernel<{ dy: Value; input: Value }, tf.AvgPoolGradAttrs>((graph, { dy, input }, attributes) => {
    const window = poolWindow("AvgPoolGrad", input, attributes);
    const [height, width] = window.kernel;
    const channels = input.shape[3] as number;
    const share = graph.float(1 / (height * width));
    if (isTiling(window)) {
      const layout = imageLayout(graph, channels);
      const shares = graph.op("Mul", [named(graph, dy, layout), share]);
      const tiles = enlarged(graph, shares, layout, window.kernel);
      const name = uncovered(graph, tiles, input.shape, layout, window);
      return { shape: input.shape, dtype: "float32", names: { [layout]: name } };
    }
    const weights = graph.op("Expand", [share, graph.ints([channels, 1, height, width])]);
    return transposedConvolution(graph, dy, weights, window, channels, channels);
  }),
};

function maximumGradient(graph: Graph, dy: Value, images: Value, maxima: Value, window: Window): Value {
  if (window.kernel.every((size) => size === 1) && isTiling(window)) return dy;
  const gradient = isTiling(window)
    ? tiledMaximum(graph, dy, images, maxima, window)
    : scattered(graph, dy, images, window);
  const whereMaximaArePositive = () => {
    const operands = [dy, positive(graph, maxima)];
    const some = elementwise(graph, operands, dy.shape, "float32", (names) => graph.op("Mul", names));
    return maximumGradient(graph, some, images, maxima, window);
  };
  return { ...gradient, maxPool: { images, dy, whereMaximaArePositive } };
}

/** Whether every element belongs to one window at most. */
function isTiling({ kernel, strides }: Window): boolean {
  return kernel.every((size, axis) => size === strides[axis]);
}

/**
 * Compares the images with their maxima, each repeated over its window, and leaves in every window only the first match.
 * Booleans are a quarter of the bytes: on 100×32×32×32 blocked 15 ms, with float masks of slices 20, by ONNX Runtime's
 * positions of maxima 36 and more.
 */
function tiledMaximum(graph: Graph, dy: Value, images: Value, maxima: Value, window: Window): Value {
  const layout = imageLayout(graph, images.shape[3] as number);
  const [batch, blocks, rows, columns, block] = memoryDimensions(graph, dy.shape, layout);
  const [height, width] = window.kernel;
  const lines = (name: string, ofWindow: number) =>
    graph.op("Reshape", [name, graph.ints([batch * blocks * rows, ofWindow, columns * width * block])]);
  // Blocked, rows are long enough to be repeated in passing. ONNX's Resize is fast for both dimensions at once.
  const times = layout === "blocked" ? 1 : height;
  const repeated = (value: Value) => lines(enlarged(graph, named(graph, value, layout), layout, [times, width]), times);
  const whole = covered(graph, images, layout, window, { fill: Number.NEGATIVE_INFINITY });
  const matches = graph.op("Equal", [lines(whole, height), repeated(maxima)]);
  const mask = graph.op("Cast", [lines(firstMatches(graph, matches, window, columns, block), height)], {
    to: { int: 1 },
  });
  const given = graph.op("Mul", [mask, repeated(dy)]);
  const dims = dimensions([batch, ...coveredExtent(window), blocks * block], layout);
  const name = uncovered(graph, graph.op("Reshape", [given, graph.ints(dims)]), images.shape, layout, window);
  return { shape: images.shape, dtype: "float32", names: { [layout]: name } };
}

/** Of the matches in each window, the first row by row alone. */
function firstMatches(graph: Graph, matches: string, { kernel }: Window, columns: number, block: number): string {
  const [height, width] = kernel;
  const windows = graph.op("Reshape", [matches, graph.ints([-1, height, columns, width, block])]);
  const cells = splitInto(graph, windows, height, 1).flatMap((row) => splitInto(graph, row, width, 3));
  const first = firstOnly(graph, cells);
  const rows = Array.from({ length: height }, (_, row) =>
    joined(graph, first.slice(row * width, (row + 1) * width), 3),
  );
  return joined(graph, rows, 1);
}

/** Of booleans in order, those before which there was none true. The last needs no look: a maximum is in its window. */
function firstOnly(graph: Graph, cells: readonly string[]): string[] {
  let found = "";
  return cells.map((cell, at) => {
    if (at === 0) {
      found = cell;
      return cell;
    }
    const free = graph.op("Not", [found]);
    if (at === cells.length - 1) return free;
    found = graph.op("Or", [found, cell]);
    return graph.op("And", [cell, free]);
  });
}

/** Repeats every element downwards and to the right. */
function enlarged(graph: Graph, name: string, layout: "nchw" | "blocked", [height, width]: Extent): string {
  if (layout === "blocked") {
    return graph.op("Upsample", [name], { scales: { ints: [1, 1, height, width] } }, "com.microsoft.nchwc");
  }
  const scales = graph.constant("float32", [4], [1, 1, height, width]);
  return graph.op("Resize", [name, "", scales], {
    mode: { text: "nearest" },
    coordinate_transformation_mode: { text: "asymmetric" },
    nearest_mode: { text: "floor" },
  });
}

function splitInto(graph: Graph, name: string, parts: number, axis: number): readonly string[] {
  if (parts === 1) return [name];
  return graph.multi("Split", parts, [name], { axis: { int: axis }, num_outputs: { int: parts } });
}

function joined(graph: Graph, names: readonly string[], axis: number): string {
  return names.length === 1 ? (names[0] as string) : graph.op("Concat", names, { axis: { int: axis } });
}

/** Where windows overlap: adds each window's gradient at the position of its first maximum. */
function scattered(graph: Graph, dy: Value, input: Value, window: Window): Value {
  const { position } = maxWithPosition(graph, input, window);
  const size = sizeOf(input.shape);
  const list = (name: string) => graph.op("Reshape", [name, graph.ints([-1])]);
  const zeros = graph.op("Expand", [graph.float(0), graph.ints([size])]);
  const sums = graph.op("ScatterElements", [zeros, list(position), list(named(graph, dy, "nchw"))], {
    axis: { int: 0 },
    reduction: { text: "add" },
  });
  const name = graph.op("Reshape", [sums, graph.ints(dimensions(input.shape, "nchw"))]);
  return { shape: input.shape, dtype: "float32", names: { nchw: name } };
}
