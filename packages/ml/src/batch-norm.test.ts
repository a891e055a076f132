import { createRng } from "@shadowfarm/core/rng";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { momentsOf, moved, normalized, normalizedByBatch } from "./batch-norm.ts";

beforeAll(async () => {
  await tfjs().setBackend("cpu");
});

function numbers(compute: () => tfTypes.Tensor | tfTypes.Tensor[]): number[][] {
  return tfjs().tidy(() => [compute()].flat().map((tensor) => [...tensor.dataSync()]));
}

function expectClose(actual: readonly number[][], expected: readonly number[][], digits: number): void {
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [at, values] of expected.entries()) {
    for (const [index, value] of values.entries()) expect(actual[at]?.[index]).toBeCloseTo(value, digits);
  }
}

/** Two images of 1×2 pixels and two channels: the first's numbers are 1, 3, 5, 7, the second's all 4. */
const images = () => tfjs().tensor([1, 4, 3, 4, 5, 4, 7, 4], [2, 1, 2, 2]);

test("a batch is normalized channel by channel, as by hand", () => {
  const [scale, offset] = [
    [2, 3],
    [10, 20],
  ];
  const result = numbers(() => {
    const moments = momentsOf(images());
    const [s, o] = [scale, offset].map((values) => tfjs().tensor(values as number[])) as [
      tfTypes.Tensor,
      tfTypes.Tensor,
    ];
    return [moments.mean, moments.variance, normalizedByBatch(images(), moments, s, o)];
  });
  // Mean 4 and variance 5 of the one; the other has no variance, and comes out as its offset.
  const unit = [-3, -1, 1, 3].map((centred) => centred / Math.sqrt(5 + 1e-5));
  expectClose(result, [[4, 4], [5, 0], unit.flatMap((value) => [10 + 2 * value, 20])], 5);
});

test("moving averages keep nine tenths, and see variances without bias", () => {
  const tf = tfjs();
  const moving = () => ({ mean: tf.tensor([1, -1]), variance: tf.tensor([2, 1]) });
  const next = numbers(() => Object.values(moved(moving(), momentsOf(images()), 4)));
  expectClose(
    next,
    [
      [0.9 + 0.4, -0.9 + 0.4],
      [1.8 + (0.1 * 5 * 4) / 3, 0.9],
    ],
    5,
  );
  // Of one number there is a mean, but no variance.
  const one = () => tf.tensor([5, 6], [1, 2]);
  expectClose(
    numbers(() => Object.values(moved(moving(), momentsOf(one()), 1))),
    [
      [1.4, -0.3],
      [2, 1],
    ],
    5,
  );
});

test("at inference a channel is normalized by the moving averages", () => {
  const tf = tfjs();
  const result = numbers(() =>
    normalized(
      images(),
      { mean: tf.tensor([1, 2]), variance: tf.tensor([4, 0.25]) },
      tf.tensor([1, 2]),
      tf.tensor([0, -1]),
    ),
  );
  expectClose(result, [[0, 7, 1, 7, 2, 7, 3, 7]], 3);
});

test.each([[[3, 2, 4, 5]], [[7, 3]]])("the gradient over a batch of %j is the one that TF.js finds", (shape) => {
  const tf = tfjs();
  const rng = createRng("gradients");
  const random = (size: readonly number[]) =>
    tf.tensor(
      Array.from({ length: size.reduce((product, one) => product * one, 1) }, () => rng.normal()),
      [...size],
    );
  const channels = shape.slice(-1);
  const inputs = [random(shape), random(channels), random(channels)];
  const weights = random(shape);
  const gradients = (normalize: typeof normalizedByBatch) =>
    numbers(() =>
      tf.grads((x, scale, offset) =>
        tf.sum(tf.mul(weights, normalize(x, momentsOf(x), scale as tfTypes.Tensor, offset as tfTypes.Tensor))),
      )(inputs),
    );
  const byTensorFlow = gradients((x, moments, scale, offset) => normalized(x, moments, scale, offset));
  expectClose(gradients(normalizedByBatch), byTensorFlow, 4);
  expect(Math.max(...(byTensorFlow[0] as number[]))).toBeGreaterThan(0.1);
});
