import { z } from "zod";
import { defineNetwork } from "../unit.ts";

/** One hidden layer. Salem et al. 2019, §III-C (128 units); the activation is that of their published code. */
export const mlp = defineNetwork({
  name: "mlp",
  title: "Multilayer perceptron",
  paper: "Salem et al. 2019, §III-C",
  version: 1,
  params: z.strictObject({
    hidden: z.int().min(1).max(8192).default(128).describe("units of the hidden layer"),
    activation: z.enum(["tanh", "relu"]).default("tanh").describe("activation of the hidden layer"),
  }),
  accepts: ["image", "binary", "tabular", "text"],
  layers: ({ shape }, classes, { hidden, activation }) => [
    ...(shape.length > 1 ? [{ kind: "flatten" } as const] : []),
    { kind: "dense", units: hidden, activation },
    { kind: "dense", units: classes, activation: "linear" },
  ],
});
