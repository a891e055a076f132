import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";

// TF.js's own versions take some fifty operations a step more, which on a small network is a third of the time: hence
// gradients by hand.

/**
 * Mean over the records of the cross-entropy between `targets` and the softmax of `logits`, both records × classes.
 * The rows of `targets` must sum to 1: one-hot, or a distribution.
 */
export function crossEntropy(logits: tfTypes.Tensor, targets: tfTypes.Tensor): tfTypes.Scalar {
  const tf = tfjs();
  const share = 1 / (logits.shape[0] as number);
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tfTypes.Tensor, (tensors: tfTypes.Tensor[]) => void];
    const logSoftmax = tf.logSoftmax(x);
    save([logSoftmax]);
    return {
      value: tf.mul(tf.sum(tf.mul(logSoftmax, targets)), -share),
      gradFunc: (dy, saved) => {
        const softmax = tf.exp(saved[0] as tfTypes.Tensor);
        return tf.mul(tf.sub(softmax, targets), tf.mul(dy, share));
      },
    };
  });
  return op(logits) as tfTypes.Scalar;
}

/** The sum of all squared elements of all `tensors`, of which there must be at least one. */
export function sumOfSquares(tensors: readonly tfTypes.Tensor[]): tfTypes.Scalar {
  const tf = tfjs();
  const op = tf.customGrad((...args) => {
    const values = args.slice(0, -1) as tfTypes.Tensor[];
    const save = args.at(-1) as (tensors: tfTypes.Tensor[]) => void;
    save(values);
    return {
      value: values.map((value) => tf.sum(tf.square(value))).reduce((sum, one) => tf.add(sum, one)),
      gradFunc: (dy, saved) => {
        const twice = tf.mul(dy, 2);
        return saved.map((value) => tf.mul(value, twice));
      },
    };
  });
  return op(...tensors) as tfTypes.Scalar;
}
