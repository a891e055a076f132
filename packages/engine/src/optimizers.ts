import type * as tfTypes from "@tensorflow/tfjs";
import { tfjs } from "./tfjs.ts";

/** How weights follow from gradients. The learning rate is a setting of the run, so that it may change at every step. */
export interface Optimizer {
  name: OptimizerName;
  /** Of `momentum` alone; default 0.9. */
  momentum?: number;
  /**
   * Share of learning rate × weight that is subtracted besides, apart from the gradient (Loshchilov and Hutter 2019,
   * "decoupled"), from weights of two dimensions or more; default 0. AdamW is Adam with it.
   */
  weightDecay?: number;
}

export type OptimizerName = "sgd" | "momentum" | "adam" | "adamw" | "rmsprop";

/** An update rule, element by element. */
export interface UpdateRule {
  /** Names of what is remembered between steps: arrays like the weight, zeros at first. */
  slots: readonly string[];
  /** The numbers that a step needs, from its learning rate and the steps done before it. */
  scalars(step: number, learningRate: number): Record<string, number>;
  /** What is subtracted from the weight, and the slots' next values. */
  update(
    gradient: tfTypes.Tensor,
    slots: readonly tfTypes.Tensor[],
    scalars: Readonly<Record<string, tfTypes.Tensor>>,
  ): { change: tfTypes.Tensor; slots: tfTypes.Tensor[] };
}

/** TF.js's constant against division by zero; in RMSProp under the root, in Adam beside it. */
const epsilon = 1e-7;

/**
 * The same steps as TF.js's optimizers of these names, to within rounding. Moving averages are kept divided by (1 − β), so
 * that a step costs one multiplication less for each; what that changes is made good in the scalars.
 */
export function updateRule({ name, momentum = 0.9 }: Optimizer): UpdateRule {
  switch (name) {
    case "sgd":
      return {
        slots: [],
        scalars: (_, learningRate) => ({ rate: learningRate }),
        update: (gradient, _, { rate }) => ({ change: times(gradient, rate), slots: [] }),
      };
    case "momentum":
      return {
        slots: ["velocity"],
        scalars: (_, learningRate) => ({ rate: learningRate }),
        update(gradient, [velocity], { rate }) {
          const next = decayed(velocity, momentum, gradient);
          return { change: times(next, rate), slots: [next] };
        },
      };
    case "rmsprop": {
      const decay = 0.9;
      return {
        slots: ["square"],
        scalars: (_, learningRate) => ({ rate: learningRate / Math.sqrt(1 - decay) }),
        update(gradient, [square], { rate }) {
          const tf = tfjs();
          const next = decayed(square, decay, tf.square(gradient));
          const root = tf.sqrt(tf.add(next, epsilon / (1 - decay)));
          return { change: times(tf.div(gradient, root), rate), slots: [next] };
        },
      };
    }
    case "adam":
    case "adamw":
      return adam;
  }
}

const [beta1, beta2] = [0.9, 0.999];

/** Kingma and Ba 2015, algorithm 1. */
const adam: UpdateRule = {
  slots: ["first", "second"],
  scalars(step, learningRate) {
    const root = Math.sqrt((1 - beta2 ** (step + 1)) / (1 - beta2));
    return {
      rate: (learningRate * (1 - beta1) * root) / (1 - beta1 ** (step + 1)),
      epsilon: epsilon * root,
    };
  },
  update(gradient, [first, second], scalars) {
    const tf = tfjs();
    const nextFirst = decayed(first, beta1, gradient);
    const nextSecond = decayed(second, beta2, tf.square(gradient));
    const root = tf.add(tf.sqrt(nextSecond), scalars.epsilon as tfTypes.Tensor);
    return { change: times(tf.div(nextFirst, root), scalars.rate), slots: [nextFirst, nextSecond] };
  },
};

function decayed(average: tfTypes.Tensor | undefined, decay: number, value: tfTypes.Tensor): tfTypes.Tensor {
  const tf = tfjs();
  return tf.add(tf.mul(average as tfTypes.Tensor, decay), value);
}

function times(value: tfTypes.Tensor, factor: tfTypes.Tensor | undefined): tfTypes.Tensor {
  return tfjs().mul(value, factor as tfTypes.Tensor);
}
