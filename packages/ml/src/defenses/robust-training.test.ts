import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import type { Engine } from "@shadowfarm/engine/engine";
import { describe, expect, test } from "vitest";
import type { Defense } from "../defense.ts";
import type { Recipe } from "../lesson.ts";
import type { Layer, Weights } from "../network.ts";
import type { Objective } from "../objective.ts";
import { predictedClasses, query } from "../query.ts";
import { train } from "../train.ts";
import { aDefended } from "./defended.fixture.ts";
import { defenses } from "./index.ts";

const onnx = await openEngine("onnx");
const width = 40;
const EPSILON = 0.1;
const layers: Layer[] = [{ kind: "dense", units: 2, activation: "linear" }];

/** Records of two classes that differ a lot in one value, and in all others by less than an attacker may change. */
function recordsOf(seed: string, count: number) {
  const rng = createRng(seed);
  const labels = Int32Array.from({ length: count }, (_, record) => record % 2);
  const features = Float32Array.from({ length: count * width }, (_, at) => {
    const side = (labels[Math.floor(at / width)] as number) - 0.5;
    return Math.max(0, Math.min(1, 0.5 + (at % width === 0 ? 0.3 : 0.1) * side + 0.05 * rng.normal()));
  });
  return { features, labels };
}

async function learnt(engine: Engine, objective: Objective | null, epochs: number, count = 200): Promise<Weights> {
  const recipe: Recipe = {
    ...{ layers, inputShape: [width], classes: 2 },
    training: trainingSchema.parse({ epochs, batch: 50, learningRate: 0.05, l2: 0 }),
    ...(objective && { objective: { of: objective, input: { kind: "image", shape: [width], low: 0, high: 1 } } }),
  };
  return (await train(engine, recipe, { ...recordsOf("learnt", count), rng: createRng(1) })).weights;
}

/** The share of right answers where every record is moved to the corner that is worst against a linear model. */
async function accuracyUnderAttack(weights: Weights): Promise<number> {
  const { features, labels } = recordsOf("asked", 300);
  const kernel = weights["dense1/kernel"]?.data as Float32Array;
  const corners = features.map((value, at) => {
    const [first, second] = [kernel[(at % width) * 2] as number, kernel[(at % width) * 2 + 1] as number];
    const towards = labels[Math.floor(at / width)] === 0 ? second - first : first - second;
    return Math.max(0, Math.min(1, value + EPSILON * Math.sign(towards)));
  });
  const posteriors = await query(onnx, { layers, weights, inputShape: [width], features: corners });
  return predictedClasses(posteriors, 2).filter((label, record) => label === labels[record]).length / labels.length;
}

describe.each<[keyof typeof defenses, Record<string, unknown>, number]>([
  ["adversarial-training", { epsilon: EPSILON }, 0.3],
  ["trades", { epsilon: EPSILON, beta: 6 }, 0.3],
  // Its penalty leaves little of the steps of many equal values, as there are here.
  ["distributional", { a: 1 }, 0.15],
])("%s", (name, params, gain) => {
  const unit: Defense = defenses[name];
  const objective = unit.objective?.(unit.params.parse(params)) as Objective;

  test("makes a model that is right about more records under attack", async () => {
    const natural = await accuracyUnderAttack(await learnt(onnx, null, 20));
    expect(await accuracyUnderAttack(await learnt(onnx, objective, 20))).toBeGreaterThan(natural + gain);
  });

  test("compiles to what cpu makes of it", async () => {
    const compiled = await learnt(onnx, objective, 2, 60);
    for (const [weight, { data }] of Object.entries(await learnt(await openEngine("cpu"), objective, 2, 60))) {
      for (const [at, value] of data.entries()) expect(compiled[weight]?.data[at]).toBeCloseTo(value, 4);
    }
  });

  test("refuses tables", () => {
    expect(() =>
      unit.check?.(aDefended({ layers, input: { kind: "tabular", shape: [width], low: 0, high: 1 } }), params),
    ).toThrow("it perturbs image or binary records, not tabular ones");
  });
});
