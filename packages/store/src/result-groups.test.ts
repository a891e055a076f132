import { type Dimension, type Measure, measures } from "@shadowfarm/core/dimensions";
import { expect, test } from "vitest";
import { type NaiveRow, naiveGroups, randomRows, remember } from "./naive-groups.fixture.ts";
import type { RowFilter } from "./result-filter.ts";
import { groupsOf } from "./result-groups.ts";
import { ResultMemory } from "./result-memory.ts";
import { valuesOf } from "./result-values.ts";
import { keepRowTexts } from "./row-texts.ts";

const everything: RowFilter = { is: [], within: [] };

const rows = randomRows(1200);
const memory = remember(rows);

const is = (dimension: Dimension, ...values: string[]): RowFilter => ({ is: [{ dimension, values }], within: [] });
const groupings: Dimension[][] = [
  [],
  ["attack"],
  ["dataset", "attack.shadows"],
  ["attack.at"],
  ["training.epochs", "data", "records"],
  ["engine", "machine", "attack"],
  ["repeat"],
  ["experiment", "attack"],
  ["experimentId", "repeat"],
];
const wanted: Measure[] = ["auc", "tpr@0.01", "members"];

test.each<[string, RowFilter]>([
  ["everything", everything],
  ["a dataset", is("dataset", "mnist")],
  ["records", is("records", "100")],
  ["a parameter as number or text", is("attack.shadows", "16")],
  ["a parameter that is null", is("attack.shadows", "null")],
  ["a parameter that is an object", is("attack.at", '{"a":2,"b":[1]}')],
  ["an engine", is("engine", "wasm")],
  ["repeats", is("repeat", "0", "3")],
  ["an experiment", is("experimentId", "e1")],
  ["several experiments", is("experimentId", "e1", "e2")],
  ["experiments by name", is("experiment", "name 0", "name 1")],
  [
    "bounds",
    {
      is: [],
      within: [
        { measure: "auc", min: 0.2 },
        { measure: "gap", max: 0.7 },
      ],
    },
  ],
  [
    "all at once",
    {
      is: [...is("machine", "a", "b").is, ...is("repeat", "1").is, ...is("data", "real").is],
      within: [{ measure: "auc", min: 0.1 }],
    },
  ],
  ["nothing", is("dataset", "news")],
])("groups of %s are those that row after row gives", (_, filter) => {
  for (const by of groupings) {
    const found = groupsOf(memory, filter, by, wanted, 5_000).map(({ setting, ...group }) => {
      expect(setting !== null).toBe(by.length === 0);
      return group;
    });
    expect(rounded(found), by.join()).toEqual(rounded(naiveGroups(rows, filter, by, wanted)));
  }
});

/** Sums in other orders differ in the last bits. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (typeof part === "number" ? Number(part.toPrecision(10)) : part)),
  );
}

test("rows are JSON of what they were put in as", () => {
  const texts = keepRowTexts();
  for (const row of [...rows, ...rows]) {
    const { metrics, createdAt, ...listed } = JSON.parse(
      String(texts.of(memory, row as NaiveRow & { experimentId: string })),
    );
    expect(metrics).toEqual(Object.fromEntries(measures.map((measure) => [measure, row[measure]])));
    expect({ ...row, ...listed }).toEqual(row);
    expect(createdAt).toBe("1970-01-01T00:00:00.000Z");
  }
});

test("equal values have exactly that mean and no deviation", () => {
  const same = remember(rows.map((row) => ({ ...row, auc: 0.1 })));
  for (const { measures } of groupsOf(same, everything, ["attack"], ["auc"], 10)) {
    expect(measures.auc).toMatchObject({ mean: 0.1, sd: 0, min: 0.1, max: 0.1 });
  }
});

test("more groups than the limit are refused, whatever it is", () => {
  expect(groupsOf(memory, everything, ["attack"], ["auc"], 3)).toHaveLength(3);
  expect(() => groupsOf(memory, everything, ["attack"], ["auc"], 2)).toThrow("more than 2 groups");
});

test("values of dimensions come with the number of their cells, the most frequent first", () => {
  const values = valuesOf(memory, ["attack", "attack.shadows", "repeat", "experiment", "machine"]);
  for (const [dimension, found] of values) {
    const [owner, name] = dimension.split(".") as [string, string | undefined];
    const of = (row: NaiveRow) => (name ? (row[`${owner}Params`] as Record<string, unknown>)[name] : row[owner]);
    for (const { value, count } of found) {
      expect(count, `${dimension} ${value}`).toBe(rows.filter((row) => of(row) === value).length);
    }
    expect(found.length).toBe(new Set(rows.map(of).filter((value) => value !== null && value !== undefined)).size);
    expect(found.map(({ count }) => count)).toEqual(found.map(({ count }) => count).sort((one, other) => other - one));
  }
});

test("a result that was made anew counts in place of the one before, also when it is as it was once", () => {
  const [row] = rows as [NaiveRow];
  const changing = new ResultMemory();
  changing.learn(row.combination, JSON.parse(row.combination));
  const put = (auc: number) => {
    const numbers = measures.map((measure) => Float64Array.of(measure === "auc" ? auc : 0.5));
    const read = { ...{ combination: [row.combination], jobKey: ["1"], engine: [""], machine: [""], version: [""] } };
    return changing.put({ ...read, noSignal: [false], createdAt: Float64Array.of(0), measures: numbers }, 0);
  };
  const meanOf = (place: number) => {
    expect(changing.placeOf({ combination: [row.combination], jobKey: ["1"] }, 0)).toBe(place);
    const cells = { ids: Float64Array.of(1), results: Int32Array.of(place), repeats: Int32Array.of(0) };
    changing.replace([{ experimentId: "e", experiment: "e", ...cells }]);
    const [group, ...more] = groupsOf(changing, everything, [], ["auc"], 10);
    expect(more).toEqual([]);
    return group?.measures.auc?.mean;
  };
  expect(meanOf(put(0.5))).toBe(0.5);
  expect(meanOf(put(0.6))).toBe(0.6);
  expect(meanOf(put(0.5))).toBe(0.5);
  const count = changing.count;
  expect(meanOf(put(0.5))).toBe(0.5);
  expect(changing.count).toBe(count);
  changing.replace([
    {
      experimentId: "e",
      experiment: "e",
      ids: new Float64Array(),
      results: new Int32Array(),
      repeats: new Int32Array(),
    },
  ]);
  expect(groupsOf(changing, everything, [], ["auc"], 10)).toEqual([]);
  expect(changing.experiments.size).toBe(0);
});
