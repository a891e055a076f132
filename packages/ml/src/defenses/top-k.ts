import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** Answers with the k largest posteriors and zeros elsewhere, not scaled up again. Shokri et al. 2017, §VIII. */
export const topK = defineDefense({
  name: "top-k",
  title: "Largest posteriors only",
  paper: "Shokri et al. 2017, §VIII",
  version: 1,
  params: z.strictObject({
    k: z.int().min(1).max(1000).default(3).describe("posteriors that are given; all when there are fewer classes"),
  }),
  posteriors(posteriors, classes, { k }) {
    return posteriors.map((value, at) => {
      const first = at - (at % classes);
      const row = posteriors.subarray(first, first + classes);
      // Of equal ones the first counts as the larger.
      const larger = row.filter((other, place) => other > value || (other === value && first + place < at)).length;
      return larger < k ? value : 0;
    });
  },
});
