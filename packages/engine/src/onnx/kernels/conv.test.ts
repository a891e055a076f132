import type * as tfTypes from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { convKernels } from "./conv.ts";
import { convGradientKernels } from "./conv-gradient.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { imageTargets } from "./image-targets.fixture.ts";

type Filter = tfTypes.Tensor4D;
type Padding = number | "same" | "valid" | tfTypes.backend_util.ExplicitPadding;

interface Example {
  images: [batch: number, height: number, width: number, inputs: number];
  filter: [height: number, width: number];
  outputs: number;
  strides?: number | [number, number];
  pad?: Padding;
  tolerance?: number;
}

const examples: Example[] = [
  { images: [1, 4, 4, 1], filter: [1, 1], outputs: 1 },
  { images: [2, 5, 5, 3], filter: [3, 3], outputs: 16 },
  { images: [2, 5, 4, 16], filter: [3, 3], outputs: 32, pad: "valid" },
  { images: [1, 5, 5, 16], filter: [5, 5], outputs: 16, pad: "same" },
  { images: [1, 6, 6, 32], filter: [3, 3], outputs: 48, strides: 2, pad: "same" },
  { images: [2, 8, 7, 3], filter: [2, 4], outputs: 16, pad: "same" },
  { images: [1, 9, 8, 16], filter: [2, 2], outputs: 16, strides: 2, pad: "valid" },
  { images: [1, 8, 8, 16], filter: [2, 2], outputs: 16, strides: 3, pad: "valid" },
  // Sums of 1,200 products, which AVX2 adds up in another order than AVX-512.
  { images: [1, 7, 8, 48], filter: [5, 5], outputs: 16, strides: 3, pad: "same", tolerance: 2e-6 },
  { images: [1, 9, 9, 3], filter: [3, 3], outputs: 5, strides: [2, 1], pad: "same" },
  // The shortcuts of residual networks.
  { images: [2, 6, 5, 16], filter: [1, 1], outputs: 32, strides: 2, pad: "same" },
  { images: [2, 7, 8, 3], filter: [1, 1], outputs: 5, strides: 2, pad: "same" },
  { images: [1, 6, 6, 5], filter: [3, 3], outputs: 16, pad: 1 },
  { images: [1, 6, 6, 20], filter: [3, 3], outputs: 16, strides: 2, pad: 1 },
  {
    images: [2, 6, 7, 16],
    filter: [3, 3],
    outputs: 16,
    pad: [
      [0, 0],
      [2, 1],
      [0, 3],
      [0, 0],
    ],
  },
  {
    images: [1, 7, 7, 16],
    filter: [4, 4],
    outputs: 16,
    strides: 2,
    pad: [
      [0, 0],
      [5, 0],
      [1, 4],
      [0, 0],
    ],
  },
  // What the filter's gradient is cut into, or filled up to, on a machine with blocks of 16.
  { images: [16, 3, 3, 2], filter: [3, 3], outputs: 16, pad: "same" },
  { images: [14, 5, 3, 2], filter: [3, 3], outputs: 16, strides: 2, pad: "same" },
  { images: [6, 8, 4, 3], filter: [3, 2], outputs: 32, pad: "same" },
  {
    images: [3, 33, 4, 1],
    filter: [3, 3],
    outputs: 16,
    strides: 2,
    pad: [
      [0, 0],
      [0, 1],
      [1, 0],
      [0, 0],
    ],
  },
];

const cases: Case[] = examples.map(({ images, filter, outputs, strides = 1, pad = "same", tolerance = 1e-6 }) => ({
  title: `${images.join("×")} by ${filter.join("×")}×${outputs}, strides ${strides}, padding ${JSON.stringify(pad)},`,
  inputs: { x: { shape: images }, filter: { shape: [...filter, images[3], outputs] } },
  fn: ({ x, filter: weights }) => tfjs().conv2d(x as Filter, weights as Filter, strides, pad as number),
  tolerance,
}));

const dilated: Case[] = [2, 3].map((dilations) => ({
  title: `dilations of ${dilations}`,
  inputs: { x: { shape: [1, 7, 6, 16] }, filter: { shape: [3, 3, 16, 16] } },
  fn: ({ x, filter }) => tfjs().conv2d(x as Filter, filter as Filter, 1, "same", "NHWC", dilations),
  // TF.js has none.
  gradient: false,
}));

const rounded: Case = {
  title: "rows that only padding fills",
  inputs: { x: { shape: [1, 8, 8, 16] }, filter: { shape: [3, 3, 16, 16] } },
  fn: ({ x, filter }) => tfjs().conv2d(x as Filter, filter as Filter, 2, 0, "NHWC", 1, "ceil"),
  // TF.js forgets the rounding in its gradient.
  gradient: false,
};

const transposed: Case[] = [
  { size: 8, strides: 1, pad: "same" as const, channels: [16, 16] },
  { size: 9, strides: 2, pad: "same" as const, channels: [16, 3] },
  { size: 9, strides: 2, pad: "valid" as const, channels: [5, 16] },
].map(({ size, strides, pad, channels: [inputs = 0, outputs = 0] }) => ({
  title: `a transposed convolution to ${size}×${size}×${outputs}, strides ${strides}, padding ${pad},`,
  inputs: {
    x: { shape: [2, pad === "same" ? Math.ceil(size / strides) : Math.ceil((size - 2) / strides), 4, inputs] },
    filter: { shape: [3, 3, outputs, inputs] },
    bias: { shape: [outputs] },
  },
  fn: ({ x, filter, bias }) => {
    const width = pad === "same" ? 4 * strides : 4 * strides + 1;
    const images = tfjs().conv2dTranspose(x as Filter, filter as Filter, [2, size, width, outputs], strides, pad);
    return tfjs().relu(tfjs().add(images, bias as tfTypes.Tensor));
  },
}));

const activations = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const;
const fused: Case[] = activations.map((activation) => ({
  title: `a fused convolution with ${activation}`,
  inputs: {
    x: { shape: [2, 5, 5, 3] },
    filter: { shape: [3, 3, 3, 16] },
    bias: { shape: [16] },
    ...(activation === "prelu" ? { alpha: { shape: [1, 1, 16], low: 0 } } : {}),
  },
  fn: ({ x, filter, bias, alpha }) =>
    tfjs().fused.conv2d({
      x: x as Filter,
      filter: filter as Filter,
      strides: 1,
      pad: "same",
      bias: bias as tfTypes.Tensor,
      activation,
      leakyreluAlpha: 0.3,
      ...(alpha && { preluActivationWeights: alpha }),
    }),
}));

testKernels(
  { ...convKernels, ...convGradientKernels },
  [...cases, ...dilated, rounded, ...transposed, ...fused],
  imageTargets,
);
