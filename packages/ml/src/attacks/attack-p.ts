import { z } from "zod";
import { signalsOf } from "../signals.ts";
import { thresholdAtFpr } from "../threshold-at-fpr.ts";
import { defineAttack } from "../unit.ts";

/**
 * A record is called a member if the target's loss on it is among the smallest that population records have. Its ROC is
 * that of the loss itself. Ye et al. 2022, attack P (the threshold depends on the target).
 */
export const attackP = defineAttack({
  name: "attack-p",
  title: "Population attack (attack P)",
  paper: "Ye et al. 2022, §4",
  version: 2,
  params: z.strictObject({
    population: z.int().min(1).max(1_000_000).default(500).describe("records besides the target's"),
    alpha: z.number().gt(0).lt(1).default(0.1).describe("FPR for which the threshold is chosen"),
  }),
  needs: ({ population }) => ({ access: "posteriors", population }),
  async run({ target, population }, { alpha }) {
    if (population === null) throw new TypeError("the attack was not given its population");
    const others = signalsOf(population.target, "log-confidence");
    const scores = signalsOf(target, "log-confidence");
    return { scores, threshold: { by: "population", value: thresholdAtFpr(others, alpha) } };
  },
});
