import type * as tfTypes from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { openEngine } from "./backends.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { AnyArray, Tensors } from "./engine.ts";
import { clippedGradientSum, convolution, dense, type Probe } from "./per-example.ts";
import { tfjs } from "./tfjs.ts";

const batch = 5;
const shapes: Record<string, number[]> = {
  kernel1: [3, 3, 2, 4],
  bias1: [4],
  kernel2: [4 * 4 * 4, 3],
  bias2: [3],
};
const arrays: Record<string, AnyArray> = Object.fromEntries(
  Object.entries({ ...shapes, x: [batch, 4, 4, 2], y: [batch, 3] }).map(([name, shape], at) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return [name, { shape, data: uniformNumbers(at, 0, 0, size).map((value) => value - 0.5) }];
  }),
);

/** One loss an example, of a small network of both layers. */
function losses(weights: Tensors, x: tfTypes.Tensor, y: tfTypes.Tensor, probe: Probe | null): tfTypes.Tensor {
  const tf = tfjs();
  const [kernel1, bias1, kernel2, bias2] = Object.keys(shapes).map((name) => weights[name]) as [T, T, T, T];
  const hidden = tf.tanh(convolution(x, kernel1, bias1, { padding: "same" }, probe));
  const logits = dense(tf.reshape(hidden, [x.shape[0] as number, -1]), kernel2, bias2, probe);
  return tf.sum(tf.square(tf.sub(logits, y)), 1);
}
type T = tfTypes.Tensor;

describe.each(["onnx", "wasm", "cpu"] as const)("%s", (name) => {
  test.each([0.5, 2, 1e6])("gradients clipped to %d are those of batches of one, clipped one by one", async (most) => {
    const engine = await openEngine(name);
    const step = engine.compileStep(
      Object.fromEntries(Object.entries(arrays).map(([input, { shape }]) => [input, { shape }])),
      ({ x, y, ...weights }) => {
        const each = (probe: Probe) => losses(weights, x as T, y as T, probe);
        const { gradients, losses: values, norms } = clippedGradientSum(each, weights, batch, most);
        return { ...gradients, values, norms };
      },
    );
    const results = await step.run(arrays);
    step.dispose();

    const tf = tfjs();
    await tf.setBackend("cpu");
    const tensors = Object.entries(arrays).map(([input, { shape, data }]) => [input, tf.tensor(data, [...shape])]);
    const { x, y, ...weights } = Object.fromEntries(tensors) as Tensors;
    const expected: Record<string, Float64Array> = Object.fromEntries(
      Object.entries(shapes).map(([weight]) => [weight, new Float64Array(arrays[weight]?.data.length ?? 0)]),
    );
    for (let example = 0; example < batch; example++) {
      const one = (rows: T | undefined) => tf.slice(rows as T, [example], [1]);
      const total = (...given: T[]) =>
        tf.sum(
          losses(Object.fromEntries(Object.keys(shapes).map((key, at) => [key, given[at] as T])), one(x), one(y), null),
        );
      const gradients = tf
        .grads(total)(Object.keys(shapes).map((key) => weights[key] as T))
        .map((g) => g.dataSync());
      const norm = Math.hypot(...gradients.flatMap((numbers) => [...numbers]));
      expect(results.norms?.data[example]).toBeCloseTo(norm, 4);
      Object.keys(shapes).forEach((key, at) => {
        const sum = expected[key] as Float64Array;
        for (const [index, value] of (gradients[at] ?? []).entries()) {
          sum[index] = (sum[index] as number) + value * Math.min(1, most / norm);
        }
      });
    }
    for (const [weight, sum] of Object.entries(expected)) {
      for (const [index, value] of sum.entries()) {
        const difference = Math.abs((results[weight]?.data[index] as number) - value);
        expect(difference, `${weight}[${index}]`).toBeLessThan(1e-5);
      }
    }
  });
});

test("a weight that no layer takes with the probe, or several do, is refused by name", async () => {
  const engine = await openEngine("cpu");
  const gradientOf = (layer: (kernel: T, bias: T, probe: Probe) => T) => {
    const inputs = {
      kernel: { shape: [2, 2], data: new Float32Array(4) },
      bias: { shape: [2], data: new Float32Array(2) },
    };
    const step = engine.compileStep(inputs, ({ kernel, bias }) => {
      const losses = (probe: Probe) => tfjs().sum(layer(kernel as T, bias as T, probe), 1);
      return clippedGradientSum(losses, { kernel: kernel as T, bias: bias as T }, 3, 1).gradients;
    });
    return step.run(inputs);
  };
  const x = () => tfjs().ones([3, 2]);
  await expect(gradientOf((kernel, bias) => dense(x(), kernel, bias, null))).rejects.toThrow();
  const twice = (kernel: T, bias: T, probe: Probe) => dense(dense(x(), kernel, bias, probe), kernel, bias, probe);
  await expect(gradientOf(twice)).rejects.toThrow('weight "kernel" was applied by 2 layers with the probe');
  const extra = (kernel: T, bias: T, probe: Probe) => tfjs().mul(dense(x(), kernel, tfjs().zeros([2]), probe), bias);
  await expect(gradientOf(extra)).rejects.toThrow('weight "bias" was applied by 0 layers with the probe');
});
