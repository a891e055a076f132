import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";

// TF.js's own versions take some fifty operations a step more, which on a small network is a third of the time: hence
// gradients by hand.

/**
 * Mean over the records of the cross-entropy between `targets` and the softmax of `logits`, both records × classes; of
 * several models, models × records × classes, one mean each. The rows of `targets` must sum to 1: one-hot, or a
 * distribution.
 */
export function crossEntropy(logits: tfTypes.Tensor, targets: tfTypes.Tensor): tfTypes.Tensor {
  const tf = tfjs();
  const share = 1 / (logits.shape.at(-2) as number);
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tfTypes.Tensor, (tensors: tfTypes.Tensor[]) => void];
    const logSoftmax = tf.logSoftmax(x);
    save([logSoftmax, targets]);
    return {
      value: tf.mul(tf.sum(tf.mul(logSoftmax, targets), [-2, -1]), -share),
      gradFunc: (dy, saved) => {
        const [logSoftmax, targets] = saved as [tfTypes.Tensor, tfTypes.Tensor];
        return tf.mul(tf.sub(tf.exp(logSoftmax), targets), tf.mul(perModel(dy, logSoftmax), share));
      },
    };
  });
  return op(logits);
}

/**
 * The cross-entropy of each record, by which inputs are made that have a large one. Rows of `targets` sum to 1; where they
 * are answers p of the model, the gradient is that of KL(p ‖ softmax).
 */
export function crossEntropies(logits: tfTypes.Tensor, targets: tfTypes.Tensor): tfTypes.Tensor {
  const tf = tfjs();
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tfTypes.Tensor, (tensors: tfTypes.Tensor[]) => void];
    const logSoftmax = tf.logSoftmax(x);
    save([logSoftmax, targets]);
    return {
      value: tf.neg(tf.sum(tf.mul(logSoftmax, targets), -1)),
      gradFunc: (dy, saved) => {
        const [logSoftmax, targets] = saved as [tfTypes.Tensor, tfTypes.Tensor];
        return tf.mul(tf.sub(tf.exp(logSoftmax), targets), tf.expandDims(dy, -1));
      },
    };
  });
  return op(logits);
}

/** What follows from some tensors as a constant, of which no gradient is taken. Not the constant's own operations have one, either. */
export function constantOf(
  of: (...tensors: tfTypes.Tensor[]) => tfTypes.Tensor,
  ...given: tfTypes.Tensor[]
): tfTypes.Tensor {
  const tf = tfjs();
  const op = tf.customGrad((...args) => {
    const tensors = args.slice(0, -1) as tfTypes.Tensor[];
    return { value: of(...tensors), gradFunc: () => tensors.map((tensor) => tf.zeros(tensor.shape)) };
  });
  return op(...given);
}

/** The sum of all squared elements of all `tensors`, of which there must be at least one; of several models, of each. */
export function sumOfSquares(tensors: readonly tfTypes.Tensor[], models: number | null = null): tfTypes.Tensor {
  const tf = tfjs();
  const op = tf.customGrad((...args) => {
    const values = args.slice(0, -1) as tfTypes.Tensor[];
    const save = args.at(-1) as (tensors: tfTypes.Tensor[]) => void;
    save(values);
    const axes = ({ rank }: tfTypes.Tensor) =>
      Array.from({ length: rank }, (_, axis) => axis).slice(models === null ? 0 : 1);
    return {
      value: values.map((value) => tf.sum(tf.square(value), axes(value))).reduce((sum, one) => tf.add(sum, one)),
      gradFunc: (dy, saved) => {
        const twice = tf.mul(dy, 2);
        return saved.map((value) => tf.mul(value, perModel(twice, value)));
      },
    };
  });
  return op(...tensors);
}

/** The sum of the absolute values of all elements of all `tensors`, at least one; of several models, of each. */
export function sumOfSizes(tensors: readonly tfTypes.Tensor[], models: number | null = null): tfTypes.Tensor {
  const tf = tfjs();
  return tensors
    .map((value) =>
      tf.sum(tf.abs(value), Array.from({ length: value.rank }, (_, axis) => axis).slice(models === null ? 0 : 1)),
    )
    .reduce((sum, one) => tf.add(sum, one));
}

/** A scalar as it is; one number a model shaped so that it broadcasts to `like`, whose first axis counts the models. */
function perModel(numbers: tfTypes.Tensor, like: tfTypes.Tensor): tfTypes.Tensor {
  if (numbers.rank === 0) return numbers;
  return tfjs().reshape(numbers, [numbers.size, ...like.shape.slice(1).map(() => 1)]);
}
