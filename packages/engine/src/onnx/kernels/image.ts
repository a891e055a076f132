import type * as tf from "@tensorflow/tfjs";
import { UnsupportedKernel } from "../../errors.ts";
import { tfjs } from "../../tfjs.ts";
import type { Graph } from "../graph.ts";
import { named, plain } from "../layout.ts";
import { made, scalarLike, type Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";

/** Images mirrored, turned and moved, as data sets are augmented. TF.js has no gradients of these. */
export const imageKernels: Kernels = {
  FlipLeftRight: kernel<{ image: Value }>((graph, { image }) => {
    const width = image.shape[2] as number;
    const columns = Array.from({ length: width }, (_, column) => width - 1 - column);
    return made(pixels(graph, image, graph.ints(columns), 2), image.shape, image.dtype);
  }),
  // The angle is a number, and so is where each pixel comes from: a choice of pixels, and of which there are.
  RotateWithOffset: kernel<{ image: Value }, tf.RotateWithOffsetAttrs>((graph, { image }, attributes) => {
    const [batch, height, width, channels] = image.shape as [number, number, number, number];
    const sources = rotatedSources(height, width, attributes);
    const flat = made(graph.op("Reshape", [plain(graph, image), graph.ints([batch, height * width, channels])]), []);
    const moved = pixels(graph, flat, graph.ints(sources.map((source) => Math.max(0, source))), 1);
    const mask = sources.map((source) => (source < 0 ? 0 : 1));
    const inside = graph.constant("bool", [height * width, 1], mask);
    const name = graph.op("Where", [inside, moved, fillOf(graph, image, attributes.fillValue)]);
    return made(graph.op("Reshape", [name, graph.ints(image.shape)]), image.shape, image.dtype);
  }),
  Transform: kernel<{ image: Value; transforms: Value }, tf.TransformAttrs>(
    (graph, { image, transforms }, { interpolation, fillMode, fillValue, outputShape }) => {
      const [batch, height, width, channels] = image.shape as [number, number, number, number];
      if (fillMode !== "constant" && fillMode !== "nearest") {
        throw new UnsupportedKernel("Transform", `with fill mode ${fillMode}`);
      }
      if (height === 1 || width === 1) throw new UnsupportedKernel("Transform", "with images of one row or column");
      const size = outputShape ?? [height, width];
      const places = transformedPlaces(graph, transforms, batch, size);
      const grid = graph.op(
        "Concat",
        [normalized(graph, places.x, width, interpolation), normalized(graph, places.y, height, interpolation)],
        { axis: { int: 2 } },
      );
      const attributes = {
        mode: { text: interpolation },
        padding_mode: { text: fillMode === "constant" ? "zeros" : "border" },
        align_corners: { int: 1 },
      };
      const fill = graph.float(fillValue);
      const onFill = graph.op("Sub", [named(graph, image, "nchw"), fill]);
      const lattice = graph.op("Reshape", [grid, graph.ints([batch, ...size, 2])]);
      const nchw = graph.op("Add", [graph.op("GridSample", [onFill, lattice], attributes), fill]);
      return { shape: [batch, ...size, channels], dtype: "float32", names: { nchw } };
    },
  ),
  // Depth is (row, column, channel), as ONNX has it in this mode.
  DepthToSpace: kernel<{ x: Value }, tf.DepthToSpaceAttrs>((graph, { x }, { blockSize, dataFormat }) => {
    if (dataFormat !== "NHWC") throw new UnsupportedKernel("DepthToSpace", `with data format ${dataFormat}`);
    const [batch, height, width, depth] = x.shape as [number, number, number, number];
    const shape = [batch, height * blockSize, width * blockSize, depth / blockSize ** 2];
    const nchw = graph.op("DepthToSpace", [named(graph, x, "nchw")], {
      blocksize: { int: blockSize },
      mode: { text: "DCR" },
    });
    return { shape, dtype: x.dtype, names: { nchw } };
  }),
};

function pixels(graph: Graph, image: Value, indices: string, axis: number): string {
  return graph.op("Gather", [plain(graph, image), indices], { axis: { int: axis } });
}

/** For each pixel the one that is turned onto it; −1 where that is outside. */
function rotatedSources(height: number, width: number, { radians, center }: tf.RotateWithOffsetAttrs): number[] {
  const [middleX, middleY] = tfjs().backend_util.getImageCenter(center, height, width);
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  return Array.from({ length: height * width }, (_, at) => {
    const [x, y] = [(at % width) - middleX, Math.floor(at / width) - middleY];
    const column = Math.round(x * cosine - y * sine + middleX);
    const row = Math.round(x * sine + y * cosine + middleY);
    const isInside = column >= 0 && column < width && row >= 0 && row < height;
    return isInside ? row * width + column : -1;
  });
}

/** One number for all channels, or one each and 255 for the fourth. */
function fillOf(graph: Graph, image: Value, fill: number | readonly number[]): string {
  if (typeof fill === "number") return scalarLike(graph, image, fill);
  const channels = image.shape[3] as number;
  return graph.constant("float32", [channels], [...fill.slice(0, 3), 255].slice(0, channels));
}

/** Where each pixel of the output comes from, images × pixels × 1: rows of [a b c; d e f; g h 1] times (x, y, 1). */
function transformedPlaces(
  graph: Graph,
  transforms: Value,
  batch: number,
  [height, width]: readonly [number, number],
): { x: string; y: string } {
  const given = transforms.shape[0] as number;
  const ones = graph.constant("float32", [given, 1], new Float32Array(given).fill(1));
  const matrices = graph.op("Reshape", [
    graph.op("Concat", [plain(graph, transforms), ones], { axis: { int: 1 } }),
    graph.ints([given, 3, 3]),
  ]);
  const each = given === batch ? matrices : graph.op("Expand", [matrices, graph.ints([batch, 3, 3])]);
  const places = Array.from({ length: height * width }, (_, at) => [at % width, Math.floor(at / width), 1]);
  const pixel = graph.constant("float32", [height * width, 3], places.flat());
  // The products as pixels × 3.
  const turned = graph.op("Transpose", [each], { perm: { ints: [0, 2, 1] } });
  const parts = graph.multi("Split", 3, [graph.op("MatMul", [pixel, turned])], {
    axis: { int: 2 },
    num_outputs: { int: 3 },
  });
  const [x, y, projection] = parts as [string, string, string];
  return { x: graph.op("Div", [x, projection]), y: graph.op("Div", [y, projection]) };
}

/** Places from 0 to size − 1 as ONNX wants them, from −1 to 1. TF.js rounds halves up, ONNX Runtime to even ones. */
function normalized(graph: Graph, places: string, size: number, interpolation: string): string {
  const half = graph.float(0.5);
  const chosen = interpolation === "nearest" ? graph.op("Floor", [graph.op("Add", [places, half])]) : places;
  return graph.op("Sub", [graph.op("Mul", [chosen, graph.float(2 / (size - 1))]), graph.float(1)]);
}
