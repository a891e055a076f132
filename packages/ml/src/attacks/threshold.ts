import { z } from "zod";
import { defineAttack } from "../unit.ts";

type Statistic = (posterior: Float32Array) => number;

/** Each is larger for a sharper posterior, so that higher means more likely a member. */
const statistics: Record<"max" | "entropy" | "std", Statistic> = {
  max: (posterior) => posterior.reduce((largest, p) => Math.max(largest, p), 0),
  entropy: (posterior) => posterior.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0),
  std: (posterior) => {
    const mean = posterior.reduce((sum, p) => sum + p, 0) / posterior.length;
    return Math.sqrt(posterior.reduce((sum, p) => sum + (p - mean) ** 2, 0) / posterior.length);
  },
};

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
    shadows: 0,
    randomPoints: params.threshold === "random-points" ? params.points : 0,
  }),
  async run({ target, classes, randomPoints }, params) {
    const statistic = statistics[params.statistic];
    const scores = scoresOf(target.posteriors, classes, statistic);
    if (params.threshold === "oracle") return { scores, threshold: { by: "oracle" } };
    if (randomPoints === null) throw new TypeError("the threshold attack was not given its random points");
    const random = scoresOf(randomPoints, classes, statistic).sort().reverse();
    const rank = Math.ceil((random.length * params.percentile) / 100);
    return { scores, threshold: { by: "random points", value: random[rank - 1] as number } };
  },
});

function scoresOf(posteriors: Float32Array, classes: number, statistic: Statistic): Float64Array {
  return Float64Array.from({ length: posteriors.length / classes }, (_, record) =>
    statistic(posteriors.subarray(record * classes, (record + 1) * classes)),
  );
}
