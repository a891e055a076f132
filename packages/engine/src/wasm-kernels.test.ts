import type * as tfTypes from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { openEngine } from "./backends.ts";
import { uniformNumbers } from "./counter-hash.ts";
import { tfjs } from "./tfjs.ts";

type Compute = (input: (call: number, shape: number[]) => tfTypes.Tensor) => tfTypes.Tensor[];

beforeAll(async () => {
  await openEngine("cpu");
  await openEngine("wasm");
});

/** The same computation on both backends, on the same numbers in [−1, 1). */
async function onBoth(compute: Compute): Promise<[wasm: number[][], cpu: number[][]]> {
  const tf = tfjs();
  const results: number[][][] = [];
  for (const backend of ["wasm", "cpu"]) {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const outputs = tf.tidy(() =>
      compute((call, shape) => {
        const count = shape.reduce((product, size) => product * size, 1);
        return tf.tensor(
          uniformNumbers(1, 0, call, count).map((u) => 2 * u - 1),
          shape,
        );
      }),
    );
    results.push(outputs.map((output) => [...output.dataSync(), ...output.shape]));
    tf.dispose(outputs);
    expect(tf.memory().numTensors).toBe(before);
  }
  return results as [number[][], number[][]];
}

async function expectSame(compute: Compute): Promise<void> {
  const [wasm, cpu] = await onBoth(compute);
  expect(wasm.length).toBe(cpu.length);
  for (const [output, values] of wasm.entries()) {
    expect(values.length).toBe(cpu[output]?.length);
    for (const [at, value] of values.entries()) expect(value).toBeCloseTo(cpu[output]?.[at] as number, 4);
  }
}

test.each([
  { input: [3, 9, 8, 2], filter: [5, 5, 2, 4], stride: 1, pad: "same" as const },
  { input: [3, 9, 8, 2], filter: [5, 3, 2, 4], stride: 1, pad: "valid" as const },
  { input: [2, 9, 8, 3], filter: [3, 3, 3, 2], stride: 2, pad: "same" as const },
  { input: [2, 9, 8, 3], filter: [2, 3, 3, 2], stride: 2, pad: "valid" as const },
  { input: [2, 8, 8, 3], filter: [1, 1, 3, 2], stride: 3, pad: "valid" as const },
  { input: [1, 5, 5, 1], filter: [5, 5, 1, 1], stride: 1, pad: "valid" as const },
])("convolution and both its gradients: $filter over $input, stride $stride, $pad", async (shape) => {
  await expectSame((input) => {
    const tf = tfjs();
    const x = input(0, shape.input) as tfTypes.Tensor4D;
    const filter = input(1, shape.filter) as tfTypes.Tensor4D;
    const convolve = (a: tfTypes.Tensor, b: tfTypes.Tensor) =>
      tf.conv2d(a as tfTypes.Tensor4D, b as tfTypes.Tensor4D, shape.stride, shape.pad);
    const y = convolve(x, filter);
    return [y, ...tf.grads(convolve)([x, filter], input(2, y.shape))];
  });
});
