import type * as tfTypes from "@tensorflow/tfjs";
import { sizeOf } from "./arrays.ts";
import type { AnyArray, Arrays, ArrayValue, LoopProgram, StepContext, Tensors } from "./engine.ts";
import { type Optimizer, updateRule } from "./optimizers.ts";
import { tfjs } from "./tfjs.ts";

/** Gradient descent. Runs of its loop need the setting `learningRate`. */
export type TrainingProgram = Descent & (ByLoss | ByGradients);

/** On a loss. */
export interface ByLoss {
  /** What the loss gets besides its batch and takes no gradient of, such as adversarial examples made of the batch. */
  prepare?(weights: Tensors, batch: Tensors, context: StepContext): Tensors;
  /** A scalar; of several models one loss each. With `state`, its next values too. */
  loss(
    weights: Tensors,
    batch: Tensors,
    context: StepContext,
  ): tfTypes.Tensor | { loss: tfTypes.Tensor; state: Tensors };
}

/** By gradients that are not those of a loss: clipped example by example, or with noise. */
export interface ByGradients {
  /** By the weights' names, with the scalar that is reported as the step's loss. */
  gradients(weights: Tensors, batch: Tensors, context: StepContext): { gradients: Tensors; loss: tfTypes.Tensor };
}

export interface Descent {
  /** What is trained. Of several models trained as one, with a leading axis that counts them, as `seed` does. */
  weights: Arrays;
  /** What is carried along and not trained: moving statistics. */
  state?: Arrays;
  data: Readonly<Record<string, AnyArray>>;
  optimizer: Optimizer;
  /** Bound on the norm of a model's whole gradient; a longer one is scaled down to it. Default: none. */
  clipNorm?: number;
  seed: number | readonly number[];
  stepsDone?: number;
  /** Settings besides `learningRate` that the loss reads as scalars. */
  settings?: readonly string[];
}

/** Begins the names of the optimizer's scalars, and of its state. */
const OPTIMIZER = "optimizer/";

/** Arrays of up to so many weights of a model are updated together; see `groupsOf`. */
const fewWeights = 2 ** 12;

/** The loop of a training: gradients by TF.js, then one update of every weight. */
export function trainingProgram(options: TrainingProgram): LoopProgram {
  const { weights, state = {}, optimizer, seed, clipNorm, settings = [] } = options;
  const rule = updateRule(optimizer);
  const models = typeof seed === "number" ? null : seed.length;
  const groups = groupsOf(weights, models);
  const slots: Record<string, ArrayValue> = {};
  for (const { name, shape } of groups) {
    for (const slot of rule.slots) slots[slotName(slot, name)] = { shape, data: new Float32Array(sizeOf(shape)) };
  }
  const weightDecay = optimizer.weightDecay ?? 0;
  const decays = (name: string): boolean =>
    weightDecay > 0 && (weights[name]?.shape.length ?? 0) - (models === null ? 0 : 1) > 1;

  return {
    state: { ...weights, ...state, ...slots },
    data: options.data,
    seed,
    ...(options.stepsDone !== undefined && { stepsDone: options.stepsDone }),
    scalars(step, given) {
      const learningRate = given.learningRate as number;
      const others = Object.fromEntries(settings.map((name) => [name, given[name] as number]));
      const own = {
        ...rule.scalars(step, learningRate),
        ...(weightDecay > 0 && { decay: learningRate * weightDecay }),
      };
      // Under names that no setting has: Adam's own epsilon is not an adversary's.
      const named = Object.entries(own).map(([name, value]) => [OPTIMIZER + name, value]);
      return { ...Object.fromEntries(named), ...others };
    },
    step(carried, batch, context) {
      const tf = tfjs();
      const { loss, gradients, nextState } = gradientsOf(options, carried, batch, context);
      const clipped = clipNorm === undefined ? gradients : clippedTo(clipNorm, gradients, models);
      const next: Tensors = { ...nextState };
      const scalars = ownScalars(context.scalars);
      for (const { name: group, members } of groups) {
        const old = rule.slots.map((slot) => carried[slotName(slot, group)] as tfTypes.Tensor);
        const gradient = joined(
          members.map(({ name }) => clipped[name] as tfTypes.Tensor),
          models,
        );
        const { change, slots } = rule.update(gradient, old, scalars);
        rule.slots.forEach((slot, at) => {
          next[slotName(slot, group)] = slots[at] as tfTypes.Tensor;
        });
        parted(change, members, models).forEach((part, at) => {
          const { name } = members[at] as Member;
          const weight = carried[name] as tfTypes.Tensor;
          const decayed = decays(name) ? tf.sub(weight, tf.mul(weight, scalars.decay as tfTypes.Tensor)) : weight;
          next[name] = tf.sub(decayed, part);
        });
      }
      return { state: next, loss };
    },
  };
}

/** The weights alone of a loop's state. */
export function weightsOf(program: Pick<TrainingProgram, "weights">, state: Arrays): Record<string, ArrayValue> {
  return Object.fromEntries(Object.keys(program.weights).map((name) => [name, state[name] as ArrayValue]));
}

/** Weights that are updated as one array. */
interface Group {
  name: string;
  shape: readonly number[];
  members: readonly Member[];
}

interface Member {
  name: string;
  shape: readonly number[];
}

/**
 * Biases and small kernels are updated as one array, since each operation has a fixed cost; a large one by itself, since
 * putting it together with others and apart again is two passes over memory more.
 */
function groupsOf(weights: Arrays, models: number | null): Group[] {
  const all = Object.entries(weights).map(([name, { shape }]) => ({ name, shape }));
  const few = all.filter(({ shape }) => sizeOf(shape) / (models ?? 1) <= fewWeights);
  const together = few.length > 1 ? few : [];
  const alone = all.filter((one) => !together.includes(one)).map((one) => ({ ...one, members: [one] }));
  if (together.length === 0) return alone;
  const total = together.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const shape = models === null ? [total] : [models, total / models];
  return [...alone, { name: "small", shape, members: together }];
}

function slotName(slot: string, group: string): string {
  return `${OPTIMIZER}${slot}/${group}`;
}

function ownScalars(scalars: Tensors): Tensors {
  const own = Object.entries(scalars).filter(([name]) => name.startsWith(OPTIMIZER));
  return Object.fromEntries(own.map(([name, scalar]) => [name.slice(OPTIMIZER.length), scalar]));
}

function joined(gradients: readonly tfTypes.Tensor[], models: number | null): tfTypes.Tensor {
  const tf = tfjs();
  const [only] = gradients;
  if (only && gradients.length === 1) return only;
  return tf.concat(
    gradients.map((gradient) => tf.reshape(gradient, models === null ? [-1] : [models, -1])),
    -1,
  );
}

function parted(change: tfTypes.Tensor, members: readonly Member[], models: number | null): tfTypes.Tensor[] {
  const tf = tfjs();
  if (members.length === 1) return [change];
  const sizes = members.map(({ shape }) => sizeOf(shape) / (models ?? 1));
  return tf.split(change, sizes, -1).map((part, at) => tf.reshape(part, [...(members[at] as Member).shape]));
}

/** Loss, gradients by the weights' names, and what the loss carries along. */
function gradientsOf(options: TrainingProgram, carried: Tensors, given: Tensors, context: StepContext) {
  const { weights, state = {} } = options;
  const tf = tfjs();
  const names = Object.keys(weights);
  if ("gradients" in options) {
    const own = Object.fromEntries(names.map((name) => [name, carried[name] as tfTypes.Tensor]));
    return { ...options.gradients(own, given, context), nextState: {} };
  }
  const { loss, prepare } = options;
  const batch = { ...given, ...prepare?.(carried, given, context) };
  // The optimizer's slots are not the loss's business.
  const constant = Object.fromEntries(Object.keys(state).map((name) => [name, carried[name] as tfTypes.Tensor]));
  // Kept, since TF.js disposes what a function of which it takes the gradient leaves besides its value.
  const kept: { loss?: tfTypes.Tensor; state: Tensors } = { state: {} };
  const total = (...tensors: tfTypes.Tensor[]): tfTypes.Scalar => {
    const given = {
      ...constant,
      ...Object.fromEntries(names.map((name, at) => [name, tensors[at] as tfTypes.Tensor])),
    };
    const made = loss(given, batch, context);
    const value = made instanceof tf.Tensor ? made : made.loss;
    if (!(made instanceof tf.Tensor))
      for (const [name, next] of Object.entries(made.state)) kept.state[name] = tf.keep(next);
    if (value.rank === 0) return value as tfTypes.Scalar;
    kept.loss = tf.keep(value);
    return tf.sum(value);
  };
  const { value, grads } = tf.valueAndGrads(total)(names.map((name) => carried[name] as tfTypes.Tensor));
  const gradients: Tensors = Object.fromEntries(names.map((name, at) => [name, grads[at] as tfTypes.Tensor]));
  return { loss: kept.loss ?? value, gradients, nextState: kept.state };
}

/** Gradients scaled so that the norm of all together, of each model, is at most `most`. */
function clippedTo(most: number, gradients: Tensors, models: number | null): Tensors {
  const tf = tfjs();
  const squares = Object.values(gradients).map((gradient) =>
    models === null ? tf.sum(tf.square(gradient)) : tf.sum(tf.reshape(tf.square(gradient), [models, 1, -1]), [1, 2]),
  );
  const norm = tf.sqrt(tf.addN(squares));
  const factor = tf.div(most, tf.maximum(norm, most));
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const ones = gradient.shape.slice(1).map(() => 1);
      return [name, tf.mul(gradient, models === null ? factor : tf.reshape(factor, [models, ...ones]))];
    }),
  );
}
