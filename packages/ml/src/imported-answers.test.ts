import { describe, expect, test } from "vitest";
import { type ImportedArrays, importAnswers } from "./imported-answers.ts";
import type { ImportedArray } from "./imported-arrays.ts";

type Numbers = readonly number[];

function anArray(file: string, shape: Numbers, values: Numbers): ImportedArray {
  return { file, shape, data: Float64Array.from(values) };
}

/** One model, four records, two classes. */
function oneModel(changes: Partial<ImportedArrays> = {}): ImportedArrays {
  return {
    posteriors: anArray("p.npy", [4, 2], [0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 1, 0]),
    labels: anArray("y.npy", [4], [0, 1, 0, 1]),
    membership: anArray("m.npy", [4], [1, 1, 0, 0]),
    population: null,
    ...changes,
  };
}

/** Three models on two records of two classes; model m is sure of class 1 by m / 10. */
function threeModels(changes: Partial<ImportedArrays> = {}): ImportedArrays {
  return {
    posteriors: anArray("p.npy", [3, 2, 2], [1, 0, 1, 0, 0.9, 0.1, 0.9, 0.1, 0.8, 0.2, 0.8, 0.2]),
    labels: anArray("y.npy", [2], [0, 1]),
    membership: anArray("m.npy", [3, 2], [1, 1, 0, 1, 1, 0]),
    population: null,
    ...changes,
  };
}

test("one model is the target; its membership is kept apart", () => {
  const { target, isMember, targetModel, others, population } = importAnswers(oneModel());
  expect(target).toEqual({
    classes: 2,
    views: 1,
    posteriors: Float64Array.of(0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 1, 0),
    labels: Int32Array.of(0, 1, 0, 1),
  });
  expect({ isMember, targetModel, others, population }).toEqual({
    isMember: Uint8Array.of(1, 1, 0, 0),
    targetModel: 0,
    others: [],
    population: null,
  });
});

test.each([
  ["the last", undefined, 2, [0, 1]],
  ["the one that is named", 1, 1, [0, 2]],
])("of several models %s is the target, and the others are known to the attacker", (_, named, target, others) => {
  const answers = importAnswers(threeModels(), named);
  const sure = (model: number) => Float64Array.of(1 - model / 10, model / 10, 1 - model / 10, model / 10);
  const flags = [Uint8Array.of(1, 1), Uint8Array.of(0, 1), Uint8Array.of(1, 0)];
  expect(answers.targetModel).toBe(target);
  expect(answers.target.posteriors).toEqual(sure(target));
  expect(answers.isMember).toEqual(flags[target]);
  expect(answers.others.map(({ posteriors }) => posteriors)).toEqual(others.map(sure));
  expect(answers.others.map(({ isMember }) => isMember)).toEqual(others.map((model) => flags[model]));
});

test("a population is no model's training, and has each model's answers", () => {
  const posteriors = anArray("z.npy", [3, 1, 2], [1, 0, 0.9, 0.1, 0.8, 0.2]);
  const { population } = importAnswers(
    threeModels({ population: { posteriors, labels: anArray("zy.npy", [1], [1]) } }),
    1,
  );
  expect(population?.target.posteriors).toEqual(Float64Array.of(0.9, 0.1));
  expect(population?.references.map((answers) => [...answers.posteriors])).toEqual([
    [1, 0],
    [0.8, 0.2],
  ]);
  expect(population?.references.map(({ isMember }) => isMember)).toEqual([Uint8Array.of(0), Uint8Array.of(0)]);
});

test("columns are accepted for lists, and a list of models with one model", () => {
  const one = oneModel();
  const columns = oneModel({
    posteriors: { ...one.posteriors, shape: [1, 4, 2] },
    labels: { ...one.labels, shape: [4, 1], data: BigInt64Array.of(0n, 1n, 0n, 1n) },
    membership: { ...one.membership, shape: [1, 4], data: Uint8Array.of(1, 1, 0, 0) },
  });
  expect(importAnswers(columns)).toEqual(importAnswers(one));
  const membership = { ...one.membership, shape: [4, 1] };
  expect(importAnswers(oneModel({ membership }))).toEqual(importAnswers(one));
});

test("a row may miss 1 by what rounding leaves", () => {
  const posteriors = anArray("p.npy", [4, 2], [0.9, 0.1008, 0.2, 0.8, 0.5, 0.4992, 1, 0]);
  expect(importAnswers(oneModel({ posteriors })).target.posteriors[1]).toBe(0.1008);
});

const spoiled = (at: number, value: number) =>
  anArray(
    "p.npy",
    [4, 2],
    [0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 1, 0].map((own, place) => (place === at ? value : own)),
  );

describe("refused, with the place and the remedy:", () => {
  test.each<[string, Partial<ImportedArrays>, string]>([
    [
      "a posterior that is no number",
      { posteriors: spoiled(5, Number.NaN) },
      "p.npy, record 2: the posterior of class 1 is NaN; correct it, or leave the record out",
    ],
    [
      "a negative posterior",
      { posteriors: spoiled(2, -0.5) },
      "p.npy, record 1: the posterior of class 0 is -0.5; give probabilities; of logits, their softmax",
    ],
    [
      "a posterior above 1",
      { posteriors: spoiled(2, 1.5) },
      "p.npy, record 1: the posterior of class 0 is 1.5; give probabilities; of logits, their softmax",
    ],
    [
      "a row that does not sum to 1",
      { posteriors: spoiled(0, 0.7) },
      "p.npy, record 0: the posteriors sum to 0.8, not 1; give the posteriors of all classes",
    ],
    [
      "logits that begin like probabilities",
      { posteriors: anArray("p.npy", [4, 2], [0.9, 0.9, 3, -2, 1, 1, 1, 1]) },
      "p.npy, record 0: the posteriors sum to 1.8, not 1; they look like logits: give their softmax",
    ],
    [
      "posteriors of one class alone",
      { posteriors: anArray("p.npy", [4], [1, 0, 1, 1]) },
      "p.npy has the shape [4]; give records × classes, or models × records × classes, of two classes or more",
    ],
    [
      "a column of posteriors",
      { posteriors: anArray("p.csv", [4, 1], [1, 0, 1, 1]) },
      "p.csv has the shape [4, 1]; give records × classes",
    ],
    ["no records", { posteriors: anArray("p.npy", [0, 2], []) }, "p.npy has the shape [0, 2]; give records × classes"],
    [
      "fewer labels than records",
      { labels: anArray("y.npy", [3], [0, 1, 0]) },
      "y.npy has 3 labels for 4 records in p.npy; give one each",
    ],
    [
      "one-hot labels",
      { labels: anArray("y.npy", [4, 2], [1, 0, 0, 1, 1, 0, 0, 1]) },
      "y.npy has the shape [4, 2]; give one label a record, a number and not one-hot",
    ],
    [
      "a label that is no class",
      { labels: anArray("y.npy", [4], [0, 1, 7, 1]) },
      "y.npy, record 2: the label is 7, not a whole number from 0 to 1, for p.npy has 2 classes; correct it",
    ],
    [
      "a label between classes",
      { labels: anArray("y.npy", [4], [0, 0.5, 0, 1]) },
      "y.npy, record 1: the label is 0.5, not a whole number from 0 to 1",
    ],
    [
      "labels that begin at 1",
      { labels: anArray("y.npy", [4], [1, 2, 1, 2]) },
      "y.npy, record 1: the label is 2, not a whole number from 0 to 1, for p.npy has 2 classes; these begin at 1: subtract 1 from all",
    ],
    [
      "less membership than records",
      { membership: anArray("m.npy", [3], [1, 0, 1]) },
      "m.npy has the shape [3], but p.npy [4, 2]; give 4 flags, one a record",
    ],
    [
      "a membership that is neither",
      { membership: anArray("m.npy", [4], [1, 0, 2, 0]) },
      "m.npy, record 2: membership is 2; give 1 for a member and 0 for a non-member",
    ],
    [
      "members alone",
      { membership: anArray("m.npy", [4], [1, 1, 1, 1]) },
      "m.npy: all 4 records are members of the target; give both, or name another target",
    ],
    [
      "non-members alone",
      { membership: anArray("m.npy", [4], [0, 0, 0, 0]) },
      "m.npy: all 4 records are non-members of the target",
    ],
  ])("%s", (_, changes, message) => {
    expect(() => importAnswers(oneModel(changes))).toThrow(message);
  });

  const population = (posteriors: ImportedArray) => ({ posteriors, labels: anArray("zy.npy", [1], [1]) });

  test.each<[string, Partial<ImportedArrays>, string, number?]>([
    [
      "a model's posterior",
      { posteriors: anArray("p.npy", [3, 2, 2], [1, 0, 1, 0, 0.9, 0.1, 0.9, 0.9, 0.8, 0.2, 0.8, 0.2]) },
      "p.npy, model 1, record 1: the posteriors sum to 1.8",
    ],
    [
      "a model's membership",
      { membership: anArray("m.npy", [3, 2], [1, 1, 0, -1, 1, 0]) },
      "m.npy, model 1, record 1: membership is -1",
    ],
    [
      "the target's membership alone",
      { membership: anArray("m.npy", [2], [1, 0]) },
      "m.npy has the shape [2], but p.npy [3, 2, 2]; give models × records, [3, 2]",
    ],
    [
      "records × models",
      { membership: anArray("m.npy", [2, 3], [1, 0, 1, 0, 1, 0]) },
      "m.npy has the shape [2, 3], but p.npy [3, 2, 2]; transpose it",
    ],
    ["a target with members alone", {}, "m.npy, model 0: all 2 records are members of the target", 0],
    ["a target that is not there", {}, "the target cannot be model 3: p.npy holds models 0 … 2; name another", 3],
    [
      "a population of the target alone",
      { population: population(anArray("z.npy", [1, 2], [1, 0])) },
      "z.npy has the shape [1, 2], but p.npy 3 models and 2 classes; give the same models' posteriors",
    ],
    [
      "a population of other classes",
      { population: population(anArray("z.npy", [3, 1, 3], [1, 0, 0, 1, 0, 0, 1, 0, 0])) },
      "z.npy has the shape [3, 1, 3], but p.npy 3 models and 2 classes",
    ],
    [
      "a population with too few labels",
      { population: population(anArray("z.npy", [3, 2, 2], Array(6).fill([1, 0]).flat())) },
      "zy.npy has 1 labels for 2 records in z.npy; give one each",
    ],
  ])("of several models: %s", (_, changes, message, target) => {
    expect(() => importAnswers(threeModels(changes), target)).toThrow(message);
  });

  test("a target besides the only model", () => {
    expect(() => importAnswers(oneModel(), 1)).toThrow(
      "the target cannot be model 1: p.npy holds one model, 0; name another",
    );
  });
});
