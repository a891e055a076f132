import { sizeOf } from "../arrays.ts";
import { Graph } from "./graph.ts";
import { convolve } from "./kernels/conv.ts";
import { withBias, withRelu } from "./kernels/fusion.ts";
import { pool } from "./kernels/pool.ts";
import type { Window } from "./kernels/window.ts";
import { named, plain } from "./layout.ts";
import { onnxruntime, openSession } from "./runtime.ts";
import { made, type Value } from "./value.ts";

let probed: Promise<number> | undefined;

/**
 * Channels in a block of ONNX Runtime's internal image layout on this machine: 16 with AVX-512, 8 with less, 0 where it is
 * not to be used. It cannot be asked for, and a wrong one gives wrong numbers, so each is tried on a small network and
 * compared with ONNX's own operators. Done once a process, in some 60 ms.
 */
export function probeBlock(): Promise<number> {
  probed ??= firstRightBlock([16, 8, 4]);
  return probed;
}

/** The first block size that computes what ONNX's own operators do; 0 if none does. */
export async function firstRightBlock(candidates: readonly number[]): Promise<number> {
  for (const block of candidates) {
    if (await isRight(block)) return block;
  }
  return 0;
}

async function isRight(block: number): Promise<boolean> {
  try {
    const [ours, right] = [await run(block, 2 * block), await run(0, 2 * block)];
    return right.every((number, at) => Math.abs(number - (ours[at] as number)) < 1e-4 * (1 + number));
  } catch {
    // The operators are not in this build, or refuse these shapes.
    return false;
  }
}

/** Two convolutions with bias and ReLU, the first of an image of three channels, and a pool. */
async function run(block: number, channels: number): Promise<Float32Array> {
  const graph = new Graph({ block });
  const image = graph.input("float32", [1, SIZE, SIZE, 3], "image");
  const layer = (x: Value, inputs: number) => {
    const filter = made(numbers(graph, [3, 3, inputs, channels]), [3, 3, inputs, channels]);
    const product = convolve(graph, x, filter, { ...window, kernel: [3, 3], before: [1, 1], after: [1, 1] });
    const biased = withBias(graph, product, made(numbers(graph, [channels]), [channels])) ?? product;
    // Only what is blocked takes a ReLU along.
    return withRelu(graph, biased) ?? { ...biased, names: { nchw: graph.op("Relu", [named(graph, biased, "nchw")]) } };
  };
  const twice = layer(layer(made(image, [1, SIZE, SIZE, 3]), 3), channels);
  const half = [SIZE / 2, SIZE / 2] as const;
  const pooled = pool(graph, "MaxPool", twice, { ...window, output: half, kernel: [2, 2], strides: [2, 2] });
  const out = graph.output(plain(graph, pooled), "float32", pooled.shape);
  const session = await openSession(graph, "cpu");
  try {
    const { Tensor } = onnxruntime();
    const ramp = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, at) => at % 7);
    const results = await session.run({ image: new Tensor("float32", ramp, [1, SIZE, SIZE, 3]) });
    return results[out]?.data as Float32Array;
  } finally {
    await session.release();
  }
}

const SIZE = 4;
const window: Window = {
  batch: 1,
  input: [SIZE, SIZE],
  output: [SIZE, SIZE],
  kernel: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  before: [0, 0],
  after: [0, 0],
};

/** Numbers of which no two neighbours are equal. */
function numbers(graph: Graph, shape: readonly number[]): string {
  const size = sizeOf(shape);
  const values = Array.from({ length: size }, (_, at) => (((at * 5) % 17) - 8) / 16);
  return graph.constant("float32", shape, values);
}
