import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { arrayOf, judgedNeed, judgedParam, probeUse } from "../probe-use.ts";
import { smoothing } from "../probes/smoothing.ts";
import { shadowThreshold } from "../shadow-threshold.ts";
import { type Answers, defineAttack } from "../unit.ts";

const { sigma, selection, samples, alpha } = smoothing.params.shape;

/**
 * How far around a record the smoothed target is certified to be right, by labels alone: members farther. Li & Zhang 2021
 * explain their boundary attack by it, on 200 images, with the certificate of Cohen et al. 2019; as an attack of its own it
 * also has a threshold, tuned on a shadow model. Of many records whose copies are all of one class the radius is the same.
 */
export const certifiedRadius = defineAttack({
  name: "certified-radius",
  title: "Certified radius by randomized smoothing (label-only)",
  paper: "Li & Zhang 2021, published code; Cohen et al. 2019, §3.2",
  version: 1,
  params: z.strictObject({
    ...{ sigma, selection, samples, alpha },
    threshold: z
      .enum(["shadow", "oracle"])
      .default("shadow")
      .describe("from a shadow model, or the best one on the truth"),
    judged: judgedParam,
    shadows: z.int().min(1).max(256).default(1).describe("shadow models; of shadow"),
  }),
  needs({ sigma, selection, samples, alpha, threshold, shadows, judged }, setting) {
    // Copies that are all of one class bound its share by α^(1 / samples), and half of them certifies nothing.
    const least = Math.floor(Math.log2(1 / alpha)) + 1;
    if (samples < least) {
      throw new InvalidInput(
        `samples is ${samples}, too few to certify anything with alpha ${alpha}; use ${least} or more, or a larger alpha`,
      );
    }
    return {
      access: "labels",
      ...judgedNeed(judged, setting),
      probe: probeUse(smoothing, { sigma, selection, samples, alpha }, setting),
      ...(threshold === "shadow" && { shadows: [{ count: shadows }] }),
    };
  },
  async run({ target, shadows }, { threshold }) {
    const radii = ({ probed }: Answers) => Float64Array.from(arrayOf(probed, "radius"));
    const scores = radii(target);
    return {
      scores,
      threshold: threshold === "oracle" ? { by: "oracle" } : shadowThreshold(shadows, radii),
      rightUnder: { smoothing: Uint8Array.from(scores, (radius) => (radius > 0 ? 1 : 0)) },
    };
  },
});
