import { z } from "zod";

/** How many repeats a combination gets, where that depends on what the first ones show. */
export const precisionSchema = z.strictObject({
  metric: z.enum(["auc", "balancedAccuracy", "bestBalancedAccuracy", "advantage", "testAccuracy"]).default("auc"),
  halfWidth: z.number().positive().max(0.5).describe("of the 95 % interval of the metric's mean over repeats"),
  least: z.int().min(3).max(1000).default(4).describe("repeats before an interval is believed"),
  most: z.int().min(3).max(1000).default(30).describe("repeats after which a combination is left as it is"),
});

/** Which part of a sweep is run in full: successive halving (Jamieson & Talwalkar 2016), over epochs and then repeats. */
export const searchSchema = z.strictObject({
  objective: z
    .enum(["frontier", "accuracy"])
    .default("frontier")
    .describe(
      "frontier: the best trade-offs of accuracy and AUC; accuracy: the most accurate with AUC at most `atMost`",
    ),
  atMost: z.number().min(0.5).max(1).default(0.6).describe("largest AUC of the strongest attack; of `accuracy` alone"),
  budget: z.number().gt(0).lt(1).describe("share of the training epochs of the full sweep that may be spent"),
  reduction: z.int().min(2).max(4).default(2).describe("a round keeps one in so many, with so many times the epochs"),
});

export type Precision = z.infer<typeof precisionSchema>;
export type Search = z.infer<typeof searchSchema>;
