import type * as tfTypes from "@tensorflow/tfjs";
import type { Tensors } from "./engine.ts";
import { tfjs } from "./tfjs.ts";

// Gradients of single examples are not formed where their norms suffice: an affine layer's is an outer product, whose squared
// norm is the product of two squared norms (Goodfellow 2015, "Efficient per-example gradient computations"). And one backward
// pass is enough: what arrives at a layer for an example is scaled as its gradient is (Bu et al. 2023, "Differentially private
// optimization on large model at small cost", book-keeping).

/** What the layers of one pass through a network leave for the gradients of each example. */
export interface Probe {
  /**
   * Zeros, one a batch row, that every layer takes as one more input. The "gradient" that arrives there is, summed over all
   * layers, the squared norm of each example's gradient by the layers' weights.
   */
  rows: tfTypes.Tensor;
  uses: Use[];
}

/** What a layer left in the backward pass. */
interface Use {
  weights: readonly T[];
  /** By each of the weights, the sum of the examples' gradients, each multiplied by its share. */
  gradients(shares: T): T[];
  /** Tensors to give up afterwards. */
  kept: readonly T[];
}

type T = tfTypes.Tensor;
type Save = (tensors: T[]) => void;

/** x · kernel + bias, for x of batch × inputs; without a probe also of models × batch × inputs. */
export function dense(x: T, kernel: T, bias: T, probe: Probe | null): T {
  const tf = tfjs();
  if (probe === null) return tf.add(tf.matMul(x, kernel), bias);
  const op = tf.customGrad((...args) => {
    const [x, , save] = args as unknown as [T, T, Save];
    save([x]);
    return {
      value: tf.add(tf.matMul(x, kernel), bias),
      gradFunc(dy, saved) {
        const [x, arrived] = [tf.keep(tf.clone(saved[0] as T)), tf.keep(tf.clone(dy))];
        probe.uses.push({
          weights: [kernel, bias],
          gradients(shares) {
            const scaled = tf.mul(arrived, tf.expandDims(shares, 1));
            return [tf.matMul(x, scaled, true, false), tf.sum(scaled, 0)];
          },
          kept: [x, arrived],
        });
        const ofInputs = tf.add(tf.sum(tf.square(x), 1), 1);
        return [tf.matMul(dy, kernel, false, true), tf.mul(ofInputs, tf.sum(tf.square(dy), 1))];
      },
    };
  });
  return op(x, probe.rows);
}

/** Convolution of images batch × height × width × channels, plus bias unless that is null. */
export function convolution(
  x: T,
  kernel: T,
  bias: T | null,
  { stride = 1, padding }: { stride?: number; padding: "same" | "valid" },
  probe: Probe | null,
): T {
  const tf = tfjs();
  const convolved = (x: T): T => {
    const made = tf.conv2d(x as tfTypes.Tensor4D, kernel as tfTypes.Tensor4D, stride, padding);
    return bias === null ? made : tf.add(made, bias);
  };
  if (probe === null) return convolved(x);
  const op = tf.customGrad((...args) => {
    const [x, , save] = args as unknown as [T, T, Save];
    save([x]);
    return {
      value: convolved(x),
      gradFunc(dy, saved) {
        const x = saved[0] as T;
        const [batch, height, width, filters] = dy.shape as [number, number, number, number];
        const rows = tf.reshape(dy, [batch, height * width, filters]);
        // Here the gradients of the examples are formed: a kernel has few weights, and a dot product needs no more.
        const seen = patches(x, kernel.shape, { stride, padding }, [height, width]);
        const ofKernel = tf.keep(tf.reshape(tf.matMul(seen, rows, true, false), [batch, -1]));
        const ofBias = bias === null ? null : tf.keep(tf.sum(rows, 1));
        const each = [ofKernel, ...(ofBias === null ? [] : [ofBias])];
        probe.uses.push({
          weights: [kernel, ...(bias === null ? [] : [bias])],
          gradients(shares) {
            const sums = each.map((ofExamples) => tf.matMul(tf.expandDims(shares, 0), ofExamples));
            return sums.map((sum, at) => tf.reshape(sum, at === 0 ? kernel.shape : [-1]));
          },
          kept: each,
        });
        const squares = each.map((ofExamples) => tf.sum(tf.square(ofExamples), 1));
        return [inputGradient(x, kernel, dy, { stride, padding }), tf.addN(squares)];
      },
    };
  });
  return op(x, probe.rows);
}

/**
 * The sum over the batch of each example's gradient, scaled down to norm `most` where it is longer (Abadi et al. 2016, §3.1),
 * with the losses. `losses` gives one loss an example, batch, and must apply every weight exactly once, by the layers of this
 * file with the probe that it is given, and each example by itself; a loss that masks an example out by 0 leaves its gradient out.
 *
 * @throws {Error} naming a weight that no layer of this file applied, or several did.
 */
export function clippedGradientSum(
  losses: (probe: Probe) => T,
  weights: Tensors,
  batch: number,
  most: number,
): { gradients: Tensors; losses: T; norms: T } {
  const tf = tfjs();
  const uses: Use[] = [];
  // What must outlast the scope in which the gradient is taken is kept, and given up again.
  let kept: T | undefined;
  const total = (rows: T): T => {
    kept = tf.keep(losses({ rows, uses }));
    return tf.sum(kept);
  };
  const norms = tf.sqrt(tf.grad(total)(tf.zeros([batch])));
  const each = tf.clone(kept as T);
  tf.dispose(kept);
  const shares = tf.div(most, tf.maximum(norms, most));
  const sums = uses.flatMap((use) => use.gradients(shares).map((sum, at) => ({ of: use.weights[at] as T, sum })));
  tf.dispose(uses.flatMap(({ kept }) => kept));
  const gradients = Object.entries(weights).map(([name, weight]): [string, T] => {
    const [only, ...others] = sums.filter(({ of }) => of === weight);
    if (!only || others.length > 0) {
      throw new Error(
        `weight "${name}" was applied by ${only ? others.length + 1 : 0} layers with the probe, which must be one`,
      );
    }
    return [name, only.sum];
  });
  return { gradients: Object.fromEntries(gradients), losses: each, norms };
}

interface Window {
  stride: number;
  padding: "same" | "valid";
}

/** As a kernel, since TF.js cannot take a gradient within one. */
function inputGradient(x: T, filter: T, dy: T, { stride, padding }: Window): T {
  const attributes = { strides: stride, pad: padding, dataFormat: "NHWC", inputShape: x.shape };
  return tfjs().engine().runKernel("Conv2DBackpropInput", { dy, filter }, attributes);
}

/** What each output of a convolution sees: batch × outputs × (kernel height × kernel width × channels). */
function patches(x: T, kernelShape: readonly number[], { stride, padding }: Window, outputs: [number, number]): T {
  const tf = tfjs();
  const [height, width] = kernelShape as [number, number];
  const [batch, inHeight, inWidth, channels] = x.shape as [number, number, number, number];
  const around = (size: number, kernel: number, output: number): [number, number] => {
    const all = padding === "same" ? Math.max(0, (output - 1) * stride + kernel - size) : 0;
    return [all >> 1, all - (all >> 1)];
  };
  const padded = tf.pad(x, [[0, 0], around(inHeight, height, outputs[0]), around(inWidth, width, outputs[1]), [0, 0]]);
  const reach = outputs.map((output) => (output - 1) * stride + 1) as [number, number];
  const shifts = Array.from({ length: height * width }, (_, at) => {
    const [top, left] = [Math.floor(at / width), at % width];
    if (stride === 1) return tf.slice(padded, [0, top, left, 0], [batch, ...outputs, channels]);
    const end = [batch, top + reach[0], left + reach[1], channels];
    return tf.stridedSlice(padded, [0, top, left, 0], end, [1, stride, stride, 1]);
  });
  return tf.reshape(tf.concat(shifts, 3), [batch, outputs[0] * outputs[1], height * width * channels]);
}
