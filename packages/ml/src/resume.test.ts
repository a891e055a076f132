import type { InputInfo } from "@shadowfarm/core/catalog";
import { openEngine } from "@shadowfarm/engine/backends";
import type { Engine } from "@shadowfarm/engine/engine";
import { type Checkpoint, resumable } from "@shadowfarm/engine/resumable";
import { expect, test } from "vitest";
import { bound } from "./bound-defense.ts";
import type { Defense } from "./defense.ts";
import { defenses } from "./defenses/index.ts";
import { aSchool } from "./defenses/school.fixture.ts";
import type { Layer } from "./network.ts";
import { train } from "./train.ts";

const onnx = await openEngine("onnx");
const input: InputInfo = { kind: "image", shape: [3, 2, 1], low: 0, high: 1 };
const simple: Layer[] = [
  { kind: "flatten" },
  { kind: "dense", units: 6, activation: "relu" },
  { kind: "dense", units: 3, activation: "linear" },
];
/** All that draws numbers in a step, or carries more than weights from one to the next. */
const changing: Layer[] = [
  { kind: "augment", shift: 1, mirror: true },
  { kind: "flatten" },
  { kind: "dense", units: 6, activation: "relu" },
  { kind: "batch-norm", activation: "relu" },
  { kind: "dropout", rate: 0.3 },
  { kind: "dense", units: 3, activation: "linear" },
];

/** Small ones, where there is a size. */
const quick: Readonly<Record<string, object>> = {
  "adversarial-regularization": { width: 0.02 },
  memguard: { epochs: 2, iterations: 20 },
  "model-stacking": { trees: 3 },
  selena: { models: 3, without: 1 },
};

const changes = Object.values<Defense>(defenses).filter(({ build, objective }) => build || objective);
const cases = [
  { name: "a training with augmentation, batch-norm, dropout and a schedule", defense: null, layers: changing },
  ...changes.map((defense) => ({ name: defense.name, defense, layers: simple })),
];

test.each(cases)("$name, broken off, is resumed to the bit", async ({ name, defense, layers }) => {
  const school = await aSchool({ members: 40, layers, training: { epochs: 4, batch: 15, schedule: "cosine" } });
  const { build, objective, targets } = bound(defense ?? defenses.none, defense?.params.parse(quick[name] ?? {}) ?? {});
  const recipe = {
    ...school.recipe,
    inputShape: input.shape,
    ...(objective && { objective: { of: objective, input } }),
  };
  const lesson = { ...school.lesson, ...(targets && { targets: targets(school.lesson.labels, recipe.classes) }) };
  const work = async (engine: Engine) =>
    build ? build({ ...school, engine, recipe, lesson }) : train(engine, recipe, lesson);

  const never = { found: [], everyMs: Infinity, worthMs: Infinity, onResume() {}, save: async () => true };
  /** Works with a checkpoint after each few steps until they have so many together. */
  const until = async (steps: number) => {
    const kept = new Map<string, Checkpoint>();
    const total = () => [...kept.values()].reduce((sum, one) => sum + one.steps, 0);
    const save = async (changed: readonly Checkpoint[]) => {
      for (const one of changed) kept.set(one.models.join(), one);
      if (total() >= steps) throw new Error("the power is gone");
      return true;
    };
    const made = await work(resumable(onnx, { ...never, everyMs: 0, save })).catch((error: Error) => error.message);
    return { made, found: [...kept.values()], total: total() };
  };
  const whole = await work(onnx);
  const watched = await until(Infinity);
  expect(watched.made).toEqual(whole);
  const broken = await until(watched.total * 0.6);
  expect(broken.made).toBe("the power is gone");

  let resumed = 0;
  const onResume = (steps: number) => {
    resumed += steps;
  };
  expect(await work(resumable(onnx, { ...never, found: broken.found, onResume }))).toEqual(whole);
  expect(resumed).toBe(broken.total);
});
