import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** Rounds every posterior, without making rows sum to 1 again. Shokri et al. 2017, §VIII. */
export const rounding = defineDefense({
  name: "rounding",
  title: "Rounded posteriors",
  paper: "Shokri et al. 2017, §VIII",
  version: 1,
  params: z.strictObject({
    digits: z.int().min(0).max(7).default(1).describe("decimals that are left"),
  }),
  posteriors: (posteriors, _classes, { digits }) => posteriors.map((p) => Math.round(p * 10 ** digits) / 10 ** digits),
});
