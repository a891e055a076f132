import { z } from "zod";
import { knownScores } from "../known-scores.ts";
import { signalsOf } from "../signals.ts";
import { thresholdAtFpr } from "../threshold-at-fpr.ts";
import { defineAttack } from "../unit.ts";

/**
 * A record is called a member if the target's loss on it is among the smallest that shadow models have on records which
 * they were not trained on. Its ROC is that of the loss itself. Ye et al. 2022, attack S (one threshold for all).
 */
export const attackS = defineAttack({
  name: "attack-s",
  title: "Shadow attack (attack S)",
  paper: "Ye et al. 2022, §4",
  version: 2,
  params: z.strictObject({
    shadows: z.int().min(1).max(256).default(1).describe("shadow models"),
    alpha: z.number().gt(0).lt(1).default(0.1).describe("FPR for which the threshold is chosen"),
  }),
  needs: ({ shadows }) => ({ access: "posteriors", shadows: [{ count: shadows }] }),
  async run({ target, shadows }, { alpha }) {
    const { scores: known, isMember } = knownScores(shadows, "log-confidence");
    const others = known.filter((_, record) => isMember[record] === 0);
    const scores = signalsOf(target, "log-confidence");
    return { scores, threshold: { by: "shadow", value: thresholdAtFpr(others, alpha) } };
  },
});
