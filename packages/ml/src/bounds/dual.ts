import { sizeOf } from "@shadowfarm/engine/arrays";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { type Box, boxAfter, endsOf, slopesBelow } from "./interval.ts";
import { applied, rowsOf, type Specification } from "./specification.ts";
import type { AffineMap, Stage } from "./stages.ts";

// The dual bound of the convex outer polytope. Wong and Kolter 2018, Theorem 1 and Algorithm 1: each ReLU that may be on
// either side of zero is replaced by its convex hull, and a feasible point of the dual of the resulting linear program is what
// one pass backwards through the network gives. Leaky ReLUs, average pools, batch normalization and residual blocks are treated
// alike.
//
// Departure: bounds of hidden units are by default those of interval propagation, which the dual's pass needs and does not
// care where they are from; "dual" computes them as Algorithm 1 does, one pass for each layer's units. Wong et al. 2018,
// and the code that Song et al. 2019 trained with estimate the latter by the median of random Cauchy projections (50 for Yale
// Face, 20 for Fashion-MNIST), which holds only with high probability and is another number at every call. What is here holds
// always, but for the rounding of float32.

type T = tfTypes.Tensor;

/** Whose bounds hidden units have. */
export type Intermediate = "interval" | "dual";

/** Upper bounds of a specification at the end of `stages`, records × classes, over a box at their beginning. */
export function dualUpperBounds(
  stages: readonly Stage[],
  box: Box,
  { rows, constants }: Specification,
  intermediate: Intermediate,
): T {
  const input = { centre: flat(box.centre), radius: flat(box.radius) };
  const boundsAt: BoundsAt =
    intermediate === "interval"
      ? (_, { centre, radius }) => endsOf({ centre: flat(centre), radius: flat(radius) })
      : (path, { centre }) => dualBounds(path, input, sizeOf(centre.shape.slice(1)));
  const { relaxed } = relax(stages, [], box, boundsAt);
  return tfjs().add(overBox(backwards(relaxed, rows), input).upper, constants);
}

/** A stage, each activation in the place of which are lines. */
type Relaxed = AffineMap | Lines | { kind: "residual"; branch: readonly Relaxed[]; shortcut: readonly Relaxed[] };

/** An activation lies above slope · x, and below slope · x + offset. */
interface Lines {
  kind: "lines";
  slope: T; // records × units
  offset: T; // records × units
}

interface Ends {
  lower: T;
  upper: T;
}

/** Bounds of the units (records × units) that a path from the input leads to, of which the box is known too. */
type BoundsAt = (path: readonly Relaxed[], box: Box) => Ends;

/** @param before what is between the input and these stages */
function relax(
  stages: readonly Stage[],
  before: readonly Relaxed[],
  from: Box,
  boundsAt: BoundsAt,
): { relaxed: Relaxed[]; box: Box } {
  const relaxed: Relaxed[] = [];
  let box = from;
  for (const stage of stages) {
    const path = [...before, ...relaxed];
    switch (stage.kind) {
      case "affine":
        relaxed.push(stage);
        break;
      case "activation":
        if (stage.activation === "tanh") throw unsupported(stage.activation);
        relaxed.push(linesOf(boundsAt(path, box), slopesBelow[stage.activation]));
        break;
      case "residual":
        relaxed.push({
          kind: "residual",
          branch: relax(stage.branch, path, box, boundsAt).relaxed,
          shortcut: relax(stage.shortcut, path, box, boundsAt).relaxed,
        });
        break;
      case "max-pool":
        throw unsupported(stage.kind);
    }
    box = boxAfter(box, stage);
  }
  return { relaxed, box };
}

/** Below so little a crossing is not divided by its width, since gradients would be lost to rounding. */
const LEAST_WIDTH = 1e-6;

/**
 * The chord from (l, a l) to (u, u) above a unit that may be on either side of zero, and through zero, with the same slope,
 * what is below it. On one side both are the activation itself.
 */
function linesOf({ lower, upper }: Ends, slopeBelow: number): Lines {
  const tf = tfjs();
  // Masks of 0 and 1: comparisons would have no gradient in TF.js.
  const isBoth = tf.mul(tf.step(tf.neg(lower)), tf.step(upper));
  const isAbove = tf.sub(1, tf.step(tf.neg(lower)));
  const width = tf.maximum(tf.sub(upper, lower), LEAST_WIDTH);
  const share = tf.add(tf.mul(isBoth, tf.div(upper, width)), isAbove);
  const slope = tf.add(tf.mul(share, 1 - slopeBelow), slopeBelow);
  // So that it goes through (u, u): with a slope that is less than the chord's, it is above it elsewhere.
  return { kind: "lines", slope, offset: tf.mul(tf.sub(1, slope), tf.relu(upper)) };
}

/** Some functions' rows at an input, and constants by which the functions are below and above what these say. */
interface Linear extends Ends {
  rows: T; // records × functions × units; or 1 × …, while they are the same for all records
  // lower, upper: records × functions, or 1 × …
}

/** Functions of what comes out of `stages`, as functions of what goes in. */
function backwards(stages: readonly Relaxed[], rows: T): Linear {
  const tf = tfjs();
  const none = tf.zeros([1, rows.shape[1] as number]);
  return stages.reduceRight<Linear>(
    (after, stage) => {
      const { rows, lower, upper } = before(stage, after.rows);
      return { rows, lower: tf.add(after.lower, lower), upper: tf.add(after.upper, upper) };
    },
    { rows, lower: none, upper: none },
  );
}

function before(stage: Relaxed, rows: T): Linear {
  const tf = tfjs();
  const [records, functions] = rows.shape as [number, number, number];
  switch (stage.kind) {
    case "affine": {
      const outputs = tf.reshape(rows, [-1, ...stage.outputShape]);
      const constant =
        stage.bias === null ? tf.zeros([1, functions]) : tf.sum(tf.reshape(tf.mul(outputs, stage.bias), rows.shape), 2);
      const inputs = tf.reshape(stage.transposed(outputs), [records, functions, -1]);
      return { rows: inputs, lower: constant, upper: constant };
    }
    case "lines":
      return {
        rows: tf.mul(rows, tf.expandDims(stage.slope, 1)),
        lower: tf.neg(applied(tf.relu(tf.neg(rows)), stage.offset)),
        upper: applied(tf.relu(rows), stage.offset),
      };
    case "residual": {
      const branch = backwards(stage.branch, rows);
      const shortcut = backwards(stage.shortcut, rows);
      return {
        rows: tf.add(branch.rows, shortcut.rows),
        lower: tf.add(branch.lower, shortcut.lower),
        upper: tf.add(branch.upper, shortcut.upper),
      };
    }
  }
}

/** Bounds of functions over a flat box, records × functions. */
function overBox({ rows, lower, upper }: Linear, { centre, radius }: Box): Ends {
  const tf = tfjs();
  const middle = applied(rows, centre);
  const reach = applied(tf.abs(rows), radius);
  return { lower: tf.add(tf.sub(middle, reach), lower), upper: tf.add(tf.add(middle, reach), upper) };
}

/** Numbers that the rows of some units may have at once. */
const ROWS_AT_ONCE = 2 ** 22;

/** Bounds of all units that a path leads to, each unit a function of its own. */
function dualBounds(path: readonly Relaxed[], input: Box, units: number): Ends {
  const tf = tfjs();
  const [records, features] = input.centre.shape as [number, number];
  const atOnce = Math.max(1, Math.floor(ROWS_AT_ONCE / (records * Math.max(units, features))));
  const parts: Ends[] = [];
  for (let from = 0; from < units; from += atOnce) {
    const some = tf.range(from, Math.min(from + atOnce, units), 1, "int32");
    parts.push(overBox(backwards(path, tf.expandDims(rowsOf(some, units), 0)), input));
  }
  return {
    lower: tf.concat(
      parts.map(({ lower }) => lower),
      1,
    ),
    upper: tf.concat(
      parts.map(({ upper }) => upper),
      1,
    ),
  };
}

function flat(x: T): T {
  return tfjs().reshape(x, [x.shape[0] as number, -1]);
}

function unsupported(what: string): Error {
  return new Error(`${what} has no dual bound, and supported.ts should have said so`);
}
