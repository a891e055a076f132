import type * as tf from "@tensorflow/tfjs";
import type { Graph } from "../graph.ts";
import { named } from "../layout.ts";
import type { Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";

/**
 * Images of another size. Each is two matrix products with constants, of rows and of columns, which say what every new row
 * has of the old ones: TF.js's three ways of aligning pixels then differ in a table alone, and gradients transpose it.
 */
export const resizeKernels: Kernels = {
  ResizeBilinear: kernel<{ images: Value }, tf.ResizeBilinearAttrs>((graph, { images }, { size, ...alignment }) =>
    resampled(graph, images, size, (from, to) => linear(from, to, alignment)),
  ),
  ResizeNearestNeighbor: kernel<{ images: Value }, tf.ResizeNearestNeighborAttrs>(
    (graph, { images }, { size, ...alignment }) =>
      resampled(graph, images, size, (from, to) => nearest(from, to, alignment)),
  ),
  // TF.js's gradients forget about half pixels.
  ResizeBilinearGrad: kernel<{ images: Value; dy: Value }, tf.ResizeBilinearGradAttrs>(
    (graph, { images, dy }, { alignCorners }) =>
      resampled(graph, dy, images.shape.slice(1, 3), (from, to) => transposed(linear(to, from, { alignCorners }), to)),
  ),
  ResizeNearestNeighborGrad: kernel<{ images: Value; dy: Value }, tf.ResizeNearestNeighborGradAttrs>(
    (graph, { images, dy }, { alignCorners }) =>
      resampled(graph, dy, images.shape.slice(1, 3), (from, to) => transposed(nearest(to, from, { alignCorners }), to)),
  ),
};

interface Alignment {
  /** Whether the first and last pixels stay where they are. */
  alignCorners: boolean;
  /** Whether a pixel is at its middle, and not at its corner. */
  halfPixelCenters?: boolean;
}

/** What each new pixel has of the old ones: pairs of an old one and a weight. */
type Weights = (readonly (readonly [pixel: number, weight: number])[])[];

function resampled(
  graph: Graph,
  images: Value,
  size: readonly number[],
  weights: (from: number, to: number) => Weights,
): Value {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const [rows, columns] = size as [number, number];
  const matrix = (from: number, to: number) => {
    const values = new Float32Array(to * from);
    weights(from, to).forEach((parts, at) => {
      for (const [pixel, weight] of parts) values[at * from + pixel] = (values[at * from + pixel] as number) + weight;
    });
    return graph.constant("float32", [to, from], values);
  };
  const across = graph.op("Transpose", [matrix(width, columns)], { perm: { ints: [1, 0] } });
  const wide = graph.op("MatMul", [named(graph, images, "nchw"), across]);
  const nchw = graph.op("MatMul", [matrix(height, rows), wide]);
  return { shape: [batch, rows, columns, channels], dtype: "float32", names: { nchw } };
}

function scale(from: number, to: number, { alignCorners }: Alignment): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function linear(from: number, to: number, alignment: Alignment): Weights {
  const ratio = scale(from, to, alignment);
  return Array.from({ length: to }, (_, at) => {
    const place = alignment.halfPixelCenters ? ratio * (at + 0.5) - 0.5 : ratio * at;
    const before = Math.max(0, Math.floor(place));
    const rest = place - before;
    const after = Math.min(from - 1, Math.ceil(place));
    return [
      [before, 1 - rest],
      [after, rest],
    ] as const;
  });
}

function nearest(from: number, to: number, alignment: Alignment): Weights {
  const ratio = scale(from, to, alignment);
  return Array.from({ length: to }, (_, at) => {
    const place = alignment.halfPixelCenters ? ratio * (at + 0.5) : ratio * at;
    const pixel = Math.min(from - 1, alignment.alignCorners ? Math.round(place) : Math.floor(place));
    return [[Math.max(0, pixel), 1]] as const;
  });
}

/** What each old pixel is to get of the new ones' gradients. */
function transposed(weights: Weights, from: number): Weights {
  const back: [number, number][][] = Array.from({ length: from }, () => []);
  weights.forEach((parts, at) => {
    for (const [pixel, weight] of parts) back[pixel]?.push([at, weight]);
  });
  return back;
}
