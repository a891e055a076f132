import type * as tfTypes from "@tensorflow/tfjs";
import type { Tensors } from "../../engine.ts";
import { tfjs } from "../../tfjs.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { imageTargets } from "./image-targets.fixture.ts";

type Images = tfTypes.Tensor4D;

const weights = (inputs: number, outputs: number) => ({
  filter1: { shape: [3, 3, inputs, outputs], low: -0.3, high: 0.3 },
  bias1: { shape: [outputs] },
  filter2: { shape: [3, 3, outputs, 16], low: -0.3, high: 0.3 },
  bias2: { shape: [16] },
});

function network({ x, filter1, bias1, filter2, bias2 }: Tensors, pool: "maxPool" | "avgPool", strides: number) {
  const tf = tfjs();
  const first = tf.relu(tf.add(tf.conv2d(x as Images, filter1 as Images, 1, "same"), bias1 as tfTypes.Tensor));
  const second = tf.conv2d(tf[pool](first as Images, 2, strides, "same"), filter2 as Images, 1, "valid");
  return tf[pool](tf.relu(tf.add(second, bias2 as tfTypes.Tensor)) as Images, 2, 2, "valid");
}

const chains: Case[] = [
  { inputs: 3, outputs: 16, pool: "maxPool" as const, strides: 2, size: 8 },
  { inputs: 1, outputs: 8, pool: "maxPool" as const, strides: 2, size: 8 },
  { inputs: 16, outputs: 16, pool: "maxPool" as const, strides: 1, size: 5 },
  { inputs: 3, outputs: 16, pool: "avgPool" as const, strides: 2, size: 8 },
].map(({ inputs, outputs, pool, strides, size }) => ({
  title: `convolutions of ${inputs} to ${outputs} channels with bias, ReLU and ${pool} every ${strides},`,
  inputs: { x: { shape: [2, size, size, inputs] }, ...weights(inputs, outputs) },
  fn: (tensors) => network(tensors, pool, strides),
}));

// What adversarial training needs: a gradient of the images, and of what becomes of images moved along it. TF.js has no
// second gradient of pools.
const second: Case = {
  title: "gradients through a gradient of the images",
  inputs: { x: { shape: [2, 6, 6, 3] }, ...weights(3, 16), dense: { shape: [144, 5] } },
  fn: ({ x: images, filter1, bias1, filter2, bias2, dense }) => {
    const tf = tfjs();
    const logits = (x: tfTypes.Tensor) => {
      const first = tf.relu(tf.add(tf.conv2d(x as Images, filter1 as Images, 2, "same"), bias1 as tfTypes.Tensor));
      const next = tf.relu(tf.add(tf.conv2d(first as Images, filter2 as Images, 1, "same"), bias2 as tfTypes.Tensor));
      return tf.matMul(tf.reshape(next, [2, 144]), dense as tfTypes.Tensor2D);
    };
    const slope = tf.grad((x) => tf.sum(tf.square(logits(x))))(images as tfTypes.Tensor);
    return [slope, logits(tf.add(images as tfTypes.Tensor, tf.mul(slope, 0.1)))];
  },
};

const branches: Case = {
  title: "a convolution that is used before and after its ReLU",
  inputs: { x: { shape: [2, 4, 4, 16] }, filter: { shape: [3, 3, 16, 16] }, bias: { shape: [16] } },
  fn: ({ x, filter, bias }) => {
    const tf = tfjs();
    const images = tf.add(tf.conv2d(x as Images, filter as Images, 1, "same"), bias as tfTypes.Tensor);
    return [tf.add(tf.relu(images), tf.mul(images, x as Images)), tf.sum(images, [1, 2])];
  },
};

const residual: Case[] = [16, 5].map((channels) => ({
  title: `a residual block from ${channels} to ${2 * channels} channels, with leaky ReLU and the mean of each channel`,
  inputs: {
    x: { shape: [2, 7, 6, channels] },
    filter1: { shape: [3, 3, channels, 2 * channels], low: -0.3, high: 0.3 },
    filter2: { shape: [3, 3, 2 * channels, 2 * channels], low: -0.3, high: 0.3 },
    projection: { shape: [1, 1, channels, 2 * channels] },
  },
  fn: ({ x, filter1, filter2, projection }) => {
    const tf = tfjs();
    const active = tf.leakyRelu(x, 0.1) as Images;
    const first = tf.leakyRelu(tf.conv2d(active, filter1 as Images, 2, "same"), 0.1);
    const second = tf.conv2d(first as Images, filter2 as Images, 1, "same");
    return tf.mean(tf.add(second, tf.conv2d(active, projection as Images, 2, "same")), [1, 2]);
  },
}));

testKernels({}, [...chains, second, branches, ...residual], imageTargets);
