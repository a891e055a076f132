import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { meanOf } from "../moments.ts";
import { signalsOf } from "../signals.ts";
import { defineAttack } from "../unit.ts";

/**
 * A score of the target minus its mean over reference models that were trained without the record: easy records look like
 * members to an uncalibrated score. Watson et al. 2022, §3.
 */
export const calibration = defineAttack({
  name: "calibration",
  title: "Difficulty calibration",
  paper: "Watson et al. 2022, §3",
  version: 1,
  params: z.strictObject({
    statistic: z
      .enum(["log-confidence", "max", "logit"])
      .default("log-confidence")
      .describe("what is calibrated: the negated loss, the largest posterior, or the logit-scaled confidence"),
    shadows: z.int().min(1).max(1024).default(4).describe("reference models; an even number where records are shared"),
  }),
  needs({ shadows }, { split }) {
    if (split === "halves" && shadows % 2 === 1) {
      throw new InvalidInput(
        `shadows is ${shadows}, an odd number, with which records are not in equally many; use an even one`,
      );
    }
    return { access: "posteriors", references: shadows };
  },
  async run({ target, references }, { statistic }) {
    const known = references.map(({ isMember, ...answers }) => ({ isMember, scores: signalsOf(answers, statistic) }));
    const scores = signalsOf(target, statistic).map((own, record) => {
      const others = known.filter(({ isMember }) => isMember[record] === 0);
      if (others.length === 0) {
        throw new InvalidInput(`record ${record} is in all reference models; use more of them`);
      }
      return own - meanOf(others.map(({ scores }) => scores[record] as number));
    });
    return { scores, threshold: { by: "fixed", value: 0 } };
  },
});
