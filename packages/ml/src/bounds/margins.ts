import { sizeOf } from "@shadowfarm/engine/arrays";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { type Layer, type Placed, place } from "../layers.ts";
import { dualUpperBounds, type Intermediate } from "./dual.ts";
import { type Box, boxBetween, boxThrough } from "./interval.ts";
import { specificationOf, upperOverBox } from "./specification.ts";
import { stagesOf, type WeightTensors } from "./stages.ts";
import { checkSupported } from "./supported.ts";
import { type TermFeatures, upperOverZonotope, zonotopeOf, zonotopeThrough } from "./zonotope.ts";

type T = tfTypes.Tensor;

/** How margins are bounded, as plain JSON. A zonotope without terms is the same as an interval. */
export type BoundMethod =
  | { kind: "interval" }
  | { kind: "zonotope"; terms: TermFeatures }
  | { kind: "dual"; intermediate?: Intermediate };

/** All records within `epsilon` of `x` in every feature, and within the input range. */
export interface Ball {
  x: T; // records × input shape, in the plain range
  epsilon: number | T; // a scalar
  /** The input range: numbers, or what broadcasts to `x`. */
  low: number | T;
  high: number | T;
  /** What the network is given is (x − mean) / deviation, of the first so many features as there are means. */
  encoding?: { mean: T; deviation: T };
}

export interface Question extends Ball {
  layers: readonly Layer[];
  weights: WeightTensors;
  targets: T; // records × classes, one-hot
}

/**
 * Upper bounds of z_j − z_y, the logit of class j over that of the true class, anywhere in the ball: records × classes, 0 at
 * j = y. In differentiable TF.js operations, of the network at inference. They hold to within the rounding of float32.
 *
 * @throws {InvalidInput} when the method has no bounds for some layer.
 */
export function verifiedMargins(method: BoundMethod, { layers, weights, targets, ...ball }: Question): T {
  const placed = place(layers, ball.x.shape.slice(1));
  checkSupported(method.kind, placed);
  const stages = stagesOf(placed.slice(0, -1), weights);
  const box = boxOf(ball);
  const { name } = placed.at(-1) as Placed;
  const specification = specificationOf(
    { kernel: weights[`${name}/kernel`] as T, bias: weights[`${name}/bias`] as T },
    targets,
  );
  switch (method.kind) {
    case "interval":
      return upperOverBox(specification, boxThrough(stages, box));
    case "zonotope":
      return upperOverZonotope(specification, zonotopeThrough(stages, zonotopeOf(box, method.terms)));
    case "dual":
      return dualUpperBounds(stages, box, specification, method.intermediate ?? "interval");
  }
}

/** The ball as the network is given it. */
export function boxOf({ x, epsilon, low, high, encoding }: Ball): Box {
  const tf = tfjs();
  const inRange = (ends: T) => tf.minimum(tf.maximum(ends, low), high);
  const box = boxBetween(inRange(tf.sub(x, epsilon)), inRange(tf.add(x, epsilon)));
  if (encoding === undefined) return box;
  const mean = perFeature(encoding.mean, x, 0);
  const deviation = perFeature(encoding.deviation, x, 1);
  return { centre: tf.div(tf.sub(box.centre, mean), deviation), radius: tf.div(box.radius, tf.abs(deviation)) };
}

/** Numbers of the first features, in the shape of a record; the other features have `rest`. */
function perFeature(numbers: T, x: T, rest: number): T {
  const tf = tfjs();
  const shape = x.shape.slice(1);
  const padded = tf.pad(tf.reshape(numbers, [-1]), [[0, sizeOf(shape) - numbers.size]], rest);
  return tf.reshape(padded, [1, ...shape]);
}
