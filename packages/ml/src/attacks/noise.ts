import { z } from "zod";
import { arrayOf, checkpointsTo, judgedNeed, judgedParam, probeUse } from "../probe-use.ts";
import { noisyCopies, shareAt } from "../probes/noisy-copies.ts";
import { shadowThreshold } from "../shadow-threshold.ts";
import { defineAttack, type Probed } from "../unit.ts";

/**
 * Of a record's noisy copies, the share that the target classifies rightly, by labels alone: a cheap stand-in for the
 * distance to the boundary, and the one for binary data. Choquette-Choo et al. 2021, §3.4; the threshold is tuned on a
 * shadow model, as there, and so is the amount of noise, by a sweep.
 */
export const noise = defineAttack({
  name: "noise",
  title: "Robustness to noise (label-only)",
  paper: "Choquette-Choo et al. 2021, §3.4",
  version: 1,
  params: z.strictObject({
    amount: z
      .number()
      .gt(0)
      .max(1)
      .default(0.05)
      .describe("of noise: its standard deviation as a share of the range; of bits, the share that is flipped"),
    queries: z.int().min(10).max(1_000_000).default(1000).describe("copies of a record"),
    threshold: z
      .enum(["shadow", "oracle"])
      .default("shadow")
      .describe("from a shadow model, or the best one on the truth"),
    judged: judgedParam,
    shadows: z.int().min(1).max(256).default(1).describe("shadow models; of shadow"),
  }),
  needs({ amount, queries, threshold, shadows, judged }, setting) {
    return {
      access: "labels",
      ...judgedNeed(judged, setting),
      probe: probeUse(noisyCopies, { amount }, setting, { checkpoints: checkpointsTo(queries) }),
      ...(threshold === "shadow" && { shadows: [{ count: shadows }] }),
    };
  },
  async run({ target, shadows }, { queries, threshold }) {
    const shares = (found: Probed | undefined, after = queries) => Float64Array.from(arrayOf(found, shareAt(after)));
    return {
      scores: shares(target.probed),
      threshold: threshold === "oracle" ? { by: "oracle" } : shadowThreshold(shadows, ({ probed }) => shares(probed)),
      atQueries: checkpointsTo(queries).map((after) => ({ queries: after, scores: shares(target.probed, after) })),
    };
  },
});
