import { z } from "zod";
import type { Layer } from "../network.ts";
import { defineNetwork } from "../unit.ts";

/** The published width, and each convolution's filters, of which there are width times as many, and stride. */
const plans = {
  yale: {
    width: 2,
    convolutions: [
      [4, 1],
      [4, 2],
      [8, 1],
      [8, 2],
      [16, 1],
      [16, 2],
      [32, 1],
      [32, 2],
    ],
  },
  fashion: {
    width: 16,
    convolutions: [
      [16, 1],
      [16, 1],
      [16, 2],
      [32, 1],
      [32, 1],
      [32, 2],
    ],
  },
} as const;

/**
 * Convolutions that make images smaller by strides, and a hidden dense layer of 200 units, without normalization. Song et al.
 * 2019, published code for Yale Face and Fashion-MNIST. First weights are Glorot's here, He's there.
 */
export const vgg = defineNetwork({
  name: "vgg",
  title: "Strided convolutional network",
  paper: "Song et al. 2019, published code",
  version: 1,
  params: z.strictObject({
    plan: z.enum(["yale", "fashion"]).default("yale").describe("the dataset whose network it is; any images will do"),
    width: z
      .int()
      .min(0)
      .max(64)
      .default(0)
      .describe("factor of the filters; 0: as published, 2 (yale) or 16 (fashion)"),
  }),
  accepts: ["image"],
  layers: (_input, classes, { plan, width }) => [
    ...plans[plan].convolutions.map(
      ([filters, stride]): Layer => ({
        kind: "conv",
        filters: filters * (width || plans[plan].width),
        size: 3,
        stride,
        padding: "same",
        activation: "relu",
      }),
    ),
    { kind: "flatten" },
    { kind: "dense", units: 200, activation: "relu" },
    { kind: "dense", units: classes, activation: "linear" },
  ],
});
