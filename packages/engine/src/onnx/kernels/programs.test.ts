import type * as tfTypes from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { type Case, type Given, testKernels } from "./coverage.fixture.ts";

const tf = tfjs();
type Tensor = tfTypes.Tensor;
const x = { shape: [4, 6] };
const labels = { shape: [4], values: [0, 3, 5, 3], dtype: "int32" } as const;
const layers = { x, a: { shape: [6, 5] }, b: { shape: [5, 3] }, c: { shape: [5] } };

/** Logits of two layers. */
function network({ x, a, b, c }: Pick<Given, "x" | "a" | "b" | "c">): Tensor {
  return tf.matMul(tf.relu(tf.add(tf.matMul(x, a), c)), b);
}

function loss(given: Pick<Given, "x" | "a" | "b" | "c">): tfTypes.Scalar {
  return tf.mean(tf.square(tf.logSoftmax(network(given))));
}

/** Lower and upper bounds through a layer: weights split into their positive and negative parts. */
function bounds(low: Tensor, high: Tensor, weights: Tensor): [Tensor, Tensor] {
  const [up, down] = [tf.relu(weights), tf.neg(tf.relu(tf.neg(weights)))];
  return [tf.add(tf.matMul(low, up), tf.matMul(high, down)), tf.add(tf.matMul(high, up), tf.matMul(low, down))];
}

function layerNorm(x: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3))), scale), offset);
}

/** What training, attacks and defenses are made of, value and gradient. */
const cases: Case[] = [
  {
    title: "log-softmax and log-sum-exp",
    inputs: { x: { shape: [4, 6], low: -5, high: 5 } },
    fn: ({ x }) => [tf.logSoftmax(x), tf.logSumExp(x, 1), tf.logSumExp(x), tf.logSigmoid(x)],
  },
  {
    title: "moments",
    inputs: { x },
    fn: ({ x }) => [0, 1, [0, 1]].flatMap((axis) => Object.values(tf.moments(x, axis))),
  },
  // TF.js's gradient of the Euclidean norm is NaN at 0, but there is none.
  {
    title: "norms",
    inputs: { x: { shape: [4, 6], low: 0.1, high: 1 } },
    fn: ({ x }) => [
      tf.norm(x),
      tf.norm(x, 1, 1),
      tf.norm(x, Infinity, 0),
      tf.norm(x, "fro", [0, 1]),
      tf.norm(x, 2, 1, true),
    ],
  },
  {
    title: "layer normalisation",
    inputs: { x, a: { shape: [6] }, b: { shape: [6] } },
    fn: ({ x, a, b }) => layerNorm(x, a, b),
    tolerance: 3e-6,
  },
  {
    title: "gradients that add up what was broadcast",
    inputs: { x: { shape: [2, 3, 4] }, a: { shape: [3, 1] }, b: { shape: [1, 1, 4] }, c: { shape: [] } },
    fn: ({ x, a, b, c }) => tf.sub(tf.div(tf.mul(x, a), tf.add(b, 3)), c),
    tolerance: 2e-6,
  },
  {
    title: "clipping by norm",
    inputs: { x },
    fn: ({ x }) => tf.mul(x, tf.minimum(1, tf.div(1.5, tf.maximum(tf.norm(x, 2, 1, true), 1e-12)))),
    gradient: false,
  },
  {
    title: "losses",
    inputs: { x, a: { shape: [4, 6], low: 0, high: 1 } },
    fn: ({ x, a }) => [
      tf.losses.sigmoidCrossEntropy(a, x),
      tf.losses.meanSquaredError(a, x),
      tf.losses.absoluteDifference(a, x),
      tf.losses.huberLoss(a, x),
      tf.losses.hingeLoss(a, x),
      tf.losses.cosineDistance(a, x, 1),
    ],
    gradient: false,
  },
  {
    title: "a loss of labels, and its gradient",
    inputs: { x, y: labels },
    fn: ({ x, y }) => tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(y, 6, 1, 0, "float32"), tf.logSoftmax(x)), 1))),
  },
  {
    title: "binary cross-entropy, and its gradient",
    inputs: { x },
    fn: ({ x }) => tf.mean(tf.sub(tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x))))), tf.mul(x, 0.7))),
  },
  {
    title: "the label's probability",
    inputs: { x, y: labels },
    fn: ({ x, y }) =>
      tf.gather(tf.reshape(tf.softmax(x), [24]), tf.cast(tf.add(y, tf.mul(tf.range(0, 4), 6)), "int32")),
  },
  {
    title: "accuracy",
    inputs: { x, y: labels },
    fn: ({ x, y }) => tf.mean(tf.cast(tf.equal(tf.argMax(x, 1), y), "float32")),
    gradient: false,
  },
  {
    title: "the margin to the best other class",
    inputs: { x, y: labels },
    fn: ({ x, y }) =>
      tf.sub(
        tf.sum(tf.mul(x, tf.oneHot(y, 6, 1, 0, "float32")), 1),
        tf.max(tf.sub(x, tf.oneHot(y, 6, 1e4, 0, "float32")), 1),
      ),
    tolerance: 2e-6,
  },
  { title: "two layers", inputs: layers, fn: network },
  {
    title: "a step of gradient descent",
    inputs: layers,
    fn: (given) =>
      tf
        .grads((a, b, c) => loss({ x: given.x, a: a as Tensor, b: b as Tensor, c: c as Tensor }))([
          given.a,
          given.b,
          given.c,
        ])
        .map((gradient, at) => tf.sub([given.a, given.b, given.c][at] as Tensor, tf.mul(0.1, gradient))),
    gradient: false,
  },
  {
    title: "an adversarial step on the sign of the gradient",
    inputs: layers,
    fn: (given) =>
      tf.clipByValue(tf.add(given.x, tf.mul(0.1, tf.sign(tf.grad((x) => loss({ ...given, x }))(given.x)))), -1, 1),
    gradient: false,
  },
  {
    title: "training on adversarial examples",
    inputs: layers,
    fn: (given) => {
      let adversarial = given.x;
      for (let step = 0; step < 3; step++) {
        const slope = tf.grad((x) => loss({ ...given, x }))(adversarial);
        adversarial = tf.clipByValue(tf.add(adversarial, tf.mul(0.05, tf.sign(slope))), -1, 1);
      }
      return loss({ ...given, x: adversarial });
    },
  },
  {
    title: "bounds of what a layer computes",
    inputs: { x, a: { shape: [6, 5] } },
    fn: ({ x, a }) => bounds(tf.sub(x, 0.1), tf.add(x, 0.1), a),
    tolerance: 2e-6,
  },
  {
    title: "the gradient of a gradient's norm",
    inputs: { x: { shape: [3, 4] }, a: { shape: [4, 4] } },
    fn: ({ x, a }) => tf.sum(tf.square(tf.grad((y) => tf.sum(tf.square(tf.tanh(tf.matMul(y, a)))))(x))),
    tolerance: 3e-6,
  },
  {
    title: "a third derivative",
    inputs: { x: { shape: [5] } },
    fn: ({ x }) => tf.grad((y: Tensor) => tf.grad((z: Tensor) => tf.mul(tf.exp(z), tf.sin(z)))(y))(x),
    tolerance: 3e-6,
  },
  {
    title: "a gradient of one's own",
    inputs: { x },
    fn: ({ x }) =>
      tf.customGrad((y, save) => {
        (save as (tensors: Tensor[]) => void)([y as Tensor]);
        return {
          value: tf.square(y as Tensor),
          gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, tf.sign(saved[0] as Tensor)),
        };
      })(x),
  },
  {
    title: "attention",
    inputs: { x: { shape: [2, 3, 4] }, a: { shape: [2, 3, 4] }, b: { shape: [2, 3, 4] } },
    fn: ({ x, a, b }) => tf.matMul(tf.softmax(tf.div(tf.matMul(x, a, false, true), 2)), b),
    tolerance: 2e-6,
  },
];

testKernels({}, cases);
