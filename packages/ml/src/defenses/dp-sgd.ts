import { epsilonSpent, noiseFor } from "@shadowfarm/core/accountant";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Training } from "@shadowfarm/core/training";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { place, simpleLayers } from "../layers.ts";
import { trainPrivately } from "../private-training.ts";

const params = z.strictObject({
  epsilon: z.number().positive().default(3).describe("ε to spend at most; the noise follows from it"),
  delta: z.number().positive().lt(1).default(1e-5).describe("δ at which ε is meant; below 1 / members"),
  clip: z.number().positive().default(1).describe("largest norm of a record's gradient; longer ones are scaled down"),
  noiseMultiplier: z
    .number()
    .min(0)
    .default(0)
    .describe("noise as a multiple of clip, in place of what epsilon asks for; 0: what epsilon asks for"),
});

/**
 * Differentially private SGD: every step clips each record's gradient and adds Gaussian noise to their sum. Abadi et al. 2016,
 * algorithm 1, with Poisson batches and the accountant of core/accountant.ts; see private-training.ts. For `training.optimizer` other
 * than SGD, the rule is given the noisy gradient.
 *
 * The guarantee is good for research and not for a release: batches and noise are drawn by seeded generators (the noise by a
 * counter-based hash) that are not cryptographic, in floating point; an encoding that is fitted on the members, such as means and
 * deviations, is not private; and the losses of the training are kept as they are.
 */
export const dpSgd = defineDefense({
  name: "dp-sgd",
  title: "Differentially private SGD",
  paper: "Abadi et al. 2016",
  version: 1,
  params,
  check({ layers, training, input, side }, params) {
    if (simpleLayers(place(layers, input.shape)).some(({ layer }) => layer.kind === "batch-norm")) {
      throw new InvalidInput(
        "it clips each record's gradient, but under batch-norm a record's gradient depends on the others of its batch; use a model without it",
      );
    }
    if (training.batch > side) {
      throw new InvalidInput(
        `it draws ${training.batch} of the members on average, but there are ${side}; lower training.batch, or raise records`,
      );
    }
    spending(side, training, params);
  },
  async build({ engine, recipe, lesson, signal }, params) {
    const { noiseMultiplier, epsilon } = spending(lesson.labels.length, recipe.training, params);
    const { clip, delta } = params;
    const { weights, losses } = await trainPrivately(engine, recipe, lesson, { clip, noiseMultiplier }, { signal });
    return { model: { layers: recipe.layers, weights }, losses, privacy: { epsilon, delta, noiseMultiplier } };
  },
});

/** @throws {InvalidInput} when δ is too large for so many records, or no noise is enough for ε. */
function spending(
  records: number,
  { batch, epochs }: Training,
  { epsilon, delta, noiseMultiplier: given }: z.infer<typeof params>,
): { noiseMultiplier: number; epsilon: number } {
  const training = { records, batch, epochs, delta };
  const noiseMultiplier = given > 0 ? given : noiseFor(epsilon, training);
  return { noiseMultiplier, epsilon: epsilonSpent({ ...training, noiseMultiplier }) };
}
