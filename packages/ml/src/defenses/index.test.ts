import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { bound } from "../bound-defense.ts";
import type { Built, Defense } from "../defense.ts";
import { openLearnt } from "../learnt.ts";
import { models } from "../models/index.ts";
import { initialize, type Layer } from "../network.ts";
import { predictedClasses } from "../query.ts";
import type { Model, NetworkModel } from "../unit.ts";
import { defenses } from "./index.ts";
import { aSchool, rowsIn, somePosteriors, someRecords } from "./school.fixture.ts";

const image = { kind: "image", shape: [28, 28, 1], low: 0, high: 1 } as const;
const networks = Object.values<Model>(models)
  .filter((model): model is NetworkModel => "layers" in model)
  .map((model) => model.layers(image, 10, { ...model.params.parse({}) } as never));
const all = Object.values<Defense>(defenses).map((defense) => ({ name: defense.name, defense }));

const engine = await openEngine("cpu");

test.each(all)("$name: what its hooks give back still works, and what they got is unchanged", async ({ defense }) => {
  const params = defense.params.parse(defense.name === "combined" ? { first: "dropout", second: "rounding" } : {});
  for (const layers of networks) {
    const before = structuredClone(layers);
    const defended = defense.model?.(layers, params) ?? layers;
    expect(() => initialize(defended, image.shape, 10, createRng(1))).not.toThrow();
    expect(layers).toEqual(before);
  }
  const training = trainingSchema.parse({});
  expect(() => trainingSchema.parse(defense.training?.(training, params) ?? training)).not.toThrow();
  const targets = defense.targets?.(Int32Array.of(2, 0), 3, params);
  for (const [row, label] of [2, 0].entries()) {
    const own = [...(targets ?? [0, 0, 1, 1, 0, 0]).slice(3 * row, 3 * row + 3)];
    expect(own.reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
    expect(own.indexOf(Math.max(...own))).toBe(label);
  }
  // What an answer needs of its training comes below.
  if (defense.build) return;
  const context = { rng: createRng(1), engine, learnt: {} };
  const answers = await defense.posteriors?.(Float32Array.of(0.5, 0.3, 0.2), 3, params, context);
  expect(answers?.length ?? 3).toBe(3);
});

const schooled = all.filter(({ defense }) => defense.build);
/** Small ones, where there is a size. */
const quick: Readonly<Record<string, object>> = {
  "adversarial-regularization": { width: 0.02 },
  memguard: { epochs: 2, iterations: 20 },
  "model-stacking": { trees: 3 },
  selena: { models: 3, without: 1 },
};

test.each(schooled)(
  "$name: a model of its own making answers, in one way, and its labels stay",
  async ({ defense }) => {
    const params = defense.params.parse(quick[defense.name] ?? {});
    // As others that are combined with it make it.
    const layers: Layer[] = [
      { kind: "augment", shift: 1, mirror: true },
      { kind: "flatten" },
      { kind: "dropout", rate: 0.2 },
      { kind: "dense", units: 3, activation: "linear" },
    ];
    const school = await aSchool({ members: 40, layers, training: { epochs: 4 } });
    const recipe = { ...school.recipe, inputShape: [3, 2, 1] };
    const input = { kind: "image", shape: recipe.inputShape, low: 0, high: 1 } as const;
    const { build, objective, targets, posteriors } = bound(defense, params);
    const lesson = { ...school.lesson, ...(targets && { targets: targets(school.lesson.labels, recipe.classes) }) };
    const own = { ...school, lesson, recipe: { ...recipe, ...(objective && { objective: { of: objective, input } }) } };
    const { features } = someRecords("asked", 25);
    const once = async () => {
      const built = (await build?.(own)) as Built;
      const { model, losses, learnt = {} } = built;
      const open = openLearnt(own.engine, model, { inputShape: recipe.inputShape, classes: recipe.classes });
      const plain = await open.ask(features);
      open.close();
      const context = { rng: createRng(1), engine: own.engine, learnt };
      const answers = (await posteriors?.(plain.slice(), recipe.classes, context)) ?? plain;
      return { plain, answers, losses };
    };
    const [{ plain, answers, losses }, again] = [await once(), await once()];
    expect(again).toEqual({ plain, answers, losses });
    expect(losses).toHaveLength(4);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(answers).toHaveLength(25 * recipe.classes);
    for (const row of rowsIn(answers, recipe.classes)) {
      expect(row.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
      expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
    }
    expect(predictedClasses(answers, recipe.classes)).toEqual(predictedClasses(plain, recipe.classes));
  },
);

test("no defense of answers alone changes a label", async () => {
  const own = somePosteriors(40, 4);
  for (const { name, defense } of all) {
    if (defense.build || !defense.posteriors) continue;
    const context = { rng: createRng(1), engine, learnt: {} };
    const answers = await defense.posteriors(own.slice(), 4, defense.params.parse({}), context);
    // Rounding may leave the first of several that have become equal.
    const digits = name === "rounding" ? own.map((value) => Math.round(value * 10) / 10) : own;
    expect([name, ...predictedClasses(answers, 4)]).toEqual([name, ...predictedClasses(digits, 4)]);
  }
});

test("dropout: on the input and after each hidden dense layer, not on the logits", () => {
  const { dropout } = defenses;
  const params = dropout.params.parse({ input: 0.25 });
  const mlp = models.mlp.layers({ kind: "binary", shape: [446], low: 0, high: 1 }, 30, models.mlp.params.parse({}));
  expect(dropout.model?.(mlp, params)).toEqual([
    { kind: "dropout", rate: 0.25 },
    mlp[0],
    { kind: "dropout", rate: 0.5 },
    mlp[1],
  ]);
  const cnn = models.cnn.layers(image, 10, models.cnn.params.parse({}));
  expect(dropout.model?.(cnn, params).map(({ kind }) => kind)).toEqual([
    "dropout",
    "conv",
    "max-pool",
    "conv",
    "max-pool",
    "flatten",
    "dense",
    "dropout",
    "dense",
  ]);
  expect(() => dropout.params.parse({ hidden: 1 })).toThrow();
});
