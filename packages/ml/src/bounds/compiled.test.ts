import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import type { AnyArray, ArrayValue, Engine, Tensors } from "@shadowfarm/engine/engine";
import { tfjs } from "@shadowfarm/engine/tfjs";
import { trainingProgram, weightsOf } from "@shadowfarm/engine/training";
import type * as tfTypes from "@tensorflow/tfjs";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Layer } from "../network.ts";
import { imageLayers, methodCases } from "./layers.fixture.ts";
import { type BoundMethod, type Question, verifiedMargins } from "./margins.ts";
import { aProblem, boundsOf, expectClose, oneHot, type Problem, tensorOf, tensorsOf } from "./problems.fixture.ts";
import { robustLoss, verifiedConfidence } from "./specification.ts";

let onnx: Engine;
beforeAll(async () => {
  onnx = await openEngine("onnx");
});
beforeEach(async () => void (await tfjs().setBackend("cpu")));

const dense = (units: number, activation: "linear" | "relu" | "leaky-relu" = "relu"): Layer => ({
  kind: "dense",
  units,
  activation,
});

/** The mean worst-case loss of a problem. */
function lossOf(method: BoundMethod, { layers, x, targets, epsilon }: Problem, weights: Tensors): tfTypes.Scalar {
  const [y, input] = [tensorOf(targets), tensorOf(x)];
  const margins = verifiedMargins(method, { layers, weights, x: input, targets: y, epsilon, low: 0, high: 1 });
  return robustLoss(margins, y) as tfTypes.Scalar;
}

/** Names of the weights that are trained. */
function trainedOf({ weights }: Problem): string[] {
  return Object.keys(weights).filter((name) => !name.includes("/moving-"));
}

/** Some weights and their gradients, each name's one after another. */
function gradientOf(names: readonly string[], weights: Tensors, loss: (weights: Tensors) => tfTypes.Scalar): Tensors {
  const withThese = (...values: tfTypes.Tensor[]) =>
    loss({ ...weights, ...Object.fromEntries(names.map((name, at) => [name, values[at] as tfTypes.Tensor])) });
  const gradients = tfjs().grads(withThese)(names.map((name) => weights[name] as tfTypes.Tensor));
  return Object.fromEntries(names.map((name, at) => [name, gradients[at] as tfTypes.Tensor]));
}

test.each(methodCases)("the gradient is that of finite differences: %s", (_, method) => {
  const tf = tfjs();
  const problems = [
    aProblem([dense(5), dense(4, "leaky-relu"), dense(3, "linear")], { inputShape: [4] }),
    aProblem(imageLayers, { inputShape: [7, 7, 1], records: 2, epsilon: 0.02 }),
  ];
  for (const problem of problems) {
    const names = trainedOf(problem);
    const gradient = tf.tidy(() => {
      const tensors = gradientOf(names, tensorsOf(problem.weights), (weights) => lossOf(method, problem, weights));
      return names.flatMap((name) => [...(tensors[name] as tfTypes.Tensor).dataSync()]);
    });
    const rng = createRng("direction");
    const norm = Math.hypot(...gradient);
    for (const direction of [gradient, gradient.map(() => rng.normal())]) {
      const unit = direction.map((value) => value / Math.hypot(...direction));
      const lossAt = (step: number) => {
        let from = 0;
        const moved = { ...problem.weights };
        for (const name of names) {
          const { shape, data } = problem.weights[name] as ArrayValue;
          const start = from;
          moved[name] = { shape, data: data.map((value, at) => value + step * (unit[start + at] as number)) };
          from += data.length;
        }
        return tf.tidy(() => lossOf(method, problem, tensorsOf(moved)).dataSync()[0] as number);
      };
      const slope = gradient.reduce((sum, value, at) => sum + value * (unit[at] as number), 0);
      const difference = (lossAt(2e-3) - lossAt(-2e-3)) / 4e-3;
      expect(Math.abs(slope - difference) / norm).toBeLessThan(0.01);
    }
  }
});

test.each(methodCases)(
  "compiled, bounds and gradients are those of TF.js: %s",
  async (_, method) => {
    const problem = aProblem(imageLayers, { inputShape: [7, 7, 1], records: 2, epsilon: 0.03 });
    const names = trainedOf(problem);
    const inputs: Record<string, AnyArray> = {
      ...problem.weights,
      x: problem.x,
      targets: problem.targets,
      epsilon: { shape: [], data: Float32Array.of(problem.epsilon) },
      mean: { shape: [49], data: new Float32Array(49).fill(0.4) },
      deviation: { shape: [49], data: Float32Array.from({ length: 49 }, (_, at) => 0.5 + at / 100) },
    };
    const compute = ({ x, targets, epsilon, mean, deviation, ...weights }: Tensors): Tensors => {
      const given = { x, targets, epsilon, encoding: { mean, deviation } } as Pick<
        Question,
        "x" | "targets" | "epsilon" | "encoding"
      >;
      const margins = (weights: Tensors) =>
        verifiedMargins(method, { layers: problem.layers, weights, low: 0, high: 1, ...given });
      const gradients = gradientOf(
        names,
        weights,
        (moved) => robustLoss(margins(moved), given.targets) as tfTypes.Scalar,
      );
      const bounds = margins(weights);
      return {
        margins: bounds,
        confidence: verifiedConfidence(bounds),
        ...Object.fromEntries(names.map((name) => [`gradient of ${name}`, gradients[name] as tfTypes.Tensor])),
      };
    };
    const step = onnx.compileStep(inputs, compute);
    const compiled = await step.run(inputs);
    step.dispose();
    const tf = tfjs();
    await tf.setBackend("cpu");
    const expected = tf.tidy(() => {
      const tensors = compute(tensorsOf(inputs as Record<string, ArrayValue>));
      return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync()]));
    });
    expect(Object.keys(compiled)).toEqual(Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) expectClose((compiled[name] as AnyArray).data, values, name);
  },
  20_000,
);

test.each(methodCases)(
  "as a loss in a compiled loop, with a ball that grows, bounds become lower: %s",
  async (_, method) => {
    const tf = tfjs();
    const layers = [dense(12), dense(12), dense(2, "linear")];
    const rng = createRng("two sides");
    const labels = Array.from({ length: 64 }, (_, record) => record % 2);
    const features = Float32Array.from({ length: 256 }, (_, at) => {
      const side = labels[at >> 2] === 1 ? 0.65 : 0.35;
      return Math.min(1, Math.max(0, side + 0.05 * rng.normal()));
    });
    const problem = {
      ...aProblem(layers, { inputShape: [4], classes: 2, epsilon: 0.05 }),
      x: { shape: [64, 4], data: features },
      targets: oneHot(labels, 2),
    };
    const program = {
      weights: problem.weights,
      data: { x: problem.x, targets: problem.targets },
      optimizer: { name: "adam" } as const,
      seed: 1,
      settings: ["ball"],
      loss(weights: Tensors, { x, targets }: Tensors, { scalars }: { scalars: Tensors }) {
        const [given, y] = [x as tfTypes.Tensor, targets as tfTypes.Tensor];
        const epsilon = scalars.ball as tfTypes.Tensor;
        return robustLoss(
          verifiedMargins(method, { layers, weights, x: given, targets: y, epsilon, low: 0, high: 1 }),
          y,
        );
      },
    };
    const steps = 60;
    const loop = onnx.compileLoop(trainingProgram(program));
    const indices = Uint32Array.from({ length: steps * 64 }, (_, at) => at % 64);
    const ball = Float64Array.from({ length: steps }, (_, step) => 0.05 * Math.min(1, step / 30));
    const losses = await loop.run(indices, 64, { settings: { learningRate: 0.02, ball } });
    const trained = { ...problem, weights: weightsOf(program, await loop.state()) };
    loop.dispose();
    await tf.setBackend("cpu");
    const verified = (of: Problem) =>
      tf.tidy(() => tf.mean(verifiedConfidence(tf.tensor2d(boundsOf(method, of), [64, 2]))).dataSync()[0] as number);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(verified(problem)).toBeLessThan(0.6);
    expect(verified(trained)).toBeGreaterThan(0.9);
  },
);
