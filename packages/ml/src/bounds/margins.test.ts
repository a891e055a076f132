import { createRng } from "@shadowfarm/core/rng";
import type { ArrayValue } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import type { Layer } from "../network.ts";
import { imageLayers, methodCases, smallNetworks } from "./layers.fixture.ts";
import {
  aProblem,
  boundsOf,
  expectClose,
  marginsAt,
  type Problem,
  pointsOfBall,
  tensorOf,
  tensorsOf,
} from "./problems.fixture.ts";

beforeEach(async () => void (await tfjs().setBackend("cpu")));

const dense = (units: number, activation: "linear" | "relu" | "leaky-relu" | "tanh" = "relu"): Layer => ({
  kind: "dense",
  units,
  activation,
});

/** What the network itself says of `points`, one or more for each record. */
function marginsOf({ layers, weights, targets }: Problem, points: ArrayValue): Float32Array {
  const tf = tfjs();
  return tf.tidy(() => {
    const repeated = tf.tile(tensorOf(targets), [(points.shape[0] as number) / (targets.shape[0] as number), 1]);
    return marginsAt(layers, tensorsOf(weights), tensorOf(points), repeated).dataSync() as Float32Array;
  });
}

function expectAllBelow(margins: Float32Array, bounds: Float32Array): void {
  const above = margins.findIndex((margin, at) => {
    const bound = bounds[at % bounds.length] as number;
    return margin > bound + 1e-5 * Math.max(1, Math.abs(bound));
  });
  expect(above, `margin ${margins[above]} above its bound ${bounds[above % bounds.length]}`).toBe(-1);
}

test.each(methodCases)("no point of the ball has a margin above its bound: %s", (_, method) => {
  fc.assert(
    fc.property(
      smallNetworks(method.kind),
      fc.integer({ min: 1 }),
      fc.constantFrom(0.001, 0.03, 0.2, 2),
      ({ layers, inputShape }, seed, epsilon) => {
        const problem = aProblem(layers, { inputShape, epsilon, seed });
        const bounds = boundsOf(method, problem);
        expectAllBelow(marginsOf(problem, pointsOfBall(problem, 40, createRng(seed))), bounds);
        problem.targets.data.forEach((isTarget, at) => {
          if (isTarget) expect(Math.abs(bounds[at] as number)).toBe(0);
        });
      },
    ),
    { numRuns: 60 },
  );
});

test.each(methodCases)("nor of a network of many kinds of layers: %s", (_, method) => {
  for (const [seed, epsilon] of [0.01, 0.1, 0.3, 1].entries()) {
    const problem = aProblem(imageLayers, { inputShape: [7, 7, 1], records: 2, epsilon, seed });
    expectAllBelow(marginsOf(problem, pointsOfBall(problem, 100, createRng(seed))), boundsOf(method, problem));
  }
});

test.each(methodCases)("without a ball the bounds are the margins themselves: %s", (_, method) => {
  fc.assert(
    fc.property(smallNetworks(method.kind), fc.integer({ min: 1 }), ({ layers, inputShape }, seed) => {
      const problem = aProblem(layers, { inputShape, epsilon: 0, seed });
      expectClose(boundsOf(method, problem), marginsOf(problem, problem.x));
    }),
    { numRuns: 40 },
  );
});

test.each(methodCases)("an affine network's bounds are attained at a corner of the ball in range: %s", (_, method) => {
  // Of two layers, an interval does not know that the units of the first depend on the same features.
  const isExact = method.kind === "dual" || (method.kind === "zonotope" && method.terms === 1000);
  const layers = [...(isExact ? [dense(4, "linear")] : []), dense(3, "linear")];
  const problem = aProblem(layers, { inputShape: [4], records: 5, epsilon: 0.2 });
  const corners = pointsOfBall(problem, 2000, createRng("corners"));
  const attained = new Float32Array(problem.targets.data.length).fill(-Infinity);
  marginsOf(problem, corners).forEach((margin, at) => {
    attained[at % attained.length] = Math.max(attained[at % attained.length] as number, margin);
  });
  expectClose(boundsOf(method, problem), attained);
  // And would be higher without the input range, at an end of which some features are.
  const unbounded = boundsOf(method, problem, { low: -Infinity, high: Infinity });
  expect(unbounded.some((bound, at) => bound > (attained[at] as number) + 0.01)).toBe(true);
});

test.each(methodCases)("an input range may be a feature's own: %s", (_, method) => {
  const tf = tfjs();
  const problem = aProblem([dense(4), dense(3, "linear")], { inputShape: [3], epsilon: 0.5 });
  const [low, high] = [tf.tensor1d([0, 0, -9]), tf.tensor1d([1, 1, 9])];
  const between = boundsOf(method, problem, { low, high });
  expectClose(boundsOf(method, problem, { low: tf.zeros([3]), high: tf.ones([3]) }), boundsOf(method, problem));
  expect(between).not.toEqual(boundsOf(method, problem));
  tf.dispose([low, high]);
});

test.each(methodCases)("an encoding is a layer before the first: %s", (_, method) => {
  const tf = tfjs();
  const problem = aProblem([dense(4), dense(4), dense(3, "linear")], { inputShape: [3], epsilon: 0.05 });
  const { weights } = problem;
  const mean = [0.3, 0.6];
  const deviation = [0.25, 2];
  const encoded = boundsOf(method, problem, {
    encoding: { mean: tf.tensor1d(mean), deviation: tf.tensor1d(deviation) },
  });
  // The same as part of the first dense layer; the third feature is not encoded.
  const kernel = weights["dense1/kernel"] as ArrayValue;
  const scaled = kernel.data.map((value, at) => value / (deviation[Math.floor(at / 4)] ?? 1));
  const bias = (weights["dense1/bias"] as ArrayValue).data.map((value, unit) =>
    mean.reduce((sum, middle, feature) => sum - middle * (scaled[4 * feature + unit] as number), value),
  );
  const merged = {
    ...problem,
    weights: {
      ...weights,
      "dense1/kernel": { shape: kernel.shape, data: scaled },
      "dense1/bias": { shape: [4], data: bias },
    },
  };
  expectClose(encoded, boundsOf(method, merged));
});

test("an encoding of some features of an image counts them through the image", () => {
  const tf = tfjs();
  const problem = aProblem([{ kind: "flatten" }, dense(3, "linear")], { inputShape: [2, 2, 1], epsilon: 0 });
  const encoding = { mean: tf.tensor1d([0.5]), deviation: tf.tensor1d([2]) };
  const x = problem.x.data.map((value, at) => (at % 4 === 0 ? (value - 0.5) / 2 : value));
  expectClose(
    boundsOf({ kind: "interval" }, problem, { encoding }),
    marginsOf(problem, { shape: problem.x.shape, data: x }),
  );
});

test("nothing is left behind", () => {
  const before = tfjs().memory().numTensors;
  boundsOf({ kind: "dual", intermediate: "dual" }, aProblem(imageLayers, { inputShape: [7, 7, 1] }));
  expect(tfjs().memory().numTensors).toBe(before);
});
