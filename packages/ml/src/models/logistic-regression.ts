import { z } from "zod";
import { defineNetwork } from "../unit.ts";

/**
 * Multinomial logistic regression: one linear layer under a softmax, trained like the networks, with the L2 penalty of
 * the experiment's `training`. Salem et al. 2019, §IV-B (combining attack).
 */
export const logisticRegression = defineNetwork({
  name: "logistic-regression",
  title: "Logistic regression",
  paper: "Salem et al. 2019, §IV-B",
  version: 1,
  params: z.strictObject({}),
  accepts: ["image", "binary", "tabular", "text"],
  layers: ({ shape }, classes) => [
    ...(shape.length > 1 ? [{ kind: "flatten" } as const] : []),
    { kind: "dense", units: classes, activation: "linear" },
  ],
});
