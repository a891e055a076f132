import { concatenate } from "@shadowfarm/engine/arrays";
import { z } from "zod";
import { type AttackModelParams, attackModelParams, trainAttackModel } from "./attack-model.ts";
import type { Answers, Attack, AttackInput, AttackOutput } from "./unit.ts";

/** Salem et al. 2019, §IV-A. */
export const DEFAULT_POSTERIORS = 3;

/** The parameters of an attack on the largest posteriors. */
export const topPosteriorsParams = {
  posteriors: z
    .int()
    .min(1)
    .max(1000)
    .default(DEFAULT_POSTERIORS)
    .describe("features: the k largest posteriors, sorted; at most the classes, and 3 means 2 on a binary dataset"),
  ...attackModelParams,
};

/**
 * An attack model that learns from the largest posteriors of shadow models, whichever classes they are of, and is asked
 * about the target's: adversaries 1 and 2 of Salem et al. 2019. All shadows' rows are stacked.
 */
export async function attackTopPosteriors(
  { target, shadows }: AttackInput,
  params: AttackModelParams & { posteriors: number },
  { rng, engine, signal }: Parameters<Attack["run"]>[2],
): Promise<AttackOutput> {
  // The default means "3, or both of 2 classes", as in the paper; and a binary dataset on one side makes it 2 on both.
  const width = Math.min(params.posteriors, ...[target, ...shadows].map(({ classes }) => classes));
  const memberPosterior = await trainAttackModel(
    engine,
    {
      features: concatenate(shadows.map((answers) => largest(answers, width))),
      width,
      isMember: Uint8Array.from(shadows.flatMap(({ isMember }) => [...isMember])),
      rng: rng.child("attack model"),
      signal,
    },
    params,
  );
  return { scores: await memberPosterior(largest(target, width)), threshold: { by: "shadow", value: 0.5 } };
}

/** The `width` largest posteriors of each record, descending; records × width. */
function largest({ posteriors, classes }: Answers, width: number): Float32Array {
  const features = new Float32Array((posteriors.length / classes) * width);
  for (let record = 0; record * classes < posteriors.length; record++) {
    const sorted = posteriors.slice(record * classes, (record + 1) * classes).sort();
    for (let rank = 0; rank < width; rank++) features[record * width + rank] = sorted[classes - 1 - rank] as number;
  }
  return features;
}
