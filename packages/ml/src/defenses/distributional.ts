import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { crossEntropies, crossEntropy } from "../loss.ts";
import { ascend, checkPerturbable, penalizedSteps, stepsParam } from "../perturbation.ts";

/**
 * Trains on examples that are driven away from the records by their loss and held back by a penalty, not by a ball. Sinha et
 * al. 2018 (WRM), in the L∞ form of Song et al. 2019's code. Defaults are its own for Yale Face; for Fashion-MNIST it has a = 1
 * and steps 8, and for CIFAR-10 a = 12/255 (there 255 · 12, of pixels in 0 … 255).
 */
export const distributional = defineDefense({
  name: "distributional",
  title: "Distributionally robust training (WRM)",
  paper: "Sinha et al. 2018, §2; Song et al. 2019, published code",
  version: 1,
  params: z.strictObject({
    a: z.number().positive().max(1000).default(1.5).describe("step for a gradient of 1, of records in [0, 1]"),
    steps: stepsParam(10),
  }),
  check: ({ input }) => checkPerturbable(input),
  objective: ({ a, steps }) => ({
    prepare({ x, targets, input, logits }) {
      const losses = (at: tfTypes.Tensor) => crossEntropies(logits(at), targets);
      return { perturbed: ascend(x, losses, penalizedSteps(x, input, { steps, a })) };
    },
    loss: ({ targets, logits }, { perturbed }) => crossEntropy(logits(perturbed as tfTypes.Tensor), targets),
  }),
});
