import { z } from "zod";

/** How a target or shadow model is trained. Defaults are those of ML-Leaks' published code (papers: Salem et al. 2019). */
export const trainingSchema = z.strictObject({
  epochs: z.int().min(1).max(10_000).default(50).describe("passes over the training records"),
  batch: z.int().min(1).max(65_536).default(100).describe("records in a step"),
  optimizer: z.enum(["sgd", "momentum", "adam", "adamw", "rmsprop"]).default("adam"),
  learningRate: z
    .number()
    .positive()
    .max(10)
    .default(0.001)
    .describe("its highest value, with a schedule or a warm-up"),
  schedule: z
    .enum(["constant", "linear", "cosine"])
    .default("constant")
    .describe("how the learning rate falls, to zero after the last step"),
  warmup: z.number().min(0).max(1).default(0).describe("share of the steps over which the learning rate first rises"),
  clipNorm: z.number().min(0).default(0).describe("largest norm of a step's gradient; 0: any"),
  weightDecay: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe("decoupled weight decay: share of learning rate × weight matrix subtracted in every step"),
  l2: z
    .number()
    .min(0)
    .max(10)
    .default(1e-7)
    .describe("L2 penalty: l2 × the sum of squared weight matrices, biases excluded"),
  l1: z
    .number()
    .min(0)
    .max(10)
    // Without a default: trainings that have none keep the keys under which they are stored.
    .optional()
    .describe("L1 penalty: l1 × the sum of the absolute values of weight matrices, biases excluded; none when absent"),
});

export type Training = z.infer<typeof trainingSchema>;

/** The learning rate of step `step` of `steps`, counted from 0. */
export function learningRateAt({ learningRate, schedule, warmup }: Training, step: number, steps: number): number {
  const rising = Math.round(warmup * steps);
  if (step < rising) return (learningRate * (step + 1)) / (rising + 1);
  const done = (step - rising) / Math.max(1, steps - rising);
  switch (schedule) {
    case "constant":
      return learningRate;
    case "linear":
      return learningRate * (1 - done);
    case "cosine":
      return (learningRate * (1 + Math.cos(Math.PI * done))) / 2;
  }
}
