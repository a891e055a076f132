import { describe, expect, test } from "vitest";
import { type Combination, compareWithPaper, isComplete, matches, paperSchema, pointsOf } from "./paper.ts";

const combination: Combination = {
  ...{ dataset: "location", datasetParams: {}, records: 100, split: "quarters", training: { epochs: 10 } },
  ...{ model: "mlp", modelParams: { hidden: 128 }, attack: "shadow", attacker: "aware", attackParams: { shadows: 1 } },
  ...{ defense: "none", defenseParams: {} },
};

function numbers(changes: object) {
  return paperSchema.parse({ figure: "Fig. 3", from: "V", metric: "auc", values: 0.5, ...changes });
}

describe("published numbers", () => {
  test("are single ones, or a row of them, in which some may be missing", () => {
    expect(pointsOf([numbers({ where: { attack: "shadow" }, within: 0.05 })])).toEqual([
      { figure: "Fig. 3", from: "V", metric: "auc", where: { attack: "shadow" }, value: 0.5, within: 0.05 },
    ]);
    const row = numbers({ by: "training.epochs", at: [10, 20, 30], values: [0.5, null, 0.7] });
    expect(pointsOf([row]).map(({ where, value }) => [where, value])).toEqual([
      [{ "training.epochs": 10 }, 0.5],
      [{ "training.epochs": 30 }, 0.7],
    ]);
  });

  test.each([
    [{ values: 0.5 }, true],
    [{ values: [0.5, 0.6], by: "dataset", at: ["location", "adult"] }, true],
    [{ values: [0.5, 0.6], by: "dataset", at: ["location"] }, false],
    [{ values: [0.5] }, false],
    [{ values: 0.5, by: "dataset" }, false],
  ])("%o say what each is of: %s", (changes, complete) => {
    expect(isComplete(numbers(changes))).toBe(complete);
  });

  test("may not come from memory, nor be about what no combination has", () => {
    expect(() => numbers({ from: "M" })).toThrow();
    expect(() => numbers({ where: { "attack.": 1 } })).toThrow("write dataset, records");
    expect(() => numbers({ metric: "members" })).toThrow();
  });
});

test.each([
  [{}, true],
  [{ dataset: "location", records: 100, split: "quarters", model: "mlp", defense: "none" }, true],
  [{ "attack.shadows": 1, "training.epochs": 10, "model.hidden": 128 }, true],
  [{ "attack.shadows": 2 }, false],
  [{ "attack.unknown": 1 }, false],
])("a combination is one of %o: %s", (where, is) => {
  expect(matches(combination, where as Record<string, string | number>)).toBe(is);
});

test("ours is the mean over the repeats of what a number is about", () => {
  const results = [0.4, 0.6, 0.9].map((auc, at) => ({
    ...combination,
    attack: at < 2 ? "shadow" : "gap",
    metrics: { auc } as never,
  }));
  const [compared] = compareWithPaper([numbers({ where: { attack: "shadow" } })], results);
  expect(compared?.ours).toMatchObject({ n: 2, mean: 0.5 });
  const [absent] = compareWithPaper([numbers({ where: { attack: "lira" } })], results);
  expect(absent?.ours).toMatchObject({ n: 0, mean: null });
});
