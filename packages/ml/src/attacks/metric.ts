import { z } from "zod";
import { classThresholds } from "../class-thresholds.ts";
import { knownScores } from "../known-scores.ts";
import { signalsOf } from "../signals.ts";
import { defineAttack } from "../unit.ts";

/**
 * One number of the answer and a threshold for each class, chosen on shadow models. No attack model is trained, and yet
 * it tells as much as most of those that are. Song & Mittal 2021, §3.2.
 */
export const metric = defineAttack({
  name: "metric",
  title: "Metric with class-wise thresholds (Song and Mittal)",
  paper: "Song & Mittal 2021, §3.2",
  version: 1,
  params: z.strictObject({
    statistic: z
      .enum(["correctness", "confidence", "entropy", "modified-entropy"])
      .default("modified-entropy")
      .describe("of the answer and the true class; entropies are negated"),
    threshold: z
      .enum(["class", "oracle"])
      .default("class")
      .describe("one for each class, from the shadows; or the best single one on the truth (Song et al. 2019)"),
    shadows: z.int().min(1).max(256).default(1).describe("shadow models; unused with the oracle"),
  }),
  needs: ({ shadows, threshold }) => ({
    access: "posteriors",
    ...(threshold === "class" && { shadows: [{ count: shadows }] }),
  }),
  async run({ target, shadows }, { statistic, threshold }) {
    const scores = signalsOf(target, statistic);
    if (threshold === "oracle") return { scores, threshold: { by: "oracle" } };
    const value = classThresholds(knownScores(shadows, statistic), target.classes);
    return { scores, threshold: { by: "shadow", value } };
  },
});
