import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** Below this a posterior counts as this; what a float32 softmax rounds to zero has no logit. */
const SMALLEST = 1e-45;

/**
 * Divides the logits by a temperature. It is applied to the posteriors, whose logarithms are the logits but for a
 * constant that the softmax removes again. Shokri et al. 2017, §VIII.
 */
export const temperature = defineDefense({
  name: "temperature",
  title: "Softmax temperature",
  paper: "Shokri et al. 2017, §VIII",
  version: 1,
  params: z.strictObject({
    temperature: z.number().min(1).max(1000).default(5).describe("1 leaves the answers as they are"),
  }),
  posteriors(posteriors, classes, { temperature: by }) {
    const softened = new Float32Array(posteriors.length);
    for (let first = 0; first < posteriors.length; first += classes) {
      const row = posteriors.subarray(first, first + classes);
      const logits = Float64Array.from(row, (p) => Math.log(Math.max(p, SMALLEST)) / by);
      const most = logits.reduce((largest, logit) => Math.max(largest, logit), Number.NEGATIVE_INFINITY);
      const weights = logits.map((logit) => Math.exp(logit - most));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      softened.set(
        weights.map((weight) => weight / total),
        first,
      );
    }
    return softened;
  },
});
