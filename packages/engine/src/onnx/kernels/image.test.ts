import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { tfjs } from "../../tfjs.ts";
import { compileStep } from "../compile-step.ts";
import { type Case, testKernels } from "./coverage.fixture.ts";
import { imageKernels } from "./image.ts";
import { resizeKernels } from "./resize.ts";

type Images = tfTypes.Tensor4D;

const alignments: [string, boolean, boolean][] = [
  ["corners of pixels", false, false],
  ["outermost pixels", true, false],
  ["middles of pixels", false, true],
];
const resized: Case[] = alignments.flatMap(([title, alignCorners, halfPixelCenters]) =>
  [
    [7, 7],
    [3, 3],
    [10, 4],
    [1, 1],
  ].flatMap((size) =>
    (["resizeBilinear", "resizeNearestNeighbor"] as const).map((kind) => ({
      title: `${kind} by ${title} to ${size.join("×")}`,
      // TF.js's gradients confuse height and width in the one, and images of a batch in the other.
      inputs: { x: { shape: [kind === "resizeBilinear" ? 2 : 1, 5, 5, 3] } },
      fn: ({ x }) => tfjs().image[kind](x as Images, size as [number, number], alignCorners, halfPixelCenters),
    })),
  ),
);

const x = { shape: [2, 4, 6, 3] };
const still: Omit<Case, "gradient">[] = [
  { title: "mirrored images", inputs: { x }, fn: ({ x }) => tfjs().image.flipLeftRight(x as Images) },
  { title: "turned images", inputs: { x }, fn: ({ x }) => tfjs().image.rotateWithOffset(x as Images, 0.4, 0.25, 0.3) },
  {
    title: "turned images with a colour around",
    inputs: { x },
    fn: ({ x }) => tfjs().image.rotateWithOffset(x as Images, -2, [0.1, 0.2, 0.3], [0.2, 0.6]),
  },
  {
    title: "depth as space",
    inputs: { x: { shape: [2, 3, 2, 12] } },
    fn: ({ x }) => tfjs().depthToSpace(x as Images, 2, "NHWC"),
  },
];
const moved = still.map((one): Case => ({ ...one, gradient: false }));

const turn = [0.9, -0.3, 0.7, 0.2, 1.1, -0.6, 0.02, 0.01];
const transformed: Case[] = [
  { mode: "bilinear" as const, fill: "constant" as const, values: turn },
  { mode: "bilinear" as const, fill: "nearest" as const, values: turn },
  { mode: "nearest" as const, fill: "constant" as const, values: turn },
  { mode: "nearest" as const, fill: "constant" as const, values: [1, 0, 1.5, 0, 1, -2.5, 0, 0] },
  { mode: "nearest" as const, fill: "nearest" as const, values: turn, size: [5, 3] as [number, number] },
].map(({ mode, fill, values, size }) => ({
  title: `one image transformed, ${mode}, around it ${fill},`,
  inputs: { x: { shape: [1, 4, 6, 3] }, transforms: { shape: [1, 8], values } },
  fn: ({ x, transforms }) => tfjs().image.transform(x as Images, transforms as tfTypes.Tensor2D, mode, fill, 0.5, size),
  gradient: false,
  // Places go through a range from -1 to 1.
  tolerance: 1e-5,
}));

test("every image of a batch has its own transform", async () => {
  // TF.js's cpu transforms the first alone.
  const values = [...turn, 0.7, 0.2, -1, 0.3, 0.8, 2, 0, 0];
  const both = await transformedBy([2, 8], values, imagesOf(2));
  for (const at of [0, 1]) {
    const one = await transformedBy([1, 8], values.slice(at * 8, at * 8 + 8), imagesOf(2).slice(at * 72, at * 72 + 72));
    expect(both.slice(at * 72, at * 72 + 72)).toEqual(one);
  }
});

function imagesOf(batch: number): Float32Array {
  return Float32Array.from({ length: batch * 72 }, (_, at) => Math.sin(at));
}

async function transformedBy(shape: [number, number], values: number[], data: Float32Array) {
  const specs = { x: { shape: [data.length / 72, 4, 6, 3] }, transforms: { shape } };
  const step = compileStep({ provider: "cpu", block: 0 }, specs, ({ x, transforms }) => ({
    moved: tfjs().image.transform(x as Images, transforms as tfTypes.Tensor2D, "bilinear", "constant", 0.5),
  }));
  try {
    const inputs = { x: { ...specs.x, data }, transforms: { shape, data: Float32Array.from(values) } };
    return (await step.run(inputs)).moved?.data as Float32Array;
  } finally {
    step.dispose();
  }
}

testKernels({ ...imageKernels, ...resizeKernels }, [...resized, ...moved, ...transformed]);
