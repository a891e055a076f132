import { z } from "zod";
import { signalsOf } from "../signals.ts";
import { topPercentile } from "../top-percentile.ts";
import { defineAttack } from "../unit.ts";

/**
 * How sharp the target's posterior is, compared with how sharp it is on random points, which are certainly not members.
 * Needs no shadow model and no training. Salem et al. 2019, §V (adversary 3).
 */
export const threshold = defineAttack({
  name: "threshold",
  title: "Posterior threshold (ML-Leaks adversary 3)",
  paper: "Salem et al. 2019, §V",
  version: 1,
  params: z.strictObject({
    statistic: z.enum(["max", "entropy", "std"]).default("max").describe("of the posterior; entropy is negated"),
    threshold: z
      .enum(["random-points", "oracle"])
      .default("random-points")
      .describe("from the target's answers on random points, or the best one on the truth (an upper bound)"),
    points: z.int().min(1).max(1_000_000).default(1000).describe("random points; unused with the oracle"),
    percentile: z
      .number()
      .gt(0)
      .max(100)
      .default(10)
      .describe("t: the threshold is the top-t percentile over the random points; unused with the oracle"),
  }),
  needs: (params) => ({
    access: "posteriors",
    ...(params.threshold === "random-points" && { randomPoints: params.points }),
  }),
  async run({ target, randomPoints }, params) {
    const scores = signalsOf(target, params.statistic);
    if (params.threshold === "oracle") return { scores, threshold: { by: "oracle" } };
    if (randomPoints === null) throw new TypeError("the threshold attack was not given its random points");
    // None of the statistics looks at the class, which random points do not have.
    const labels = new Int32Array(randomPoints.length / target.classes);
    const points = { posteriors: randomPoints, labels, classes: target.classes, views: 1 };
    const value = topPercentile(signalsOf(points, params.statistic), params.percentile);
    return { scores, threshold: { by: "random points", value } };
  },
});
