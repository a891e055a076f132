import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import type { BoundMethod } from "../bounds/margins.ts";
import { batchMargins, checkBounded, checkSchedule } from "../bounds/training.ts";
import { defineDefense } from "../defense.ts";
import { crossEntropy } from "../loss.ts";
import { ramp as rampAt } from "../objective.ts";
import { trainedEpsilonParam } from "../perturbation.ts";

/**
 * Trains on the record and on an abstract element that contains all its L∞ ball: (cross-entropy + w · softplus of the largest
 * margin that the element leaves possible) / (1 + w), without gradient where that is below −1. Mirman et al. 2018, as in Song et
 * al. 2019's code, which trains a box, on records alone in the first fifth and on whole balls from the middle on.
 *
 * Departures: margins are bounded through the last layer, there after it, which is looser; the ball grows from nothing, there
 * from a thirtieth. Defaults are that code's for Yale Face, but for `terms`, where it has none; for Fashion-MNIST epsilon is 0.1.
 * Its gradients are clipped to a norm of 1 (training.clipNorm).
 */
export const abstractInterpretation = defineDefense({
  name: "abstract-interpretation",
  title: "Differentiable abstract interpretation (DiffAI)",
  paper: "Mirman et al. 2018, §4; Song et al. 2019, published code",
  version: 1,
  params: z.strictObject({
    epsilon: trainedEpsilonParam,
    domain: z.enum(["box", "hybrid-zonotope"]).default("box").describe("what the ball becomes on its way"),
    terms: z
      .int()
      .min(0)
      .max(4096)
      .default(16)
      .describe("features that are told apart, each as costly as another record; of hybrid-zonotope"),
    weight: z.number().min(0).max(1000).default(0.2).describe("w: of the abstract element against the record"),
    warmup: z.number().min(0).max(1).default(0.2).describe("share of the training on records alone"),
    ramp: z.number().min(0).max(1).default(0.3).describe("share of the training over which epsilon grows from zero"),
  }),
  check(network, { domain, warmup, ramp }) {
    checkBounded(domain === "box" ? "interval" : "zonotope", network);
    checkSchedule({ warmup, ramp });
  },
  objective({ epsilon, domain, terms, weight, warmup, ramp }) {
    const method: BoundMethod = domain === "box" ? { kind: "interval" } : { kind: "zonotope", terms };
    return {
      settings: (step, all) => ({
        epsilon: epsilon * rampAt(step, all, { from: warmup, to: warmup + ramp }),
        weight: step < warmup * all ? 0 : weight,
      }),
      loss(batch) {
        const tf = tfjs();
        const { x, targets, logits, settings } = batch;
        const weight = settings.weight as tfTypes.Tensor;
        // The true class's own margin is 0, and becomes −1.
        const largest = tf.max(tf.sub(batchMargins(method, batch), targets), 1);
        const abstract = tf.mean(tf.softplus(largest));
        return tf.div(tf.add(crossEntropy(logits(x), targets), tf.mul(abstract, weight)), tf.add(weight, 1));
      },
    };
  },
});
