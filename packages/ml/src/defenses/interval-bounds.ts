import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { robustLoss } from "../bounds/specification.ts";
import { batchMargins, checkBounded, checkSchedule } from "../bounds/training.ts";
import { defineDefense } from "../defense.ts";
import { crossEntropy } from "../loss.ts";
import { ramp as rampAt } from "../objective.ts";
import { trainedEpsilonParam } from "../perturbation.ts";

/**
 * Trains on the worst logits that interval arithmetic leaves possible in an L∞ ball: κ · cross-entropy of the record + (1 − κ) ·
 * that of the worst case. After a warm-up on records alone, κ falls from 1 and the ball grows from nothing. Gowal et al. 2018, §3.
 * Defaults are those of Song et al. 2019's code for Yale Face; its others are, for Fashion-MNIST, epsilon 0.1, warmup 0.1 and
 * ramp 0.375.
 */
export const intervalBounds = defineDefense({
  name: "interval-bounds",
  title: "Interval bound propagation (IBP)",
  paper: "Gowal et al. 2018, §3",
  version: 1,
  params: z.strictObject({
    epsilon: trainedEpsilonParam,
    kappa: z.number().min(0).max(1).default(0.5).describe("weight of the records themselves, in the end"),
    warmup: z.number().min(0).max(1).default(0.025).describe("share of the training before epsilon grows"),
    ramp: z.number().min(0).max(1).default(0.325).describe("share of the training over which epsilon grows from zero"),
  }),
  check(network, { warmup, ramp }) {
    checkBounded("interval", network);
    checkSchedule({ warmup, ramp });
  },
  objective: ({ epsilon, kappa, warmup, ramp }) => ({
    settings(step, all) {
      const grown = rampAt(step, all, { from: warmup, to: warmup + ramp });
      return { epsilon: epsilon * grown, kappa: 1 - (1 - kappa) * grown };
    },
    loss(batch) {
      const tf = tfjs();
      const { x, targets, logits, settings } = batch;
      const kappa = settings.kappa as tfTypes.Tensor;
      const worst = robustLoss(batchMargins({ kind: "interval" }, batch), targets);
      return tf.add(tf.mul(crossEntropy(logits(x), targets), kappa), tf.mul(worst, tf.sub(1, kappa)));
    },
  }),
});
