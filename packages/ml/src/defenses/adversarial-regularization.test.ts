import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import type { Built, School } from "../defense.ts";
import type { Lesson } from "../lesson.ts";
import { initialize, type Weights } from "../network.ts";
import { query } from "../query.ts";
import { trainAsUsual } from "../school.ts";
import { adversarialRegularization } from "./adversarial-regularization.ts";
import { aDefended } from "./defended.fixture.ts";
import { aSchool, weightsOf } from "./school.fixture.ts";

const built = (school: School, params: object): Promise<Built> =>
  adversarialRegularization.build?.(school, adversarialRegularization.params.parse(params)) as Promise<Built>;

test("next to no weight of the attacker's gain leaves the training as it is", async () => {
  const school = await aSchool({ training: { epochs: 10, l2: 1e-3 } });
  const [plain, defended] = [await trainAsUsual(school), await built(school, { lambda: 1e-6, width: 0.01 })];
  for (const [name, { data }] of Object.entries(plain.weights)) {
    const own = weightsOf(defended)[name]?.data;
    for (const [at, value] of data.entries()) expect(own?.[at]).toBeCloseTo(value, 3);
  }
});

test("a large one draws answers on members and on records besides together", async () => {
  const school = await aSchool({ training: { epochs: 100, learningRate: 0.005 } });
  const gapOf = async (weights: Weights) => {
    const confidence = async ({ features, labels }: Pick<Lesson, "features" | "labels">) => {
      const answers = await query(school.engine, { ...school.recipe, weights, features });
      return labels.reduce((sum, label, record) => sum + (answers[3 * record + label] as number), 0) / labels.length;
    };
    return (await confidence(school.lesson)) - (await confidence(school.reference));
  };
  const plain = await gapOf((await trainAsUsual(school)).weights);
  const defended = await gapOf(weightsOf(await built(school, { lambda: 10, width: 0.05 })));
  expect(plain).toBeGreaterThan(0.2);
  expect(defended).toBeLessThan(plain / 2);
});

test("the model is the network alone, without its opponent", async () => {
  const school = await aSchool({ members: 20, training: { epochs: 1 } });
  const { model, learnt } = await built(school, { width: 0.01 });
  const { layers, inputShape, classes } = school.recipe;
  expect(learnt).toBeUndefined();
  expect(Object.keys(weightsOf({ model })).sort()).toEqual(
    Object.keys(initialize(layers, inputShape, classes, createRng(1))).sort(),
  );
});

test("needs as many records besides as there are members", () => {
  expect(adversarialRegularization.reference?.(adversarialRegularization.params.parse({}), 120)).toBe(120);
});

test("refuses networks whose statistics would remember the other records", () => {
  const layers = [
    { kind: "batch-norm", activation: "relu" },
    { kind: "dense", units: 2, activation: "linear" },
  ] as const;
  const params = adversarialRegularization.params.parse({});
  expect(() => adversarialRegularization.check?.(aDefended({ layers }), params)).toThrow(
    "it asks about other records in training, which a batch-norm would remember; use a model without",
  );
});

test("compiles to what cpu makes of it", async () => {
  const weights = await Promise.all(
    (["onnx", "cpu"] as const).map(async (name) => {
      const school = await aSchool({ members: 20, training: { epochs: 3 }, engine: await openEngine(name) });
      return weightsOf(await built(school, { lambda: 2, width: 0.02 }));
    }),
  );
  const [compiled, cpu] = weights as [Weights, Weights];
  for (const [name, { data }] of Object.entries(cpu)) {
    for (const [at, value] of data.entries()) expect(compiled[name]?.data[at]).toBeCloseTo(value, 4);
  }
});
