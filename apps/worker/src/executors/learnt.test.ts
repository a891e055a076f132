import type { Built } from "@shadowfarm/ml/defense";
import { modelStacking } from "@shadowfarm/ml/defenses/model-stacking";
import { aSchool, someRecords, weightsOf } from "@shadowfarm/ml/defenses/school.fixture";
import { openLearnt } from "@shadowfarm/ml/learnt";
import { trainAsUsual } from "@shadowfarm/ml/school";
import type { LearntModel } from "@shadowfarm/ml/unit";
import { expect, test } from "vitest";
import { DEFENSE, ENCODING } from "./contract.ts";
import { arraysOf, keptModel, modelOf, vectors } from "./learnt.ts";

/** The model after it was kept beside what a defense and an encoding leave, as JSON and arrays. */
function keptAndFound(model: LearntModel): LearntModel {
  const { meta, tensors } = keptModel(model);
  const others = {
    ...vectors({ random: Float32Array.of(1) }, DEFENSE),
    ...vectors({ mean: Float32Array.of(2) }, ENCODING),
  };
  return modelOf({ meta: JSON.parse(JSON.stringify({ model: meta })), tensors: { ...tensors, ...others } });
}

test("a network is found as it was kept", async () => {
  const { recipe, ...school } = await aSchool({ training: { epochs: 1 } });
  const { weights } = await trainAsUsual({ ...school, recipe });
  const found = keptAndFound({ layers: recipe.layers, weights });
  expect(found).toEqual({ layers: recipe.layers, weights });
  expect(weightsOf({ model: found })["dense1/kernel"]?.data).toBeInstanceOf(Float32Array);
});

test("several models of different kinds are found as they were kept, and answer so", async () => {
  const { engine, recipe, ...school } = await aSchool({ training: { epochs: 2 } });
  const built = (await modelStacking.build?.({ ...school, engine, recipe }, { trees: 3 })) as Built;
  const found = keptAndFound(built.model);
  expect(found).toEqual(built.model);
  const answers = await Promise.all(
    [built.model, found].map(async (model) => {
      const open = openLearnt(engine, model, { inputShape: recipe.inputShape, classes: recipe.classes });
      const said = await open.ask(someRecords("asked", 10).features);
      open.close();
      return said;
    }),
  );
  expect(answers[1]).toEqual(answers[0]);
});

test("of a combination of models the names begin with its place", () => {
  const one = (value: number): LearntModel => ({
    layers: [{ kind: "dense", units: 1, activation: "linear" }],
    weights: { "dense1/kernel": { shape: [1, 1], data: Float32Array.of(value) } },
  });
  const { tensors } = keptModel({ parts: [one(1), one(2)], top: one(3) });
  expect(Object.keys(tensors)).toEqual(["part0/dense1/kernel", "part1/dense1/kernel", "top/dense1/kernel"]);
  expect(arraysOf(tensors, "part1/")).toEqual({ "dense1/kernel": Float32Array.of(2) });
});

test("a unit that this worker has in another version is refused", () => {
  const model: LearntModel = { unit: { name: "random-forest", version: 99, params: {} }, learnt: {} };
  expect(() => keptAndFound(model)).toThrow(
    "the job wants model random-forest version 99, but this worker has version",
  );
});
