import type * as tfTypes from "@tensorflow/tfjs";
import type { Tensors } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

// Gradients of single examples are never formed where their norms suffice: an affine layer's is an outer product, whose
// squared norm is the product of two squared norms (Goodfellow 2015, "Efficient per-example gradient computations").

/**
 * A probe is a vector of zeros, one a batch row, that a layer takes as one more input. The "gradient" that arrives there
 * is, summed over all layers, the squared norm of each example's gradient by the layers' weights.
 */
export type Probe = tfTypes.Tensor | null;

type T = tfTypes.Tensor;
type Save = (tensors: T[]) => void;

/** x · kernel + bias, for x of batch × inputs. */
export function dense(x: tfTypes.Tensor, kernel: tfTypes.Tensor, bias: tfTypes.Tensor, probe: Probe): tfTypes.Tensor {
  const tf = tfjs();
  if (probe === null) return tf.add(tf.matMul(x, kernel), bias);
  const op = tf.customGrad((...args) => {
    const [x, kernel, bias, , save] = args as unknown as [T, T, T, T, Save];
    save([x, kernel]);
    return {
      value: tf.add(tf.matMul(x, kernel), bias),
      gradFunc(dy, saved) {
        const [x, kernel] = saved as [T, T];
        const ofInputs = tf.add(tf.sum(tf.square(x), 1), 1);
        const squares = tf.mul(ofInputs, tf.sum(tf.square(dy), 1));
        return [tf.matMul(dy, kernel, false, true), tf.matMul(x, dy, true, false), tf.sum(dy, 0), squares];
      },
    };
  });
  return op(x, kernel, bias, probe);
}

/** Convolution of images batch × height × width × channels at stride 1, plus bias. */
export function convolution(
  x: tfTypes.Tensor,
  kernel: tfTypes.Tensor,
  bias: tfTypes.Tensor,
  padding: "same" | "valid",
  probe: Probe,
): tfTypes.Tensor {
  const tf = tfjs();
  const convolve = (x: T, kernel: T) => tf.conv2d(x as tfTypes.Tensor4D, kernel as tfTypes.Tensor4D, 1, padding);
  if (probe === null) return tf.add(convolve(x, kernel), bias);
  const op = tf.customGrad((...args) => {
    const [x, kernel, bias, , save] = args as unknown as [T, T, T, T, Save];
    save([x, kernel]);
    return {
      value: tf.add(convolve(x, kernel), bias),
      gradFunc(dy, saved) {
        const [x, kernel] = saved as [T, T];
        const { dx, dk } = convolutionGradients(x, kernel, dy, padding);
        // Here the gradients of the examples are formed: a kernel has few weights, and a dot product needs no more.
        const [batch, outHeight, outWidth, filters] = dy.shape as [number, number, number, number];
        const rows = tf.reshape(dy, [batch, outHeight * outWidth, filters]);
        const each = tf.matMul(patches(x, kernel, padding, [outHeight, outWidth]), rows, true, false);
        const ofBias = tf.sum(tf.square(tf.sum(rows, 1)), 1);
        return [dx, dk, tf.sum(dy, [0, 1, 2]), tf.add(tf.sum(tf.square(each), [1, 2]), ofBias)];
      },
    };
  });
  return op(x, kernel, bias, probe);
}

/** As kernels, since TF.js cannot take a gradient within one. */
function convolutionGradients(x: T, kernel: T, dy: T, pad: "same" | "valid"): { dx: T; dk: T } {
  const run = (name: string, inputs: Record<string, T>, shape: Record<string, number[]>): T =>
    tfjs()
      .engine()
      .runKernel(name, inputs, { strides: 1, pad, dataFormat: "NHWC", ...shape });
  return {
    dx: run("Conv2DBackpropInput", { dy, filter: kernel }, { inputShape: x.shape }),
    dk: run("Conv2DBackpropFilter", { x, dy }, { filterShape: kernel.shape }),
  };
}

/** What each output of a convolution sees: batch × outputs × (kernel height × kernel width × channels). */
function patches(x: T, kernel: T, padding: "same" | "valid", [outHeight, outWidth]: [number, number]): T {
  const tf = tfjs();
  const [height, width, channels] = kernel.shape as [number, number, number, number];
  const batch = x.shape[0] as number;
  const before = (size: number): number => (padding === "same" ? (size - 1) >> 1 : 0);
  const after = (size: number): number => (padding === "same" ? size - 1 - before(size) : 0);
  const padded = tf.pad(x, [
    [0, 0],
    [before(height), after(height)],
    [before(width), after(width)],
    [0, 0],
  ]);
  const shifts = Array.from({ length: height * width }, (_, at) =>
    tf.slice(padded, [0, Math.floor(at / width), at % width, 0], [batch, outHeight, outWidth, channels]),
  );
  return tf.reshape(tf.concat(shifts, 3), [batch, outHeight * outWidth, height * width * channels]);
}

/**
 * The sum over the batch of each example's gradient, scaled down to norm `most` where it is longer (Abadi et al. 2016,
 * §3.1), with the losses. `losses` gives one loss an example, batch, and must apply every weight exactly once, by the
 * layers of this file with the probe that it is given; a loss that masks an example out by 0 leaves its gradient out.
 */
export function clippedGradientSum(
  losses: (weights: Tensors, probe: Probe) => tfTypes.Tensor,
  weights: Tensors,
  batch: number,
  most: number,
): { gradients: Tensors; losses: tfTypes.Tensor; norms: tfTypes.Tensor } {
  const tf = tfjs();
  const squares = tf.grad((probe) => tf.sum(losses(weights, probe)))(tf.zeros([batch]));
  const norms = tf.sqrt(squares);
  const shares = tf.div(most, tf.maximum(norms, most));
  const names = Object.keys(weights);
  let kept: tfTypes.Tensor | undefined;
  const total = (...tensors: tfTypes.Tensor[]): tfTypes.Scalar => {
    const given = Object.fromEntries(names.map((name, at) => [name, tensors[at] as tfTypes.Tensor]));
    const each = losses(given, null);
    // Beyond the scope in which the gradient is taken.
    kept = tf.keep(each);
    return tf.sum(tf.mul(each, shares));
  };
  const gradients = tf.grads(total)(names.map((name) => weights[name] as tfTypes.Tensor));
  return {
    gradients: Object.fromEntries(names.map((name, at) => [name, gradients[at] as tfTypes.Tensor])),
    losses: kept as tfTypes.Tensor,
    norms,
  };
}
