import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { arrayOf, checkpointsTo, judgedNeed, judgedParam, probeUse } from "../probe-use.ts";
import { distanceNorms, distancesAt, hopSkipJump, leastQueries } from "../probes/hop-skip-jump.ts";
import { shadowThreshold } from "../shadow-threshold.ts";
import { topPercentile } from "../top-percentile.ts";
import { defineAttack, type Probed } from "../unit.ts";

/**
 * How far a record is from the decision boundary, found by labels alone: members are farther. A record that the target
 * classifies wrongly has distance 0, so that the attack contains the gap attack. Li & Zhang 2021, §4; Choquette-Choo et
 * al. 2021, §3.2, whose threshold is tuned on a shadow model.
 *
 * Results of all budgets up to `queries` come from one search, which notes what it knew at each. Distances are those of a
 * point on the boundary; see boundary-search.ts.
 */
export const boundary = defineAttack({
  name: "boundary",
  title: "Distance to the decision boundary (label-only)",
  paper: "Li & Zhang 2021, §4; Choquette-Choo et al. 2021, §3.2",
  version: 1,
  params: z.strictObject({
    search: z
      .enum(["hop-skip-jump", "qeba"])
      .default("hop-skip-jump")
      .describe("qeba draws its directions at half the size; images"),
    geometry: hopSkipJump.params.shape.geometry,
    norm: z.enum(distanceNorms).default("l2").describe("in which the distance that was found is measured"),
    queries: z
      .int()
      .min(leastQueries)
      .max(1_000_000)
      .default(2500)
      .describe("that a record may cost, its first 100 finding another label"),
    threshold: z
      .enum(["random-points", "shadow", "oracle"])
      .default("random-points")
      .describe("from distances of random points, of a shadow model's records, or the best one on the truth"),
    points: z.int().min(1).max(100_000).default(100).describe("random points; of random-points"),
    percentile: z
      .number()
      .gt(0)
      .max(100)
      .default(50)
      .describe("t: the threshold is the top-t percentile over the random points; of random-points"),
    judged: judgedParam,
    shadows: z.int().min(1).max(256).default(1).describe("shadow models; of shadow"),
  }),
  needs({ search, geometry, queries, threshold, points, shadows, judged }, setting) {
    if (search === "qeba" && setting.dataset.kind !== "image") {
      throw new InvalidInput(
        `search is qeba, but ${setting.dataset.name} has ${setting.dataset.kind} records; use hop-skip-jump`,
      );
    }
    return {
      access: "labels",
      ...judgedNeed(judged, setting),
      probe: probeUse(hopSkipJump, { geometry, subspace: search === "qeba" ? "half" : "full" }, setting, {
        checkpoints: checkpointsTo(queries),
      }),
      ...(threshold === "random-points" && { randomPoints: points }),
      ...(threshold === "shadow" && { shadows: [{ count: shadows }] }),
    };
  },
  async run({ target, shadows, probedRandomPoints }, { norm, queries, threshold, percentile }) {
    const distances = (found: Probed | undefined, after = queries) =>
      Float64Array.from(arrayOf(found, distancesAt(norm, after)));
    const thresholdBy = () => {
      switch (threshold) {
        case "random-points":
          return { by: "random points", value: topPercentile(distances(probedRandomPoints), percentile) } as const;
        case "shadow":
          return shadowThreshold(shadows, ({ probed }) => distances(probed));
        case "oracle":
          return { by: "oracle" } as const;
      }
    };
    return {
      scores: distances(target.probed),
      threshold: thresholdBy(),
      atQueries: checkpointsTo(queries).map((after) => ({
        queries: after,
        scores: distances(target.probed, after),
      })),
    };
  },
});
