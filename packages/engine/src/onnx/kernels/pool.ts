import type * as tf from "@tensorflow/tfjs";
import { elementTypes, type Graph } from "../graph.ts";
import { imageLayout, named } from "../layout.ts";
import { made, type Value } from "../value.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { poolWindow, type Window, windowAttributes } from "./window.ts";

/** Pools of images. Padding counts neither for a maximum nor for an average, in ONNX as in TF.js. */
export const poolKernels: Kernels = {
  MaxPool: kernel<{ x: Value }, tf.MaxPoolAttrs>((graph, { x }, attributes) =>
    pool(graph, "MaxPool", x, poolWindow("MaxPool", x, attributes)),
  ),
  AvgPool: kernel<{ x: Value }, tf.AvgPoolAttrs>((graph, { x }, attributes) =>
    pool(graph, "AveragePool", x, poolWindow("AvgPool", x, attributes)),
  ),
  MaxPoolWithArgmax: kernel<{ x: Value }, tf.MaxPoolWithArgmaxAttrs>((graph, { x }, attributes) => {
    const { shape, value, position } = maxWithPosition(graph, x, poolWindow("MaxPoolWithArgmax", x, attributes));
    const [, height, width, channels] = x.shape as [number, number, number, number];
    // From (image, channel, place) to (place, channel), or (image, place, channel).
    const places = graph.ints([height * width]);
    const place = graph.op("Mod", [position, places]);
    const image = graph.op("Div", [position, graph.ints([channels * height * width])]);
    const channel = graph.op("Mod", [graph.op("Div", [position, places]), graph.ints([channels])]);
    const row = attributes.includeBatchInIndex ? graph.op("Add", [graph.op("Mul", [image, places]), place]) : place;
    const index = graph.op("Add", [graph.op("Mul", [row, graph.ints([channels])]), channel]);
    const nchw = graph.op("Cast", [index], { to: { int: elementTypes.int32 } });
    return [
      { shape, dtype: "float32", names: { nchw: value } },
      made(graph.op("Transpose", [nchw], { perm: { ints: [0, 2, 3, 1] } }), shape, "int32"),
    ];
  }),
};

export function pool(graph: Graph, op: "MaxPool" | "AveragePool", x: Value, window: Window): Value {
  const channels = x.shape[3] as number;
  const layout = imageLayout(graph, channels);
  const attributes = { ...windowAttributes(window) };
  // ONNX has dilated averages only from opset 19 on.
  if (op === "AveragePool") delete attributes.dilations;
  const domain = layout === "blocked" ? "com.microsoft.nchwc" : "";
  const name = graph.op(op, [named(graph, x, layout)], attributes, domain);
  return { shape: [window.batch, ...window.output, channels], dtype: "float32", names: { [layout]: name } };
}

/** The maxima as NCHW, and where in the whole batch (as NCHW) the first of each window is. */
export function maxWithPosition(
  graph: Graph,
  x: Value,
  window: Window,
): { shape: number[]; value: string; position: string } {
  const images = named(graph, x, "nchw");
  const [value, position] = graph.multi("MaxPool", 2, [images], windowAttributes(window)) as [string, string];
  return { shape: [window.batch, ...window.output, x.shape[3] as number], value, position };
}
