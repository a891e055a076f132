import { InvalidInput } from "@shadowfarm/core/errors";
import { trainingSchema } from "@shadowfarm/core/training";
import { concatenate } from "@shadowfarm/engine/arrays";
import { z } from "zod";
import { trainAttackModel } from "../attack-model.ts";
import { defineAttack } from "../unit.ts";

const defaultPosteriors = 3;

/**
 * A shadow model, trained like the target on data that the attacker owns, shows what answers on members look like; an
 * attack model learns it from the largest posteriors, without the class. Salem et al. 2019, §IV (adversary 1).
 *
 * Departs from their code in training a hidden layer, as the paper says, where the code fits a softmax regression.
 */
export const shadow = defineAttack({
  name: "shadow",
  title: "Shadow models (ML-Leaks adversary 1)",
  paper: "Salem et al. 2019, §IV",
  version: 1,
  params: z.strictObject({
    shadows: z.int().min(1).max(256).default(1).describe("shadow models"),
    posteriors: z
      .int()
      .min(1)
      .max(1000)
      .default(defaultPosteriors)
      .describe("features: the k largest posteriors, sorted; at most the classes, and 3 means 2 on a binary dataset"),
    hidden: z.int().min(1).max(4096).default(64).describe("units of the attack model's hidden layer"),
    epochs: z.int().min(1).max(10_000).default(50).describe("of the attack model"),
    batch: z.int().min(1).max(65_536).default(10).describe("of the attack model"),
    learningRate: z.number().positive().max(10).default(0.01).describe("of the attack model, trained with Adam"),
    l2: z.number().min(0).max(10).default(1e-6).describe("penalty on the attack model's weight matrices"),
  }),
  needs({ shadows, posteriors }, { classes }) {
    if (posteriors > classes && posteriors !== defaultPosteriors) {
      throw new InvalidInput(`posteriors is ${posteriors}, but there are ${classes} classes; use ${classes} or less`);
    }
    return { access: "posteriors", shadows, randomPoints: 0 };
  },
  async run({ target, shadows, classes }, params, { rng, engine, signal }) {
    // The default means "3, or both of 2 classes", as in the paper.
    const width = Math.min(params.posteriors, classes);
    const { hidden, epochs, batch, learningRate, l2 } = params;
    const memberPosterior = await trainAttackModel(engine, {
      features: concatenate(shadows.map(({ posteriors }) => largest(posteriors, classes, width))),
      width,
      isMember: Uint8Array.from(shadows.flatMap(({ isMember }) => [...isMember])),
      hidden,
      training: trainingSchema.parse({ epochs, batch, learningRate, l2 }),
      rng: rng.child("attack model"),
      signal,
    });
    return {
      scores: await memberPosterior(largest(target.posteriors, classes, width)),
      threshold: { by: "shadow", value: 0.5 },
    };
  },
});

/** The `width` largest posteriors of each record, descending; records × width. */
function largest(posteriors: Float32Array, classes: number, width: number): Float32Array {
  const features = new Float32Array((posteriors.length / classes) * width);
  for (let record = 0; record * classes < posteriors.length; record++) {
    const sorted = posteriors.slice(record * classes, (record + 1) * classes).sort();
    for (let rank = 0; rank < width; rank++) features[record * width + rank] = sorted[classes - 1 - rank] as number;
  }
  return features;
}
