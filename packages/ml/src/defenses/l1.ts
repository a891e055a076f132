import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** Adds λ × the sum of the absolute values of all weight matrices to the loss; the experiment's L2 penalty stays. Tibshirani 1996. */
export const l1 = defineDefense({
  name: "l1",
  title: "L1 regularization",
  paper: "Tibshirani 1996",
  version: 1,
  params: z.strictObject({
    lambda: z.number().positive().max(10).default(1e-5).describe("weight of the penalty"),
  }),
  training: (training, { lambda }) => ({ ...training, l1: lambda }),
});
