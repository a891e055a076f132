import type { ResultRow } from "@shadowfarm/store/results";
import { describe, expect, test } from "vitest";
import { checkOptions, comparison } from "./comparison.ts";
import { aResult } from "./result.fixture.ts";

let jobs = 0;
const of = (defense: string, attack: string, auc: number, changes: Partial<ResultRow> = {}) =>
  aResult({ defense, attack, jobKey: `job ${jobs++}`, metrics: { auc }, ...changes });
const rows = [of("none", "gap", 0.6), of("none", "lira", 0.7), of("dropout", "gap", 0.55), of("dropout", "lira", 0.52)];

test("defenses by attacks, settings apart, and what the data are", () => {
  const text = comparison([...rows, of("none", "gap", 0.5, { dataset: "location", data: "synthetic" })], {
    metric: "auc",
  });
  expect(text.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["mnist mlp, real data: AUC [95 %]"],
    ["defense", "gap", "lira"],
    ["none", "0.600 [0.570, 0.630]", "0.700 [0.670, 0.730]"],
    ["dropout", "0.550 [0.520, 0.580]", "0.520 [0.490, 0.550]"],
    [""],
    ["location mlp, SYNTHETIC data: AUC [95 %]"],
    ["defense", "gap"],
    ["none", "0.500 [0.470, 0.530]"],
    [""],
    ["mnist: REAL data (IDX files), 600 members and as many non-members"],
    ["location: SYNTHETIC data (IDX files), 600 members and as many non-members"],
  ]);
});

test("the frontier with its answer, of the strongest attack or of the one named", () => {
  const text = comparison(rows, { metric: "auc", frontier: true, atMost: 0.6 });
  expect(text).toMatch(/^none +beaten .* lira$/m);
  expect(text).toMatch(/^dropout +Pareto .* gap$/m);
  expect(text).toMatch(/^best accuracy at AUC ≤ 0\.6: dropout has /m);
  expect(comparison(rows, { metric: "auc", frontier: true, attack: "lira" })).not.toContain("gap");
});

test("an attack may be named with its parameters, as tables write it", () => {
  const params = { attackParams: { points: 50 } };
  const two = [of("none", "retired", 0.6, params), of("none", "retired", 0.7)];
  const chosen = comparison(two, { metric: "auc", attack: "retired(points=50)" });
  expect(chosen).toMatch(/^none +0\.600/m);
  expect(comparison(two, { metric: "auc", attack: "retired" })).toMatch(/^defense +retired\(points=50\) +retired$/m);
});

test("JSON has the setting, each metric by each attack, and the answer", () => {
  const [frontier] = JSON.parse(comparison(rows, { metric: "auc", frontier: true, atMost: 0.6, json: true }));
  expect(frontier).toMatchObject({
    metric: "auc",
    atMost: 0.6,
    best: { defense: "dropout", pareto: true, certain: true },
  });
  expect(Object.keys(frontier.setting)).toEqual([
    ...["dataset", "data", "origin", "datasetParams", "records", "split", "model", "modelParams", "training"],
  ]);
  expect(frontier.points).toMatchObject([
    { defense: "none", pareto: false, leaks: { auc: { attack: "lira", mean: 0.7 }, "tpr@0.001": null } },
    { defense: "dropout", pareto: true, byAttack: [{ attack: "gap" }, { attack: "lira" }] },
  ]);
});

describe("refuses, naming value, place and remedy:", () => {
  test.each<[string, Parameters<typeof checkOptions>[0], string]>([
    ["another metric", { metric: "acc" }, 'unknown metric "acc" in --metric; known: auc, tpr@0.1, tpr@0.01, tpr@0.001'],
    ["a bound without the frontier", { metric: "auc", atMost: 0.6 }, "--at-most 0.6 needs --frontier; add it"],
    [
      "a bound below chance",
      { metric: "auc", frontier: true, atMost: 0.4 },
      "--at-most 0.4 is out of reach, since guessing has auc 0.5; give a number from 0.5 to 1",
    ],
  ])("%s", (_, options, message) => {
    expect(() => checkOptions(options)).toThrow(message);
  });

  test("no results", () => {
    const none = (experiment?: string) => () => comparison([], { metric: "auc" }, experiment);
    expect(none()).toThrow("there are no results of any experiment yet; run one: shadowfarm run SPEC");
    expect(none("small")).toThrow('there are no results of experiment "small" yet; run it to its end first');
  });

  test("an attack that is not there", () => {
    expect(() => comparison(rows, { metric: "auc", attack: "lyra" }, "small")).toThrow(
      'no attack "lyra" in the results of experiment "small", asked for in --attack; did you mean "lira"?',
    );
  });

  test("a metric that no sample resolves", () => {
    expect(() => comparison(rows, { metric: "tpr@0.001" })).toThrow(
      "--metric tpr@0.001 cannot be resolved: it needs 1000 non-members, and the results have at most 600; choose a higher FPR, or raise records",
    );
  });
});
