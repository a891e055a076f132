import type * as tfTypes from "@tensorflow/tfjs";
import { tfjs } from "../../tfjs.ts";
import { type Case, type Input, testKernels } from "./coverage.fixture.ts";
import { imageTargets } from "./image-targets.fixture.ts";
import { poolKernels } from "./pool.ts";
import { poolGradientKernels } from "./pool-gradient.ts";

type Images = tfTypes.Tensor4D;
type Padding = number | "same" | "valid" | tfTypes.backend_util.ExplicitPadding;

interface Example {
  title: string;
  x: Input;
  size: number | [number, number];
  strides: number | [number, number];
  pad: Padding;
}

const around: tfTypes.backend_util.ExplicitPadding = [
  [0, 0],
  [1, 0],
  [0, 1],
  [0, 0],
];

const examples: Example[] = [
  { title: "windows side by side", x: { shape: [2, 4, 6, 16] }, size: 2, strides: 2, pad: "valid" },
  { title: "the same, some channels", x: { shape: [2, 4, 6, 3] }, size: 2, strides: 2, pad: "same" },
  { title: "windows of 3×2", x: { shape: [1, 6, 4, 32] }, size: [3, 2], strides: [3, 2], pad: "valid" },
  { title: "windows of 3, one channel", x: { shape: [3, 6, 6, 1] }, size: 3, strides: 3, pad: "valid" },
  { title: "windows of 1", x: { shape: [1, 3, 3, 16] }, size: 1, strides: 1, pad: "valid" },
  { title: "windows of 1×2", x: { shape: [1, 3, 4, 16] }, size: [1, 2], strides: [1, 2], pad: "valid" },
  { title: "a row and a column left over", x: { shape: [2, 5, 7, 16] }, size: 2, strides: 2, pad: "valid" },
  { title: "a row and a column of padding", x: { shape: [2, 5, 7, 16] }, size: 2, strides: 2, pad: "same" },
  { title: "padding on all sides", x: { shape: [1, 5, 5, 48] }, size: 3, strides: 3, pad: "same" },
  { title: "padding above", x: { shape: [1, 5, 5, 5] }, size: 2, strides: 2, pad: around },
  { title: "overlapping windows", x: { shape: [2, 7, 7, 16] }, size: 3, strides: 2, pad: "valid" },
  { title: "overlapping windows with padding", x: { shape: [2, 6, 6, 3] }, size: 3, strides: 2, pad: "same" },
  { title: "windows at every place", x: { shape: [1, 5, 5, 16] }, size: 3, strides: 1, pad: "same" },
  { title: "windows apart", x: { shape: [1, 8, 8, 16] }, size: 2, strides: 3, pad: "valid" },
  { title: "all negative", x: { shape: [1, 5, 5, 16], low: -2, high: -1 }, size: 2, strides: 2, pad: "same" },
  {
    title: "all negative, overlapping",
    x: { shape: [1, 5, 5, 3], low: -2, high: -1 },
    size: 3,
    strides: 2,
    pad: "same",
  },
];

const kinds = { maxPool: "maxima", avgPool: "averages" } as const;
const cases: Case[] = examples.flatMap(({ title, x, size, strides, pad }) =>
  (["maxPool", "avgPool"] as const).map((kind) => ({
    title: `${kinds[kind]}: ${title}`,
    inputs: { x },
    fn: ({ x: images }) => tfjs()[kind](images as Images, size, strides, pad as number),
  })),
);

// Whole numbers, of which many are equal: the first one of a window counts.
const ties: Case[] = [
  { channels: 16, size: 2, strides: 2 },
  { channels: 16, size: 3, strides: 3 },
  { channels: 3, size: 2, strides: 2 },
  { channels: 16, size: 3, strides: 2 },
].map(({ channels, size, strides }) => ({
  title: `equal maxima of ${channels} channels in windows of ${size}, strides ${strides},`,
  inputs: {
    x: { shape: [2, 6, 6, channels], values: Array.from({ length: 72 * channels }, (_, at) => (at * 7919) % 3) },
  },
  fn: ({ x }) => tfjs().maxPool(x as Images, size, strides, "same"),
}));

const positions: Case[] = [true, false].map((includeBatch) => ({
  title: `positions of maxima ${includeBatch ? "in the batch" : "in each image"}`,
  inputs: { x: { shape: [3, 5, 4, 16] } },
  fn: ({ x }) => {
    const { result, indexes } = tfjs().maxPoolWithArgmax(x as Images, 2, 2, "same", includeBatch);
    return [result, indexes] as tfTypes.Tensor[];
  },
  gradient: false,
}));

testKernels({ ...poolKernels, ...poolGradientKernels }, [...cases, ...ties, ...positions], imageTargets);
