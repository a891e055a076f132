import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { crossEntropies, crossEntropy } from "../loss.ts";
import { ramp } from "../objective.ts";
import {
  ascend,
  ballAround,
  checkPerturbable,
  randomPlace,
  signedSteps,
  stepsParam,
  trainedEpsilonParam,
} from "../perturbation.ts";

/**
 * Trains not on the records but on examples near them, made anew in every step to have a large loss: projected gradient ascent
 * in an L∞ ball. Madry et al. 2018, §2.1. Defaults are those of Song et al. 2019's code for Yale Face; its others are, for
 * Fashion-MNIST, epsilon 0.1, steps 8, reach 1.6 and ramp 0, and for CIFAR-10 reach 2.5 and ramp 0. As there, a network that
 * normalizes by batches does so also while examples are made.
 */
export const adversarialTraining = defineDefense({
  name: "adversarial-training",
  title: "Adversarial training (PGD)",
  paper: "Madry et al. 2018, §2.1",
  version: 1,
  params: z.strictObject({
    epsilon: trainedEpsilonParam,
    steps: stepsParam(10),
    reach: z.number().positive().max(100).default(2).describe("length of all steps together, in units of epsilon"),
    randomStart: z.boolean().default(true).describe("whether steps begin at a random place in the ball"),
    ramp: z.number().min(0).max(1).default(0.05).describe("share of the training over which epsilon grows from zero"),
  }),
  check: ({ input }) => checkPerturbable(input),
  objective: ({ epsilon, steps, reach, randomStart, ramp: to }) => ({
    settings: (step, all) => ({ epsilon: epsilon * ramp(step, all, { to }) }),
    prepare({ x, targets, input, logits, settings, uniform }) {
      const ball = ballAround(x, settings.epsilon as tfTypes.Tensor, input);
      const start = randomStart ? randomPlace(ball, uniform) : x;
      const losses = (at: tfTypes.Tensor) => crossEntropies(logits(at), targets);
      return { perturbed: ascend(start, losses, signedSteps(ball, { steps, reach })) };
    },
    loss: ({ targets, logits }, { perturbed }) => crossEntropy(logits(perturbed as tfTypes.Tensor), targets),
  }),
});
