import { z } from "zod";

/** How a target or shadow model is trained. Defaults are those of ML-Leaks' published code (papers: Salem et al. 2019). */
export const trainingSchema = z.strictObject({
  epochs: z.int().min(1).max(10_000).default(50).describe("passes over the training records"),
  batch: z.int().min(1).max(65_536).default(100).describe("records in a step"),
  optimizer: z.enum(["sgd", "momentum", "adam", "rmsprop"]).default("adam"),
  learningRate: z.number().positive().max(10).default(0.001),
  l2: z
    .number()
    .min(0)
    .max(10)
    .default(1e-7)
    .describe("L2 penalty: l2 × the sum of squared weight matrices, biases excluded"),
});

export type Training = z.infer<typeof trainingSchema>;
