import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { models } from "../models/index.ts";
import { initialize } from "../network.ts";
import type { Defense, Model, NetworkModel } from "../unit.ts";
import { defenses } from "./index.ts";

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
  // What an answer needs of its training is for the defense's own test.
  if (defense.build) return;
  const context = { rng: createRng(1), engine, learnt: {} };
  const answers = await defense.posteriors?.(Float32Array.of(0.5, 0.3, 0.2), 3, params, context);
  expect(answers?.length ?? 3).toBe(3);
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
