import { InvalidInput } from "@shadowfarm/core/errors";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { type Box, boxAfter, slopesBelow } from "./interval.ts";
import { rowsOf, type Specification, upperOverBox } from "./specification.ts";
import type { Stage } from "./stages.ts";

// DiffAI's hybrid zonotopes. Mirman, Gehr and Vechev 2018, with the ReLU transformer that they call zBox.

type T = tfTypes.Tensor;

/**
 * A unit is somewhere in centre ± radius + Σ_k e_k terms[k], with the same −1 ≤ e_k ≤ 1 for all units of a record: what two
 * units have of one e_k is correlated, and may cancel out later.
 */
export interface Zonotope extends Box {
  terms: T | null; // (terms · records) × unit shape, a term's records one after another
}

/**
 * Which features of a record have an error term of their own: so many, spread evenly over the record and the same for every
 * record, or these, counted through the whole record. (DiffAI's code draws them anew or takes the brightest.)
 */
export type TermFeatures = number | readonly number[];

/** A box of which some features are told apart. */
export function zonotopeOf({ centre, radius }: Box, features: TermFeatures): Zonotope {
  const tf = tfjs();
  const shape = centre.shape.slice(1);
  const chosen = chosenFeatures(features, sizeOf(shape));
  if (chosen.length === 0) return { centre, radius, terms: null };
  const isTerm = rowsOf(tf.tensor1d(chosen, "int32"), sizeOf(shape)); // terms × features
  const isRest = tf.sub(1, tf.sum(isTerm, 0));
  const apart = tf.mul(tf.expandDims(radius, 0), tf.reshape(isTerm, [-1, 1, ...shape]));
  return {
    centre,
    radius: tf.mul(radius, tf.reshape(isRest, [1, ...shape])),
    terms: tf.reshape(apart, [-1, ...shape]),
  };
}

/**
 * What contains all that `stages` make of a zonotope, and lies inside the box that interval propagation gives. More terms
 * never make it larger.
 */
export function zonotopeThrough(stages: readonly Stage[], zonotope: Zonotope): Zonotope {
  return stages.reduce(zonotopeAfter, zonotope);
}

/** Upper bounds of a specification over a flat zonotope, records × classes. */
export function upperOverZonotope(specification: Specification, zonotope: Zonotope): T {
  const tf = tfjs();
  const upper = upperOverBox(specification, zonotope);
  const { centre, terms } = zonotope;
  if (terms === null) return upper;
  const ofRecords = tf.transpose(tf.reshape(terms, [-1, ...centre.shape]), [1, 0, 2]); // records × terms × units
  const reaches = tf.matMul(specification.rows, ofRecords, false, true);
  return tf.add(upper, tf.sum(tf.abs(reaches), 2));
}

function zonotopeAfter(zonotope: Zonotope, stage: Stage): Zonotope {
  const { terms } = zonotope;
  if (terms === null) return { ...boxAfter(zonotope, stage), terms };
  switch (stage.kind) {
    case "affine":
      return { ...boxAfter(zonotope, stage), terms: stage.linear(terms) };
    case "activation":
      if (stage.activation === "tanh") return { ...boxAfter(boxAround(zonotope), stage), terms: null };
      return rectified(zonotope, terms, slopesBelow[stage.activation]);
    case "max-pool":
      return { ...boxAfter(boxAround(zonotope), stage), terms: null };
    case "residual":
      return sumOf(zonotopeThrough(stage.branch, zonotope), zonotopeThrough(stage.shortcut, zonotope));
  }
}

/** The box around it. */
function boxAround({ centre, radius, terms }: Zonotope): Box {
  const tf = tfjs();
  if (terms === null) return { centre, radius };
  const magnitudes = tf.reshape(tf.abs(terms), [-1, ...centre.shape]);
  return { centre, radius: tf.add(radius, tf.sum(magnitudes, 0)) };
}

/** zBox: a unit on one side of zero stays what it is, times its slope; one on both sides becomes a box without terms. */
function rectified(zonotope: Zonotope, terms: T, slopeBelow: number): Zonotope {
  const tf = tfjs();
  const { centre, radius } = zonotope;
  const spread = boxAround(zonotope).radius;
  const lower = tf.sub(centre, spread);
  const upper = tf.add(centre, spread);
  // Masks of 0 and 1: comparisons would have no gradient in TF.js.
  const isBoth = tf.mul(tf.step(tf.neg(lower)), tf.step(upper));
  const slope = tf.add(tf.mul(tf.step(centre), 1 - slopeBelow), slopeBelow);
  const kept = tf.mul(tf.sub(1, isBoth), slope);
  const lowest = tf.mul(lower, slopeBelow);
  return {
    centre: tf.add(tf.mul(isBoth, tf.mul(tf.add(upper, lowest), 0.5)), tf.mul(kept, centre)),
    radius: tf.add(tf.mul(isBoth, tf.mul(tf.sub(upper, lowest), 0.5)), tf.mul(kept, radius)),
    terms: scaled(terms, kept),
  };
}

/** Every term times `factors`, records × unit shape. */
function scaled(terms: T, factors: T): T {
  const tf = tfjs();
  const apart = tf.reshape(terms, [-1, ...factors.shape]);
  return tf.reshape(tf.mul(apart, tf.expandDims(factors, 0)), terms.shape);
}

function sumOf(a: Zonotope, b: Zonotope): Zonotope {
  const tf = tfjs();
  return {
    centre: tf.add(a.centre, b.centre),
    radius: tf.add(a.radius, b.radius),
    terms: a.terms === null ? b.terms : b.terms === null ? a.terms : tf.add(a.terms, b.terms),
  };
}

function chosenFeatures(features: TermFeatures, size: number): number[] {
  if (typeof features === "number") {
    const count = Math.min(features, size);
    return Array.from({ length: count }, (_, term) => Math.floor(((term + 0.5) * size) / count));
  }
  for (const feature of features) {
    if (!(Number.isInteger(feature) && feature >= 0 && feature < size)) {
      throw new InvalidInput(`feature ${feature} of a zonotope's terms is not one of a record's 0 … ${size - 1}`);
    }
  }
  return [...new Set(features)];
}
