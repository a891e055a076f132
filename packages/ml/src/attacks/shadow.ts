import type { ShadowGroup, UnitUse } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Training } from "@shadowfarm/core/training";
import { z } from "zod";
import { attackTopPosteriors, DEFAULT_POSTERIORS, topPosteriorsParams } from "../top-posteriors.ts";
import { defineAttack } from "../unit.ts";

/** Classifiers of which the combining attack trains one each, where the target's kind is unknown. */
const combined = ["mlp", "random-forest", "logistic-regression"];

/**
 * A shadow model, trained like the target on data that the attacker owns, shows what answers on members look like; an
 * attack model learns it from the largest posteriors, without the class. Salem et al. 2019, §IV (adversary 1).
 *
 * `scale` and `shadowModel` give the paper's variations: a shadow with other hyperparameters, of another architecture, and
 * the combining attack, which stacks the answers of three kinds of classifier trained on the same records.
 *
 * Departs from their code in training a hidden layer, as the paper says, where the code fits a softmax regression.
 */
export const shadow = defineAttack({
  name: "shadow",
  title: "Shadow models (ML-Leaks adversary 1)",
  paper: "Salem et al. 2019, §IV",
  version: 2,
  params: z.strictObject({
    shadows: z.int().min(1).max(256).default(1).describe("shadow models; of each kind, for combined"),
    shadowModel: z
      .string()
      .default("same")
      .describe("same: as the target's; a model's name; or combined: mlp, random-forest and logistic-regression"),
    scale: z
      .number()
      .positive()
      .max(16)
      .default(1)
      .describe("factor on the shadows' batch, hidden units, L2 and weight decay: ½ and 2 are the paper's variations"),
    ...topPosteriorsParams,
  }),
  needs({ shadows, shadowModel, scale, posteriors }, { dataset: { classes }, model, training }) {
    if (posteriors > classes && posteriors !== DEFAULT_POSTERIORS) {
      throw new InvalidInput(`posteriors is ${posteriors}, but there are ${classes} classes; use ${classes} or less`);
    }
    if (scale !== 1 && shadowModel !== "same") {
      throw new InvalidInput(`scale is ${scale} and shadowModel ${shadowModel}; vary one of them`);
    }
    const group = (name: string): ShadowGroup => ({ count: shadows, model: { name, params: {} } });
    if (shadowModel === "combined") return { access: "posteriors", shadows: combined.map(group) };
    if (shadowModel !== "same") return { access: "posteriors", shadows: [group(shadowModel)] };
    const scaled = scale === 1 ? {} : { model: scaledModel(model, scale), training: scaledTraining(training, scale) };
    return { access: "posteriors", shadows: [{ count: shadows, ...scaled }] };
  },
  run: attackTopPosteriors,
});

function scaledModel({ name, params }: UnitUse, scale: number): { name: string; params: Record<string, unknown> } {
  const { hidden } = params;
  return { name, params: { ...params, ...(typeof hidden === "number" && { hidden: scaled(hidden, scale) }) } };
}

function scaledTraining(training: Training, scale: number): Training {
  const { batch, l2, weightDecay } = training;
  return { ...training, batch: scaled(batch, scale), l2: l2 * scale, weightDecay: weightDecay * scale };
}

function scaled(count: number, scale: number): number {
  return Math.max(1, Math.round(count * scale));
}
