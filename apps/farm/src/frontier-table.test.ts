import { frontiersOf } from "@shadowfarm/core/frontier";
import type { ResultRow } from "@shadowfarm/store/results";
import { expect, test } from "vitest";
import { attacksTable, bestLine, caveatsOf, frontierTable } from "./frontier-table.ts";
import { aResult } from "./result.fixture.ts";

/** One repeat of that defense under that attack. */
function of(
  [defense, defenseParams]: [string, Record<string, unknown>],
  attack: string,
  testAccuracy: number,
  auc: number,
): ResultRow {
  return aResult({ defense, defenseParams, attack, jobKey: `${defense} ${attack}`, metrics: { testAccuracy, auc } });
}

const rows = [
  of(["none", {}], "gap", 0.85, 0.6),
  of(["none", {}], "shadow", 0.85, 0.8),
  of(["dropout", { input: 0.5, hidden: 0.25 }], "gap", 0.8, 0.55),
  of(["dropout", { input: 0.5, hidden: 0.25 }], "shadow", 0.8, 0.54),
  of(["label-only", {}], "gap", 0.79, 0.6),
  of(["label-only", {}], "shadow", 0.79, 0.57),
];

function theFrontier(results: readonly ResultRow[] = rows) {
  const [frontier] = frontiersOf(results);
  if (!frontier) throw new Error("there is one");
  return frontier;
}

test("the most accurate first, each with its strongest attack, and the Pareto set by a word", () => {
  const { columns, rows } = frontierTable(theFrontier(), "auc");
  expect(columns.map(({ title }) => title)).toEqual([
    ...["defense", "frontier", "n", "test acc [95 %]", "AUC [95 %]", "strongest attack"],
  ]);
  expect(rows).toEqual([
    ["none", "Pareto", "1", "0.850 [0.820, 0.880]", "0.800 [0.770, 0.830]", "shadow"],
    ["dropout(hidden=0.25)", "Pareto", "1", "0.800 [0.770, 0.830]", "0.550 [0.520, 0.580]", "gap"],
    ["label-only", "beaten", "1", "0.790 [0.760, 0.820]", "0.600 [0.570, 0.630]", "gap"],
  ]);
});

test("what no sample resolves is n/a, and no part of the frontier", () => {
  expect(frontierTable(theFrontier(), "tpr@0.001").rows.map((row) => row.slice(1))).toEqual(
    ["0.850 [0.820, 0.880]", "0.800 [0.770, 0.830]", "0.790 [0.760, 0.820]"].map((accuracy) => [
      "n/a",
      "1",
      accuracy,
      "n/a",
      "n/a",
    ]),
  );
});

test("repeats without a signal are no measurement of leakage, and say so", () => {
  const dead = aResult({ metrics: { auc: 0.5, noSignal: true } });
  const frontier = theFrontier([dead, { ...dead, repeat: 1, jobKey: "b" }]);
  const [row] = frontierTable(frontier, "auc").rows;
  expect(row?.[4]).toBe("0.500 [0.500, 0.500] (2 of 2 no signal)");
  expect(caveatsOf(frontier, "auc")).toEqual([
    "No attack saw anything of none (no signal), which is not to say that it leaks nothing.",
  ]);
});

test("warns of a defense that misleads an attack on scores below what labels alone tell", () => {
  const misled = aResult({ ...{ defense: "memguard", attack: "shadow", attacker: "unaware" }, metrics: { auc: 0.43 } });
  const labels = aResult({ defense: "memguard", attack: "gap", metrics: { auc: 0.71 } });
  const [first, ...more] = caveatsOf(theFrontier([{ ...misled, jobKey: "misled" }, labels]), "auc");
  expect(first).toBe(
    "memguard misleads shadow, unaware (AUC 0.430), but the labels alone tell 0.710: it hides answers, not what the model has memorized.",
  );
  expect(more).toEqual([]);
});

test("says so where defenses were not attacked alike", () => {
  expect(caveatsOf(theFrontier(), "auc")).toEqual([]);
  const unlike = theFrontier(rows.slice(0, -1));
  expect(caveatsOf(unlike, "auc")).toEqual([
    "Not all defenses were attacked alike: where fewer attacks ran, less may show.",
  ]);
  expect(frontierTable(unlike, "auc").rows.map((row) => row.at(-1))).toEqual(["2", "2", "1"]);
});

test("a column an attack, and n/a where it did not run", () => {
  const { columns, rows: lines } = attacksTable(theFrontier(rows.slice(0, -1)), "auc");
  expect(columns.map(({ title }) => title)).toEqual(["defense", "gap", "shadow"]);
  expect(lines).toEqual([
    ["none", "0.600 [0.570, 0.630]", "0.800 [0.770, 0.830]"],
    ["dropout(hidden=0.25)", "0.550 [0.520, 0.580]", "0.540 [0.510, 0.570]"],
    ["label-only", "0.600 [0.570, 0.630]", "n/a"],
  ]);
});

test.each([
  [0.9, "none has 0.850 [0.820, 0.880] at 0.800 [0.770, 0.830] by shadow; its 95 % interval keeps to it"],
  [
    0.81,
    "none has 0.850 [0.820, 0.880] at 0.800 [0.770, 0.830] by shadow; only its mean keeps to it, with its 95 % interval: dropout(hidden=0.25) has 0.800 [0.770, 0.830] at 0.550 [0.520, 0.580] by gap",
  ],
  [
    0.56,
    "dropout(hidden=0.25) has 0.800 [0.770, 0.830] at 0.550 [0.520, 0.580] by gap; only its mean keeps to it, with its 95 % interval: none of them",
  ],
  [0.51, "no defense here leaks so little"],
])("the best accuracy at an AUC of at most %s", (atMost, said) => {
  expect(bestLine(theFrontier(), "auc", atMost)).toBe(`best accuracy at AUC ≤ ${atMost}: ${said}`);
});
