import { z } from "zod";
import { defineNetwork } from "../unit.ts";

/**
 * Two convolutions, each with a max-pool, and one hidden dense layer. Salem et al. 2019, §III-C; what the paper leaves
 * open is as in their published code: first convolution padded, second not, both ReLU, the dense layer tanh.
 */
export const cnn = defineNetwork({
  name: "cnn",
  title: "Small convolutional network",
  paper: "Salem et al. 2019, §III-C",
  version: 1,
  params: z.strictObject({
    filters: z.int().min(1).max(512).default(32).describe("filters of each convolution"),
    size: z.int().min(1).max(15).default(5).describe("height and width of the filters"),
    hidden: z.int().min(1).max(8192).default(128).describe("units of the hidden dense layer"),
  }),
  accepts: ["image"],
  layers: (_input, classes, { filters, size, hidden }) => [
    { kind: "conv", filters, size, padding: "same", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "conv", filters, size, padding: "valid", activation: "relu" },
    { kind: "max-pool", size: 2 },
    { kind: "flatten" },
    { kind: "dense", units: hidden, activation: "tanh" },
    { kind: "dense", units: classes, activation: "linear" },
  ],
});
