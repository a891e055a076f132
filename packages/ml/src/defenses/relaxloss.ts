import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { z } from "zod";
import { defineDefense } from "../defense.ts";
import { constantOf, crossEntropies } from "../loss.ts";

type T = tfTypes.Tensor;

/**
 * Holds the mean loss at α in place of zero. In every other epoch the batch's loss is |CE − α|; in those between it is CE while
 * that is above α, and below it flattens answers: those that are wrong are drawn to a target that keeps their confidence in the
 * true class (`upper` at most) and shares the rest evenly, and all are pushed from the true class. Chen, Yu & Fritz 2022, as in
 * the published code; the flattened target is a constant of the gradient here.
 */
export const relaxloss = defineDefense({
  name: "relaxloss",
  title: "RelaxLoss",
  paper: "Chen, Yu & Fritz 2022, published code",
  version: 1,
  params: z.strictObject({
    alpha: z
      .number()
      .min(0)
      .max(20)
      .default(1)
      .describe("mean loss at which training is held; CIFAR-10: 1, Purchase: 0.8"),
    upper: z.number().gt(0).max(1).default(1).describe("most confidence of a flattened target; Purchase: 0.3"),
  }),
  objective: ({ alpha, upper }) => ({
    sees: "logits",
    settings: (_step, _steps, epoch) => ({ even: epoch % 2 === 0 ? 1 : 0 }),
    loss({ x, targets, logits, settings }) {
      const tf = tfjs();
      const out = logits(x);
      const losses = crossEntropies(out, targets);
      const mean = tf.mean(losses);
      const own = (given: T): T => tf.sum(tf.mul(tf.softmax(given), targets), -1, true);
      const wrong = constantOf(
        (given) => tf.cast(tf.less(tf.squeeze(own(given), [1]), tf.max(tf.softmax(given), -1)), "float32"),
        out,
      );
      const flat = constantOf((given) => {
        const kept = tf.minimum(own(given), upper);
        const rest = tf.div(tf.sub(1, kept), (targets.shape[1] as number) - 1);
        return tf.add(tf.mul(targets, kept), tf.mul(tf.sub(1, targets), rest));
      }, out);
      const drawn = tf.mul(wrong, crossEntropies(out, flat));
      const flattening = tf.mean(tf.sub(drawn, losses));
      // As factors, since a compiled step has one way through.
      const above = constantOf((given) => tf.cast(tf.greater(given, alpha), "float32"), mean);
      const odd = tf.add(tf.mul(above, mean), tf.mul(tf.sub(1, above), flattening));
      const even = settings.even as T;
      return tf.add(tf.mul(even, tf.abs(tf.sub(mean, alpha))), tf.mul(tf.sub(1, even), odd));
    },
  }),
});
