import { z } from "zod";
import { defineDefense } from "../defense.ts";

/** λ × the sum of squared weight matrices in the loss, in place of the experiment's own `training.l2`. Shokri et al. 2017, §VIII. */
export const l2 = defineDefense({
  name: "l2",
  title: "L2 regularization",
  paper: "Shokri et al. 2017, §VIII",
  version: 1,
  params: z.strictObject({
    lambda: z.number().positive().max(10).default(1e-3).describe("weight of the penalty; the paper has 1e-4 … 1e-2"),
  }),
  training: (training, { lambda }) => ({ ...training, l2: lambda }),
});
