import type * as tfTypes from "@tensorflow/tfjs";
import type { Tf } from "./tfjs.ts";

/** Registers `Conv2DBackpropFilter`, which TF.js's WebAssembly backend lacks: without it no convolution can be trained. */
export function registerWasmKernels(tf: Tf): void {
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => filterGradient(tf, inputs as Inputs, attrs as Attributes),
  });
}

type Inputs = Record<string, tfTypes.Tensor>;
type Attributes = Record<string, unknown>;
type Shape4 = [number, number, number, number];

/**
 * The gradient for a convolution's filter is itself a convolution: channels act as the batch, the batch as channels, and
 * dy as the filter; stride and dilation change places.
 */
function filterGradient(tf: Tf, inputs: Inputs, attributes: Attributes): tfTypes.TensorInfo {
  const { x, dy } = inputs as { x: tfTypes.Tensor4D; dy: tfTypes.Tensor4D };
  const filterShape = attributes.filterShape as Shape4;
  const { strides, pad, dimRoundingMode } = attributes as Pick<
    tfTypes.Conv2DAttrs,
    "strides" | "pad" | "dimRoundingMode"
  >;
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  const { padInfo, strideHeight, strideWidth } = info;
  const [kernelHeight, kernelWidth] = filterShape;
  // What must be added below and to the right so that exactly the filter's size comes out; rows that no window reached
  // (negative) come out as a surplus, which is cut off.
  const bottom = (dy.shape[1] - 1) * strideHeight + kernelHeight - x.shape[1] - padInfo.top;
  const right = (dy.shape[2] - 1) * strideWidth + kernelWidth - x.shape[2] - padInfo.left;
  return tf.tidy(() => {
    const gradient = tf.conv2d(
      tf.transpose(x, [3, 1, 2, 0]),
      tf.transpose(dy, [1, 2, 0, 3]),
      1,
      [
        [0, 0],
        [padInfo.top, Math.max(0, bottom)],
        [padInfo.left, Math.max(0, right)],
        [0, 0],
      ],
      "NHWC",
      [strideHeight, strideWidth],
    );
    const cut = bottom < 0 || right < 0 ? gradient.slice([0, 0, 0, 0], [-1, kernelHeight, kernelWidth, -1]) : gradient;
    return tf.transpose(cut, [1, 2, 0, 3]);
  });
}
