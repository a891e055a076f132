import { createRng } from "@shadowfarm/core/rng";
import { describe, expect, test } from "vitest";
import { attacks } from "./attacks/index.ts";
import type { ImportedAnswers } from "./imported-answers.ts";
import { readyFor } from "./imported-attack.ts";
import type { Answers, Attack, KnownAnswers } from "./unit.ts";

const CLASSES = 4;
const rng = createRng("imported attack");

function someAnswers(records: number, isMember: Uint8Array): KnownAnswers {
  const posteriors = new Float64Array(records * CLASSES).fill(0.1);
  const labels = Int32Array.from({ length: records }, (_, record) => record % CLASSES);
  for (let record = 0; record < records; record++) posteriors[record * CLASSES + rng.int(CLASSES)] = 0.7;
  return { classes: CLASSES, views: 1, labels, posteriors, isMember };
}

/** The answers of a target and of so many other models on 8 records, and on so many population records. */
function imported(others: number, population = 0): ImportedAnswers {
  const isMember = (model: number) => Uint8Array.from({ length: 8 }, (_, record) => (record + model) % 2);
  const { isMember: own, ...target } = someAnswers(8, isMember(others));
  const outside = () => someAnswers(population, new Uint8Array(population));
  return {
    target,
    isMember: own,
    targetModel: others,
    others: Array.from({ length: others }, (_, model) => someAnswers(8, isMember(model))),
    population: population === 0 ? null : { target: outside(), references: Array.from({ length: others }, outside) },
  };
}

const known: Readonly<Record<string, Attack>> = attacks;
const ready = (name: string, given: Record<string, unknown>, answers: ImportedAnswers) =>
  readyFor(known[name] as Attack, given, answers);

test("an attack is given all other models and the whole population, and is told how many", () => {
  const answers = imported(6, 20);
  const { params, input } = ready("rmia", { temperature: 1 }, answers);
  expect(params).toMatchObject({ shadows: 6, population: 20, temperature: 1, gamma: 1 });
  const { target, others, population } = answers;
  expect(input).toEqual({ target, shadows: [], references: others, population, randomPoints: null });
});

test("shadows are the same models", () => {
  const answers = imported(3);
  const { params, input } = ready("attack-s", {}, answers);
  expect(params).toMatchObject({ shadows: 3 });
  expect(input.shadows).toEqual(answers.others);
  expect({ references: input.references, population: input.population }).toEqual({ references: [], population: null });
});

test("fewer models and records, as many as are asked for", () => {
  const answers = imported(6, 20);
  const { input } = ready("rmia", { shadows: 2, population: 5 }, answers);
  expect(input.references).toEqual(answers.others.slice(0, 2));
  expect(input.population?.references.length).toBe(2);
  const { target, references } = input.population as { target: Answers; references: readonly KnownAnswers[] };
  expect(target.labels).toEqual(answers.population?.target.labels.slice(0, 5));
  expect(references[0]?.posteriors).toEqual(answers.population?.references[0]?.posteriors.slice(0, 5 * CLASSES));
  expect(references[0]?.isMember).toEqual(new Uint8Array(5));
});

test("an even number of models for an attack that demands one", () => {
  expect(ready("calibration", {}, imported(5)).input.references.length).toBe(4);
  expect(ready("attack-s", {}, imported(5)).input.shadows.length).toBe(5);
});

test("no more models than an attack takes", () => {
  expect(ready("attack-s", {}, imported(300)).params).toMatchObject({ shadows: 256 });
});

test("an attack on labels sees labels alone", () => {
  const { input } = ready("gap", {}, imported(0));
  expect([...input.target.posteriors].sort().slice(-9)).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test.each([0, 1, 2, 3, 4])("with %d other models every attack is ready or says why not", (others) => {
  for (const name of Object.keys(known)) {
    try {
      expect(ready(name, {}, imported(others, 10)).input.target.labels.length).toBe(8);
    } catch (error) {
      expect(String(error)).toMatch(/^InvalidInput: (it needs|with) .*; (use|give) /);
    }
  }
});

test("other models and a population are enough for most", () => {
  const enough = Object.keys(known).filter((name) => {
    try {
      return ready(name, {}, imported(4, 10)) !== null;
    } catch {
      return false;
    }
  });
  const models = ["attack-r", "attack-s", "calibration", "lira", "metric", "privacy-risk", "shadow", "shokri"];
  expect(enough).toEqual(expect.arrayContaining(["attack-p", "gap", "rmia", ...models]));
  expect(enough).not.toEqual(expect.arrayContaining(["threshold"]));
});

test("an attack that must ask the target itself", () => {
  const probing: Attack = {
    ...attacks.gap,
    needs: () => ({ access: "labels", probe: { name: "boundary", version: 1, params: {} } }),
  };
  expect(() => readyFor(probing, {}, imported(4))).toThrow(
    "it needs the target itself, to ask it again and again; use another attack",
  );
});

describe("not applicable, with the reason and the remedy:", () => {
  test.each<[string, string, Record<string, unknown>, ImportedAnswers, string]>([
    [
      "random points",
      "threshold",
      {},
      imported(0),
      "it needs the target's answers on random points; use threshold:threshold=oracle",
    ],
    [
      "other models, for one choice of several",
      "lira",
      {},
      imported(0),
      "it needs models besides the target whose membership is known; use lira:variant=global, or give posteriors and membership of several models",
    ],
    [
      "other models, whatever the choice",
      "privacy-risk",
      {},
      imported(0),
      "it needs models besides the target whose membership is known; give posteriors and membership of several models",
    ],
    [
      "more models than there are",
      "lira",
      { shadows: 20 },
      imported(4),
      "it needs 20 models besides the target, and there are 4; leave out shadows, or give more models",
    ],
    [
      "an odd number that was asked for",
      "calibration",
      { shadows: 3 },
      imported(4),
      "shadows is 3, an odd number, with which records are not in equally many; use an even one",
    ],
    [
      "an odd number that there is",
      "calibration",
      {},
      imported(1),
      "with 1 model besides the target, shadows is 1, an odd number",
    ],
    [
      "models and a population",
      "rmia",
      {},
      imported(0),
      "it needs models besides the target whose membership is known, and population records; give posteriors and membership of several models, and population posteriors and labels",
    ],
    [
      "a larger population",
      "attack-p",
      { population: 30 },
      imported(0, 10),
      "it needs 30 population records, and there are 10; leave out population, or give more of them",
    ],
    [
      "altered copies",
      "lira",
      { views: 18 },
      imported(4),
      "it needs answers on 18 views of each record; leave out views",
    ],
    ["another dataset", "transfer", {}, imported(4), "it needs shadow models of another dataset; use another attack"],
    [
      "made-up records",
      "shokri",
      { records: "marginals" },
      imported(4),
      "it needs shadow models of records that are noisy or made up; leave out records",
    ],
    [
      "other kinds of model",
      "shadow",
      { shadowModel: "combined" },
      imported(4),
      "it needs shadow models of another kind (mlp); leave out shadowModel",
    ],
    [
      "other training",
      "shadow",
      { scale: 2 },
      imported(4),
      "it needs shadow models that are trained otherwise than the target; leave out scale",
    ],
    [
      "more posteriors than classes",
      "shadow",
      { posteriors: 9 },
      imported(4),
      "posteriors is 9, but there are 4 classes; use 4 or less",
    ],
  ])("%s", (_, name, given, answers, message) => {
    expect(() => ready(name, given, answers)).toThrow(message);
  });
});
