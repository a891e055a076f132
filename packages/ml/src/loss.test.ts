import { createRng } from "@shadowfarm/core/rng";
import { tfjs } from "@shadowfarm/engine/tfjs";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { crossEntropies, crossEntropy, sumOfSquares } from "./loss.ts";

beforeAll(() => tfjs().setBackend("cpu"));

const rng = createRng("loss");
const logits = Array.from({ length: 20 }, () => 3 * rng.normal());
const targets = [0, 2, 1, 1, 3].flatMap((label) => [0, 1, 2, 3].map((at) => (at === label ? 1 : 0)));

/** Value and gradient for the first argument, as plain numbers. */
function both(f: (x: tfTypes.Tensor) => tfTypes.Tensor, x: number[], shape: number[]): number[] {
  const tf = tfjs();
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad(f)(tf.tensor(x, shape));
    return [...value.dataSync(), ...grad.dataSync()];
  });
}

function expectClose(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [at, value] of actual.entries()) expect(value).toBeCloseTo(expected[at] as number, 5);
}

test("cross-entropy has TF.js's value and gradient, also as part of a larger loss", () => {
  const tf = tfjs();
  const y = tf.tensor(targets, [5, 4]);
  const expected = both((x) => tf.mul(tf.losses.softmaxCrossEntropy(y, x), 3), logits, [5, 4]);
  expectClose(
    both((x) => tf.mul(crossEntropy(x, y), 3), logits, [5, 4]),
    expected,
  );
});

test("cross-entropy stays finite where a softmax underflows", () => {
  const tf = tfjs();
  const y = tf.tensor([0, 1], [1, 2]);
  expectClose(
    both((x) => crossEntropy(x, y), [1000, 0], [1, 2]),
    [1000, 1, -1],
  );
});

test("the cross-entropies of records are those whose mean is the cross-entropy, and so are their gradients", () => {
  const tf = tfjs();
  const y = tf.tensor(targets, [5, 4]);
  expectClose(
    both((x) => tf.mean(crossEntropies(x, y)), logits, [5, 4]),
    both((x) => crossEntropy(x, y), logits, [5, 4]),
  );
  expect(tf.tidy(() => crossEntropies(tf.tensor(logits, [5, 4]), y).shape)).toEqual([5]);
});

test("the sum of squares and its gradient", () => {
  const tf = tfjs();
  const squares = (x: tfTypes.Tensor) => tf.mul(sumOfSquares([x, tf.slice(x, [1], [1])]), 0.5);
  expectClose(both(squares, [1, -2, 3], [3]), [(1 + 4 + 9 + 4) / 2, 1, -4, 3]);
});
