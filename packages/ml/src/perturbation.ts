import type { InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { StepContext } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";

// Plain records that are changed a little so that a loss gets larger, in operations that can be traced. Madry et al. 2018, §2,
// with the variations of Song et al. 2019's published code.

type T = tfTypes.Tensor;

/** A number, or a scalar that a compiled program reads anew at every step. */
type Amount = number | T;

/** One loss a row of a batch of plain records. */
export type Losses = (x: T) => T;

/** Where rows go next from where they are, given the gradients of their losses. */
export type Move = (at: T, gradient: T) => T;

/** A way to go: so many moves. */
export interface Way {
  steps: number;
  move: Move;
}

/** All that differs from some records by `epsilon` at most in each value, and is in the input's range. */
export interface Ball {
  x: T; // batch × record shape
  epsilon: Amount; // in plain values, like all below
  lower: T;
  upper: T;
}

type Range = Pick<InputInfo, "low" | "high">;

/** A ball's radius as a parameter: of Yale Face and CIFAR-10 in Song et al. 2019, by default. */
export const epsilonParam = radius(z.number().min(0));

/** The same of a ball that a model is trained on: of none it would learn nothing else than without a defense. */
export const trainedEpsilonParam = radius(z.number().gt(0));

function radius(size: z.ZodNumber) {
  return size
    .max(1)
    .default(8 / 255)
    .describe("largest change of a value, as a share of the input's range");
}

/** @param usual its default */
export const stepsParam = (usual: number) =>
  z.int().min(1).max(100).default(usual).describe("gradients that a perturbation takes");

/** Kinds of records that can be changed a little: those whose values have a common range. */
export const perturbableKinds = ["image", "binary"] as const satisfies InputInfo["kind"][];

/** @throws {InvalidInput} for records of another kind. */
export function checkPerturbable({ kind }: Pick<InputInfo, "kind">): void {
  if (perturbableKinds.some((perturbable) => perturbable === kind)) return;
  throw new InvalidInput(
    `it perturbs ${perturbableKinds.join(" or ")} records, not ${kind} ones; use another dataset or defense`,
  );
}

/** @param share the ball's radius, as a share of the input's range */
export function ballAround(x: T, share: Amount, { low, high }: Range): Ball {
  const tf = tfjs();
  const epsilon = typeof share === "number" ? share * (high - low) : tf.mul(share, high - low);
  return { x, epsilon, lower: tf.maximum(tf.sub(x, epsilon), low), upper: tf.minimum(tf.add(x, epsilon), high) };
}

/** Projected gradient ascent: signed steps, cut off where the ball ends, that are `reach` times its radius together. */
export function signedSteps(ball: Ball, { steps, reach }: { steps: number; reach: number }): Way {
  const tf = tfjs();
  const size = tf.mul(ball.epsilon, reach / steps);
  return { steps, move: (at, gradient) => within(ball, tf.add(at, tf.mul(tf.sign(gradient), size))) };
}

/**
 * Steps against a soft penalty in place of a ball: x' + g − mean|g| · sign(x' + g − x) for g = a · gradient, cut off at the
 * input's range; the mean is over all values of the batch. Sinha et al. 2018 as in Song et al. 2019's code.
 *
 * @param a for records in [0, 1]
 */
export function penalizedSteps(x: T, { low, high }: Range, { steps, a }: { steps: number; a: number }): Way {
  const tf = tfjs();
  const move: Move = (at, gradient) => {
    const change = tf.mul(gradient, a * (high - low) ** 2);
    const moved = tf.add(at, change);
    const penalty = tf.mul(tf.sign(tf.sub(moved, x)), tf.mean(tf.abs(change)));
    return tf.clipByValue(tf.sub(moved, penalty), low, high);
  };
  return { steps, move };
}

/** A uniformly random place in the ball. */
export function randomPlace(ball: Ball, uniform: StepContext["uniform"]): T {
  const tf = tfjs();
  const shift = tf.sub(tf.mul(uniform(ball.x.shape), 2), 1);
  return within(ball, tf.add(ball.x, tf.mul(shift, ball.epsilon)));
}

/** Standard normals (Box and Muller 1958). */
export function normals(shape: readonly number[], uniform: StepContext["uniform"]): T {
  const tf = tfjs();
  // Of numbers in (0, 1], since zero has no logarithm.
  const length = tf.sqrt(tf.mul(tf.log(tf.sub(1, uniform(shape))), -2));
  return tf.mul(length, tf.cos(tf.mul(uniform(shape), 2 * Math.PI)));
}

/** Where the way leads from `start`. */
export function ascend(start: T, losses: Losses, { steps, move }: Way): T {
  let at = start;
  for (let step = 0; step < steps; step++) at = move(at, climbed(losses, at).gradient);
  return at;
}

/** Of all places on the way, `start` and end included, for each row the one where its loss is largest; the first of equal ones. */
export function worstOf(start: T, losses: Losses, { steps, move }: Way): T {
  const tf = tfjs();
  const ofRecords = (ofRows: T): T => tf.reshape(ofRows, [-1, ...start.shape.slice(1).map(() => 1)]);
  let { loss: most, gradient } = climbed(losses, start);
  let worst = start;
  let at = start;
  for (let left = steps - 1; left >= 0; left--) {
    at = move(at, gradient);
    const here: { loss: T; gradient: T } = left > 0 ? climbed(losses, at) : { loss: losses(at), gradient };
    const worse = tf.greater(here.loss, most);
    worst = tf.where(ofRecords(worse), at, worst);
    most = tf.where(worse, here.loss, most);
    gradient = here.gradient;
  }
  return worst;
}

function climbed(losses: Losses, at: T): { loss: T; gradient: T } {
  const tf = tfjs();
  const { value, grad } = tf.valueAndGrad(losses)(at, tf.ones([at.shape[0] as number]));
  return { loss: value, gradient: grad };
}

function within({ lower, upper }: Ball, at: T): T {
  const tf = tfjs();
  return tf.minimum(tf.maximum(at, lower), upper);
}
