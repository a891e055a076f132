import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { LEAK } from "../network.ts";
import type { CurvedActivation, Stage } from "./stages.ts";

// Interval bound propagation. Gowal et al. 2018.

type T = tfTypes.Tensor;

/** An interval for every unit of every record. */
export interface Box {
  centre: T;
  radius: T;
}

/** What contains all that `stages` make of a box. */
export function boxThrough(stages: readonly Stage[], box: Box): Box {
  return stages.reduce(boxAfter, box);
}

export function boxAfter(box: Box, stage: Stage): Box {
  const tf = tfjs();
  switch (stage.kind) {
    case "affine": {
      const centre = stage.linear(box.centre);
      return {
        centre: stage.bias === null ? centre : tf.add(centre, stage.bias),
        radius: stage.absolute(box.radius),
      };
    }
    case "activation":
      return monotone(box, (x) => activated(x, stage.activation));
    case "max-pool":
      return monotone(box, (x) => tf.maxPool(x as tfTypes.Tensor4D, stage.size, stage.size, "valid"));
    case "residual": {
      const branch = boxThrough(stage.branch, box);
      const shortcut = boxThrough(stage.shortcut, box);
      return {
        centre: tf.add(branch.centre, shortcut.centre),
        radius: tf.add(branch.radius, shortcut.radius),
      };
    }
  }
}

export function boxBetween(lower: T, upper: T): Box {
  const tf = tfjs();
  return { centre: tf.mul(tf.add(lower, upper), 0.5), radius: tf.mul(tf.sub(upper, lower), 0.5) };
}

export function endsOf({ centre, radius }: Box): { lower: T; upper: T } {
  const tf = tfjs();
  return { lower: tf.sub(centre, radius), upper: tf.add(centre, radius) };
}

/** Slopes below zero of what is x above it. */
export const slopesBelow: Readonly<Record<Exclude<CurvedActivation, "tanh">, number>> = {
  relu: 0,
  "leaky-relu": LEAK,
};

export function activated(x: T, activation: CurvedActivation): T {
  const tf = tfjs();
  switch (activation) {
    case "relu":
      return tf.relu(x);
    case "leaky-relu":
      return tf.leakyRelu(x, slopesBelow["leaky-relu"]);
    case "tanh":
      return tf.tanh(x);
  }
}

/** Of a function that is monotone in every unit, the ends become the ends. */
function monotone(box: Box, fn: (x: T) => T): Box {
  const { lower, upper } = endsOf(box);
  return boxBetween(fn(lower), fn(upper));
}
