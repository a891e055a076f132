import type * as tfTypes from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { depthwiseKernels } from "./depthwise.ts";
import { imageTargets } from "./image-targets.fixture.ts";

type Images = tfTypes.Tensor4D;
type Padding = number | "same" | "valid";

interface Example {
  images: [batch: number, height: number, width: number, channels: number];
  filter: [height: number, width: number, multiplier: number];
  strides?: number | [number, number];
  pad?: Padding;
}

const examples: Example[] = [
  { images: [1, 4, 4, 1], filter: [3, 3, 1] },
  { images: [2, 5, 6, 16], filter: [3, 3, 1] },
  { images: [2, 5, 6, 32], filter: [2, 4, 1], pad: "valid" },
  { images: [2, 7, 7, 16], filter: [3, 3, 1], strides: 2 },
  { images: [1, 8, 9, 16], filter: [2, 2, 1], strides: 3, pad: "valid" },
  { images: [1, 6, 6, 16], filter: [5, 5, 1], pad: 1 },
  { images: [2, 6, 6, 3], filter: [3, 3, 1], strides: [2, 2] },
  { images: [2, 5, 5, 16], filter: [3, 3, 2] },
  { images: [2, 6, 6, 3], filter: [3, 3, 4], strides: 2, pad: "valid" },
];

const cases: Case[] = examples.map(({ images, filter: [height, width, multiplier], strides = 1, pad = "same" }) => ({
  title: `${images.join("×")} by ${height}×${width}, ${multiplier} times, strides ${strides}, padding ${pad},`,
  inputs: { x: { shape: images }, filter: { shape: [height, width, images[3], multiplier] } },
  fn: ({ x, filter }) => tfjs().depthwiseConv2d(x as Images, filter as Images, strides as number, pad as "same"),
}));

const dilated: Case = {
  title: "dilations of 2",
  inputs: { x: { shape: [1, 8, 8, 16] }, filter: { shape: [3, 3, 16, 1] } },
  fn: ({ x, filter }) => tfjs().depthwiseConv2d(x as Images, filter as Images, 1, "same", "NHWC", 2),
  // TF.js has none.
  gradient: false,
};

const fused: Case[] = (["linear", "relu"] as const).map((activation) => ({
  title: `a fused convolution with ${activation}`,
  inputs: { x: { shape: [2, 5, 5, 16] }, filter: { shape: [3, 3, 16, 1] }, bias: { shape: [16] } },
  fn: ({ x, filter, bias }) =>
    tfjs().fused.depthwiseConv2d({
      x: x as Images,
      filter: filter as Images,
      strides: 1,
      pad: "same",
      bias: bias as tfTypes.Tensor,
      activation,
    }),
}));

testKernels(depthwiseKernels, [...cases, dilated, ...fused], imageTargets);
