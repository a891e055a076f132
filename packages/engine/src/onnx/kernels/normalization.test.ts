import type * as tfTypes from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { imageTargets } from "./image-targets.fixture.ts";
import { normalizationKernels } from "./normalization.ts";

const vectors = (channels: number) => ({
  mean: { shape: [channels] },
  variance: { shape: [channels], low: 0.5 },
  scale: { shape: [channels] },
  offset: { shape: [channels] },
});

const given: Case[] = [
  [2, 3, 4, 16],
  [2, 3, 4, 3],
  [5, 7],
  [2, 3, 4],
].map((shape) => ({
  title: `given statistics of the channels of ${shape.join("×")}`,
  inputs: { x: { shape }, ...vectors(shape.at(-1) as number) },
  fn: ({ x, mean, variance, scale, offset }) =>
    tfjs().batchNorm(x as tfTypes.Tensor, mean as tfTypes.Tensor1D, variance as tfTypes.Tensor1D, offset, scale, 1e-3),
}));

const others: Case[] = [
  {
    title: "neither scale nor offset",
    inputs: { x: { shape: [2, 3, 4, 3] }, mean: { shape: [3] }, variance: { shape: [3], low: 0.5 } },
    fn: ({ x, mean, variance }) =>
      tfjs().batchNorm(x as tfTypes.Tensor, mean as tfTypes.Tensor1D, variance as tfTypes.Tensor1D),
    // TF.js has none without a scale.
    gradient: false,
  },
  {
    title: "statistics of every element",
    inputs: {
      x: { shape: [2, 3, 4, 3] },
      mean: { shape: [2, 3, 4, 3] },
      variance: { shape: [2, 3, 4, 3], low: 0.5 },
      scale: { shape: [2, 3, 4, 3] },
      offset: { shape: [2, 3, 4, 3] },
    },
    fn: ({ x, mean, variance, scale, offset }) =>
      tfjs().batchNorm(x as tfTypes.Tensor4D, mean as tfTypes.Tensor4D, variance as tfTypes.Tensor4D, offset, scale),
  },
];

const trained: Case[] = [3, 16].map((channels) => ({
  title: `statistics of the batch, between a convolution to ${channels} channels and a ReLU`,
  inputs: {
    x: { shape: [4, 6, 6, 3] },
    filter: { shape: [3, 3, 3, channels] },
    scale: { shape: [channels], low: 0.5 },
    offset: { shape: [channels] },
  },
  fn: ({ x, filter, scale, offset }) => {
    const images = tfjs().conv2d(x as tfTypes.Tensor4D, filter as tfTypes.Tensor4D, 1, "same");
    const { mean, variance } = tfjs().moments(images, [0, 1, 2]);
    return tfjs().relu(tfjs().batchNorm(images, mean as tfTypes.Tensor1D, variance as tfTypes.Tensor1D, offset, scale));
  },
  // The gradient is a small difference of large sums.
  tolerance: 1e-5,
}));

testKernels(normalizationKernels, [...given, ...others, ...trained], imageTargets);
