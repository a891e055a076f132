import { tfjs } from "@shadowfarm/engine/tfjs";
import { beforeEach, expect, test } from "vitest";
import { aProblem, expectClose, marginsAt, tensorOf, tensorsOf } from "./problems.fixture.ts";
import { robustLoss, specificationOf, upperOverBox, verifiedConfidence } from "./specification.ts";

beforeEach(async () => void (await tfjs().setBackend("cpu")));

test("it knows that two logits depend on the same units", () => {
  const tf = tfjs();
  tf.tidy(() => {
    // z_0 = u − v + 1, z_1 = u + v: the difference does not depend on u.
    const last = { kernel: tf.tensor2d([1, 1, -1, 1], [2, 2]), bias: tf.tensor1d([1, 0]) };
    const specification = specificationOf(last, tf.tensor2d([1, 0, 0, 1], [2, 2]));
    const box = { centre: tf.tensor2d([3, 0.5, 3, 0.5], [2, 2]), radius: tf.tensor2d([2, 0.25, 2, 0.25], [2, 2]) };
    // z_1 − z_0 = 2 v − 1 is at most 2 · 0.75 − 1, and its opposite at most 1 − 2 · 0.25.
    expect([...upperOverBox(specification, box).dataSync()]).toEqual([0, 0.5, 0.5, 0]);
  });
});

test("over a point it is the difference of logits", () => {
  const tf = tfjs();
  tf.tidy(() => {
    const problem = aProblem([{ kind: "dense", units: 4, activation: "linear" }], { inputShape: [5], classes: 4 });
    const weights = tensorsOf(problem.weights);
    const [x, targets] = [tensorOf(problem.x), tensorOf(problem.targets)];
    const last = { kernel: weights["dense1/kernel"], bias: weights["dense1/bias"] } as Parameters<
      typeof specificationOf
    >[0];
    const margins = upperOverBox(specificationOf(last, targets), { centre: x, radius: tf.zerosLike(x) });
    expectClose(margins.dataSync(), marginsAt(problem.layers, weights, x, targets).dataSync());
  });
});

test("the verified confidence is that of the worst logits, and does not overflow", () => {
  const tf = tfjs();
  tf.tidy(() => {
    const margins = tf.tensor2d([0, -1, 0.5, 2, 0, -3, 0, 500, -500, -500, 0, -500], [4, 3]);
    const [first, second, third, fourth] = verifiedConfidence(margins).dataSync();
    expect(first).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(0.5)), 6);
    expect(second).toBeCloseTo(1 / (1 + Math.exp(2) + Math.exp(-3)), 6);
    expect([third, fourth]).toEqual([0, 1]);
  });
});

test("the robust loss is the mean log-loss of the verified confidences", () => {
  const tf = tfjs();
  tf.tidy(() => {
    const margins = tf.tensor2d([0, -1, 0.5, 2, 0, -3], [2, 3]);
    const loss = robustLoss(margins, tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]));
    expectClose(loss.dataSync(), tf.neg(tf.mean(tf.log(verifiedConfidence(margins)))).dataSync());
  });
});
