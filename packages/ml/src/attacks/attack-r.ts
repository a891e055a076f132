import { InvalidInput } from "@shadowfarm/core/errors";
import { logCdf } from "@shadowfarm/core/normal";
import { z } from "zod";
import { deviationOf, meanOf } from "../moments.ts";
import { signalsOf } from "../signals.ts";
import { defineAttack } from "../unit.ts";

/**
 * A record is called a member if the target's loss on it is smaller than most reference models' that were trained
 * without it. Ye et al. 2022, attack R (the threshold depends on the record). With few references the share is coarse;
 * `smoothing: normal` fits a normal distribution to their logit-scaled confidences, as their code does.
 */
export const attackR = defineAttack({
  name: "attack-r",
  title: "Reference attack (attack R)",
  paper: "Ye et al. 2022, §4",
  version: 1,
  params: z.strictObject({
    shadows: z.int().min(1).max(1024).default(16).describe("reference models; an even number where records are shared"),
    smoothing: z
      .enum(["none", "normal"])
      .default("none")
      .describe("of the references' losses; normal needs two models"),
    alpha: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.1)
      .describe(
        "FPR for which the threshold is chosen; k references without a record can show no less than 1 / (k + 1)",
      ),
  }),
  needs({ shadows, smoothing }, { split }) {
    const without = split === "halves" ? Math.floor(shadows / 2) : shadows;
    if (split === "halves" && shadows % 2 === 1) {
      throw new InvalidInput(
        `shadows is ${shadows}, an odd number, with which records are not in equally many; use an even one`,
      );
    }
    if (smoothing === "normal" && without < 2) {
      throw new InvalidInput(`shadows is ${shadows}, too few to fit a normal distribution; use ${2 * shadows} or more`);
    }
    return { access: "posteriors", references: shadows };
  },
  async run({ target, references }, { smoothing, alpha }) {
    const known = references.map(({ isMember, ...answers }) => ({ isMember, logits: signalsOf(answers, "logit") }));
    const scores = signalsOf(target, "logit").map((own, record) => {
      const others = known
        .filter(({ isMember }) => isMember[record] === 0)
        .map(({ logits }) => logits[record] as number);
      if (others.length === 0) {
        throw new InvalidInput(`record ${record} is in all reference models; use more of them`);
      }
      if (smoothing === "normal") return logCdf((own - meanOf(others)) / (deviationOf(others) + 1e-30));
      const beaten = others.reduce((sum, other) => sum + (own > other ? 1 : own === other ? 0.5 : 0), 0);
      return beaten / others.length;
    });
    return { scores, threshold: { by: "fixed", value: smoothing === "normal" ? Math.log1p(-alpha) : 1 - alpha } };
  },
});
