import { z } from "zod";
import { defineDefense } from "../defense.ts";
import type { Layer } from "../network.ts";

const rate = z.number().min(0).lt(1).default(0.5);

/** Dropout on the input and on every hidden dense layer, in training only. Salem et al. 2019, §VI-A. */
export const dropout = defineDefense({
  name: "dropout",
  title: "Dropout",
  paper: "Salem et al. 2019, §VI-A",
  version: 1,
  params: z.strictObject({
    input: rate.describe("share of input features dropped in a training step"),
    hidden: rate.describe("share of each hidden dense layer's outputs dropped in a training step"),
  }),
  model(layers, { input, hidden }) {
    const last = layers.length - 1;
    const defended = layers.flatMap((layer, at): Layer[] =>
      layer.kind === "dense" && at < last ? [layer, { kind: "dropout", rate: hidden }] : [layer],
    );
    return [{ kind: "dropout", rate: input }, ...defended];
  },
});
