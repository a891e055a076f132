import type * as tfTypes from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { openEngine } from "./backends.ts";
import { uniformNumbers } from "./counter-hash.ts";
import type { OptimizerName } from "./optimizers.ts";
import { tfjs } from "./tfjs.ts";
import { trainingProgram } from "./training.ts";

const count = 6;
const start = uniformNumbers(1, 0, 0, count);
const targets = uniformNumbers(2, 0, 0, count);
const learningRate = 0.01;

/** Distance from the targets, with curvatures from 1 to 6. */
function loss(weights: tfTypes.Tensor): tfTypes.Scalar {
  const tf = tfjs();
  const away = tf.square(tf.sub(weights, tf.tensor1d(targets)));
  return tf.sum(tf.mul(away, tf.range(1, count + 1, 1, "float32")));
}

test.each<OptimizerName>(["sgd", "momentum", "adam", "rmsprop"])("%s steps as TF.js's optimizer does", async (name) => {
  const tf = tfjs();
  const cpu = await openEngine("cpu");
  const theirs = tf.variable(tf.tensor1d(start));
  const optimizer = {
    sgd: () => tf.train.sgd(learningRate),
    momentum: () => tf.train.momentum(learningRate, 0.9),
    adam: () => tf.train.adam(learningRate),
    rmsprop: () => tf.train.rmsprop(learningRate),
    adamw: () => tf.train.adam(learningRate),
  }[name]();
  const loop = cpu.compileLoop(
    trainingProgram({
      weights: { w: { shape: [count], data: start } },
      data: { none: { shape: [1], data: new Float32Array(1) } },
      optimizer: { name },
      seed: 1,
      loss: ({ w }) => loss(w as tfTypes.Tensor),
    }),
  );
  for (let step = 0; step < 50; step++) {
    optimizer.minimize(() => loss(theirs));
    await loop.run(new Uint32Array(1), 1, { settings: { learningRate } });
    const ours = (await loop.state()).w?.data ?? [];
    const expected = theirs.dataSync();
    for (const [at, value] of ours.entries()) expect(Math.abs(value - (expected[at] as number))).toBeLessThan(2e-6);
  }
  loop.dispose();
  optimizer.dispose();
  theirs.dispose();
});
