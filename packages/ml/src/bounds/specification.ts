import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { crossEntropy } from "../loss.ts";
import type { Box } from "./interval.ts";

// What is to be bounded: how far another class's logit z_j may be above the true class's z_y.

type T = tfTypes.Tensor;

/** z_j − z_y of every class j, as an affine function of what the last layer is given. */
export interface Specification {
  rows: T; // records × classes × units
  constants: T; // records × classes
}

/**
 * The specification merged with the last, affine layer: bounds of z_j and of z_y apart would not know that both depend on the
 * same units. Gowal et al. 2018.
 *
 * @param targets records × classes, one-hot
 */
export function specificationOf(last: { kernel: T; bias: T }, targets: T): Specification {
  const tf = tfjs();
  const classes = tf.transpose(last.kernel); // classes × units
  const ofTarget = tf.expandDims(tf.matMul(targets, classes), 1);
  const bias = tf.reshape(last.bias, [-1, 1]);
  return {
    rows: tf.sub(tf.expandDims(classes, 0), ofTarget),
    constants: tf.sub(tf.reshape(bias, [1, -1]), tf.matMul(targets, bias)),
  };
}

/** Upper bounds of a specification over a flat box, records × classes. */
export function upperOverBox({ rows, constants }: Specification, { centre, radius }: Box): T {
  const tf = tfjs();
  return tf.add(tf.add(applied(rows, centre), applied(tf.abs(rows), radius)), constants);
}

/**
 * Sums of products of functions' rows (records × functions × units) and units (records × units): records × functions. Rows may
 * also be the same for all records, 1 × functions × units.
 */
export function applied(rows: T, units: T): T {
  const tf = tfjs();
  const [records, functions, width] = rows.shape as [number, number, number];
  if (records === 1) return tf.matMul(units, tf.reshape(rows, [functions, width]), false, true);
  return tf.reshape(tf.matMul(rows, tf.expandDims(units, 2)), [records, functions]);
}

/** Rows of functions that are units themselves, units × size: 1 at each one's own place. */
export function rowsOf(units: tfTypes.Tensor1D, size: number): T {
  const tf = tfjs();
  return tf.cast(tf.equal(tf.expandDims(units, 1), tf.range(0, size, 1, "int32")), "float32");
}

/**
 * The least confidence F(x)_y that the margins leave possible: 1 / (1 + Σ_{j≠y} e^{m_j}), one a record. The I_V of Song et al. 2019.
 *
 * @param margins upper bounds m_j of z_j − z_y, records × classes, with 0 at j = y
 */
export function verifiedConfidence(margins: T): T {
  return tfjs().exp(tfjs().neg(tfjs().logSumExp(margins, 1)));
}

/**
 * The mean cross-entropy of the worst-case logits, in which every class is as far above the true one as its margin says: an
 * upper bound of the loss anywhere in the ball. Gowal et al. 2018; Wong and Kolter 2018, Theorem 2.
 *
 * @param targets records × classes, one-hot
 */
export function robustLoss(margins: T, targets: T): T {
  return crossEntropy(margins, targets);
}
