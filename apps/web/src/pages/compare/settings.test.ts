import { expect, test } from "vitest";
import { differing, namesOf } from "./settings.ts";

const base = {
  ...{ dataset: "mnist", data: "real", datasetParams: {}, records: 100, split: "half" },
  ...{ model: "mlp", modelParams: { hidden: 16 }, training: { epochs: 5, batch: 20 } },
  ...{ attack: "lira", attackParams: { shadows: 4 }, attacker: "aware", defense: "none", defenseParams: {} },
};

test("a single combination is its dataset and its attack", () => {
  expect(namesOf([base])).toEqual([{ facet: "mnist", series: "lira" }]);
  expect(differing([base])).toEqual([]);
});

test("names say what differs, of a unit only among those that have it", () => {
  const settings = [
    base,
    { ...base, attackParams: { shadows: 16 } },
    { ...base, attack: "gap", attackParams: {} },
    { ...base, defense: "dropout", defenseParams: { rate: 0.5 }, training: { epochs: 10, batch: 20 } },
  ];
  expect(namesOf(settings)).toEqual([
    { facet: "mnist, epochs 5, undefended", series: "lira shadows 4" },
    { facet: "mnist, epochs 5, undefended", series: "lira shadows 16" },
    { facet: "mnist, epochs 5, undefended", series: "gap" },
    { facet: "mnist, epochs 10, dropout", series: "lira shadows 4" },
  ]);
  expect(differing(settings)).toEqual(["training.epochs", "defense", "attack", "attack.shadows"]);
});

test("real and synthetic data of one dataset are told apart, those of several are known by the dataset", () => {
  const made = { ...base, data: "synthetic" };
  expect(namesOf([base, made]).map(({ facet }) => facet)).toEqual(["mnist, real", "mnist, synthetic"]);
  expect(namesOf([base, { ...made, dataset: "face" }]).map(({ facet }) => facet)).toEqual(["mnist", "face"]);
});

test("what is drawn along an axis is in no name", () => {
  const settings = [base, { ...base, training: { epochs: 10, batch: 20 } }];
  expect(new Set(namesOf(settings, "training.epochs").map(({ facet }) => facet))).toEqual(new Set(["mnist"]));
});
