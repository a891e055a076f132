import type * as tf from "@tensorflow/tfjs";
import { UnsupportedKernel } from "../../errors.ts";
import { tfjs } from "../../tfjs.ts";
import type { Attribute } from "../graph.ts";
import type { Value } from "../value.ts";

/** Height and width. */
export type Extent = readonly [height: number, width: number];

/** How a window slides over the images of a batch: a filter's or a pool's. */
export interface Window {
  batch: number;
  input: Extent;
  output: Extent;
  kernel: Extent;
  strides: Extent;
  dilations: Extent;
  /** Rows above and columns left of the image that the windows cover. */
  before: Extent;
  /** The same below and right of it; negative where the last windows end before the image does. */
  after: Extent;
}

type Padding = tf.Conv2DAttrs["pad"];
type Rounding = tf.Conv2DAttrs["dimRoundingMode"];

/** The window of a convolution, whose output has `filter`'s last dimension as channels (times the input's, depthwise). */
export function filterWindow(
  kernel: string,
  images: readonly number[],
  filter: readonly number[],
  attributes: {
    strides: number | readonly number[];
    pad: Padding;
    dilations?: number | readonly number[];
    dimRoundingMode?: Rounding;
    dataFormat?: string;
  },
): Window {
  const { strides, pad, dilations = 1, dimRoundingMode, dataFormat = "NHWC" } = attributes;
  if (dataFormat !== "NHWC") throw new UnsupportedKernel(kernel, `with data format ${dataFormat}`);
  const info = tfjs().backend_util.computeConv2DInfo(
    images as [number, number, number, number],
    filter as [number, number, number, number],
    strides as [number, number],
    dilations as [number, number],
    pad,
    dimRoundingMode,
  );
  return windowOf(kernel, info);
}

/** The window of a pool. */
export function poolWindow(kernel: string, { shape, dtype }: Value, attributes: tf.MaxPoolAttrs): Window {
  if (dtype !== "float32") throw new UnsupportedKernel(kernel, `with ${dtype} images`);
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const images = shape as [number, number, number, number];
  const { computePool2DInfo } = tfjs().backend_util;
  const window = windowOf(kernel, computePool2DInfo(images, filterSize, strides, 1, pad, dimRoundingMode));
  const outside = [...window.before, ...window.after];
  if (outside.some((size, side) => size >= (window.kernel[side % 2] as number))) {
    throw new UnsupportedKernel(kernel, `with padding of ${outside.join(", ")}, in which whole windows fit`);
  }
  return window;
}

function windowOf(kernel: string, info: tf.backend_util.Conv2DInfo): Window {
  const window = {
    batch: info.batchSize,
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
  } as const;
  const spans = [info.effectiveFilterHeight, info.effectiveFilterWidth] as const;
  const after = (axis: 0 | 1) =>
    (window.output[axis] - 1) * window.strides[axis] + spans[axis] - window.input[axis] - window.before[axis];
  const full = { ...window, after: [after(0), after(1)] } as const;
  if (info.outHeight <= 0 || info.outWidth <= 0) {
    throw new UnsupportedKernel(kernel, `with windows larger than the images of ${window.input.join("×")}`);
  }
  // TF.js sizes the output of a number as padding by the filter's height alone; ONNX would make it wider.
  if (full.after.some((rest, axis) => -rest >= (window.strides[axis] as number))) {
    throw new UnsupportedKernel(kernel, `with a filter of ${window.kernel.join("×")} and a number as padding`);
  }
  return full;
}

/** The attributes that ONNX's Conv and pools have in common. */
export function windowAttributes({ kernel, strides, dilations, before, after }: Window): Record<string, Attribute> {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...before, ...after.map((size) => Math.max(0, size))] },
  };
}
