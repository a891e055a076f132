import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { crossEntropies, crossEntropy } from "../loss.ts";
import {
  ascend,
  ballAround,
  checkPerturbable,
  normals,
  signedSteps,
  stepsParam,
  trainedEpsilonParam,
} from "../perturbation.ts";

/** Deviation of the noise from which the search for examples starts, since at the records themselves the gradient is zero. */
const START = 0.001;

/**
 * Trains on the records, and on examples near them whose answers differ most from the records' own: cross-entropy + β ·
 * KL(F(x) ‖ F(x')). Zhang et al. 2019, eq. 5, as in Song et al. 2019's code, where F(x) is a constant of the second term.
 * Defaults are that code's for Yale Face; its others are, for Fashion-MNIST, epsilon 0.1, steps 8 and reach 1.6, and for CIFAR-10
 * reach 2.23. There a network that normalizes by batches goes by its moving statistics while examples are made; here by the batch's.
 */
export const trades = defineDefense({
  name: "trades",
  title: "Difference-based adversarial training (TRADES)",
  paper: "Zhang et al. 2019, §3; Song et al. 2019, published code",
  version: 1,
  params: z.strictObject({
    beta: z.number().min(0).max(1000).default(1).describe("weight of the difference between answers (1/λ)"),
    epsilon: trainedEpsilonParam,
    steps: stepsParam(10),
    reach: z.number().positive().max(100).default(2.5).describe("length of all steps together, in units of epsilon"),
  }),
  check: ({ input }) => checkPerturbable(input),
  objective: ({ beta, epsilon, steps, reach }) => ({
    prepare({ x, input, logits, uniform }) {
      const tf = tfjs();
      const logAnswers = tf.logSoftmax(logits(x));
      const answers = tf.exp(logAnswers);
      const ball = ballAround(x, epsilon, input);
      const start = tf.add(x, tf.mul(normals(x.shape, uniform), START * (input.high - input.low)));
      const losses = (at: tfTypes.Tensor) => crossEntropies(logits(at), answers);
      return {
        perturbed: ascend(start, losses, signedSteps(ball, { steps, reach })),
        answers,
        entropy: tf.neg(tf.mean(tf.sum(tf.mul(answers, logAnswers), -1))),
      };
    },
    loss({ x, targets, logits }, prepared) {
      const tf = tfjs();
      const { perturbed, answers, entropy } = prepared as Record<"perturbed" | "answers" | "entropy", tfTypes.Tensor>;
      // Before the records' own, whose statistics a network that normalizes by batches is to remember.
      const divergence = tf.sub(crossEntropy(logits(perturbed), answers), entropy);
      return tf.add(crossEntropy(logits(x), targets), tf.mul(divergence, beta));
    },
  }),
});
