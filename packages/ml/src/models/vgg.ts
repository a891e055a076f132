import { z } from "zod";
import type { Layer } from "../network.ts";
import { defineNetwork } from "../unit.ts";

/** The published width; each convolution's filters, of which there are width times as many, and stride; hidden units. */
const plans = {
  yale: {
    ...{ width: 2, size: 3, hidden: 200 },
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
    ...{ width: 16, size: 3, hidden: 200 },
    convolutions: [
      [16, 1],
      [16, 1],
      [16, 2],
      [32, 1],
      [32, 1],
      [32, 2],
    ],
  },
  small: {
    ...{ width: 1, size: 4, hidden: 100 },
    convolutions: [
      [16, 2],
      [32, 2],
    ],
  },
} as const;

/**
 * Convolutions that make images smaller by strides, and one hidden dense layer, without normalization. Song et al. 2019,
 * published code for Yale Face and Fashion-MNIST; `small` is Wong & Kolter's for MNIST, whose bounds stay narrow: it can be
 * trained on them where the deeper ones cannot. First weights are Glorot's here, He's there.
 */
export const vgg = defineNetwork({
  name: "vgg",
  title: "Strided convolutional network",
  paper: "Song et al. 2019, published code; Wong & Kolter 2018, §4",
  version: 1,
  params: z.strictObject({
    plan: z
      .enum(["yale", "fashion", "small"])
      .default("yale")
      .describe("the dataset whose network it is, or a small one; any images will do"),
    width: z
      .int()
      .min(0)
      .max(64)
      .default(0)
      .describe("factor of the filters; 0: as published, 2 (yale), 16 (fashion) or 1 (small)"),
  }),
  accepts: ["image"],
  layers(_input, classes, { plan, width }) {
    const { convolutions, size, hidden, width: published } = plans[plan];
    return [
      ...convolutions.map(
        ([filters, stride]): Layer => ({
          kind: "conv",
          filters: filters * (width || published),
          ...{ size, stride, padding: "same", activation: "relu" },
        }),
      ),
      { kind: "flatten" },
      { kind: "dense", units: hidden, activation: "relu" },
      { kind: "dense", units: classes, activation: "linear" },
    ];
  },
});
