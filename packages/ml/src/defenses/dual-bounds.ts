import { z } from "zod";
import { robustLoss } from "../bounds/specification.ts";
import { batchMargins, checkBounded, checkSchedule } from "../bounds/training.ts";
import { defineDefense } from "../defense.ts";
import { ramp as rampAt } from "../objective.ts";
import { trainedEpsilonParam } from "../perturbation.ts";

/**
 * Trains on an upper bound of the loss in an L∞ ball, from a dual of the convex outer polytope: nothing else is minimised. Wong &
 * Kolter 2018, Theorem 2; see bounds/dual.ts for what is departed from.
 *
 * Defaults are those of Song et al. 2019's code for Yale Face, but for its epsilon of 0.063 there, twice that of its other
 * defenses, and for `warmup`: it has none, and begins with an epsilon of 0.0001 (0.003 for Fashion-MNIST, where epsilon is 0.1
 * and ramp 0.33). With bounds of hidden units by intervals, a deep network that is not trained yet has a bound so high that lowering it
 * ends in one answer for all. The code's balls are not cut off at the input's range, and its gradients are clipped to a norm
 * of 1 (training.clipNorm).
 */
export const dualBounds = defineDefense({
  name: "dual-bounds",
  title: "Convex outer polytope (dual bounds)",
  paper: "Wong & Kolter 2018, §3",
  version: 1,
  params: z.strictObject({
    epsilon: trainedEpsilonParam,
    warmup: z.number().min(0).max(1).default(0.2).describe("share of the training before epsilon grows"),
    ramp: z.number().min(0).max(1).default(0.44).describe("share of the training over which epsilon grows from zero"),
    intermediate: z
      .enum(["interval", "dual"])
      .default("interval")
      .describe("bounds of hidden units; dual: as published, tighter, and for small networks only"),
  }),
  check(network, { warmup, ramp }) {
    checkBounded("dual", network);
    checkSchedule({ warmup, ramp });
  },
  objective: ({ epsilon, warmup, ramp, intermediate }) => ({
    settings: (step, all) => ({ epsilon: epsilon * rampAt(step, all, { from: warmup, to: warmup + ramp }) }),
    loss(batch) {
      const { x, targets, logits } = batch;
      // For the moving statistics of a network that normalizes by batches, by which its bounds go.
      logits(x);
      return robustLoss(batchMargins({ kind: "dual", intermediate }, batch), targets);
    },
  }),
});
