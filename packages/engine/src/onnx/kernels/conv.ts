import type * as tf from "@tensorflow/tfjs";
import type { Graph } from "../graph.ts";
import { imageLayout, named, plain } from "../layout.ts";
import type { Value } from "../value.ts";
import { activate } from "./activation.ts";
import { add } from "./elementwise.ts";
import { type Kernels, kernel } from "./kernel.ts";
import { filterWindow, type Window, windowAttributes } from "./window.ts";

/** Convolutions of images with filters of height × width × inputs × outputs. */
export const convKernels: Kernels = {
  Conv2D: kernel<{ x: Value; filter: Value }, tf.Conv2DAttrs>((graph, { x, filter }, attributes) =>
    convolve(graph, x, filter, filterWindow("Conv2D", x.shape, filter.shape, attributes)),
  ),
  // The three kernels that it stands for; fusion.ts makes them one node again, where that is one in ONNX Runtime.
  FusedConv2D: kernel<{ x: Value; filter: Value } & Extras, tf.FusedConv2DAttrs>(
    (graph, { x, filter, ...extras }, attributes) => {
      const window = filterWindow("FusedConv2D", x.shape, filter.shape, attributes);
      return withExtras(graph, "FusedConv2D", convolve(graph, x, filter, window), extras, attributes);
    },
  ),
};

/** What a fused kernel adds to its product or convolution. */
export interface Extras {
  bias?: Value;
  preluActivationWeights?: Value;
}

/**
 * The convolution, blocked where the channels allow it, else as NCHW. ONNX's filters are outputs × inputs × height ×
 * width; blocked ones have blocks of inputs and outputs innermost, and of outputs alone where the inputs are less than
 * a block, in which case the images are NCHW.
 */
export function convolve(graph: Graph, x: Value, filter: Value, window: Window): Value {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const shape = [window.batch, ...window.output, outputs];
  const attributes = windowAttributes(window);
  const from = imageLayout(graph, inputs);
  if (imageLayout(graph, outputs) === "nchw" || (from === "nchw" && inputs > graph.block)) {
    const weights = graph.op("Transpose", [plain(graph, filter)], { perm: { ints: [3, 2, 0, 1] } });
    return {
      shape,
      dtype: "float32",
      names: { nchw: graph.op("Conv", [named(graph, x, "nchw"), weights], attributes) },
    };
  }
  const block = from === "blocked" ? graph.block : 1;
  const blocks = [height, width, inputs / block, block, outputs / graph.block, graph.block];
  const apart = graph.op("Reshape", [plain(graph, filter), graph.ints(blocks)]);
  const moved = graph.op("Transpose", [apart], { perm: { ints: [4, 2, 0, 1, 3, 5] } });
  const weights = graph.op("Reshape", [moved, graph.ints([outputs, inputs, height, width])]);
  const name = graph.op("Conv", [named(graph, x, from), weights], attributes, "com.microsoft.nchwc");
  return { shape, dtype: "float32", names: { blocked: name } };
}

/** Adds the bias and applies the activation that a fused kernel has. */
export function withExtras(
  graph: Graph,
  kernelName: string,
  x: Value,
  { bias, preluActivationWeights: prelu }: Extras,
  { activation, leakyreluAlpha }: Pick<tf.FusedConv2DAttrs, "activation" | "leakyreluAlpha">,
): Value {
  const biased = bias === undefined ? x : add(graph, x, bias);
  return activate(graph, biased, kernelName, { activation, leakyreluAlpha, prelu });
}
