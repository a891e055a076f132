import type { Dimension } from "@shadowfarm/core/dimensions";
import { expect, test } from "vitest";
import { chosenRows, type NaiveRow, randomRows, remember } from "./naive-groups.fixture.ts";
import type { RowFilter } from "./result-filter.ts";
import { ResultMemory } from "./result-memory.ts";
import { pageById } from "./result-pages.ts";
import type { RowPlace } from "./row-texts.ts";

const everything: RowFilter = { is: [], within: [] };
const is = (dimension: Dimension, ...values: string[]): RowFilter => ({ is: [{ dimension, values }], within: [] });
const both = (one: RowFilter, other: RowFilter): RowFilter => ({
  is: [...one.is, ...other.is],
  within: [...one.within, ...other.within],
});
const within = (...bounds: RowFilter["within"]): RowFilter => ({ is: [], within: bounds });

const filters: [string, RowFilter][] = [
  ["everything", everything],
  ["a dataset", is("dataset", "mnist")],
  ["datasets, attacks and data", both(both(is("dataset", "adult"), is("attack", "gap", "lira")), is("data", "real"))],
  ["records", is("records", "100")],
  ["a parameter as number or text", is("attack.shadows", "16")],
  ["a parameter that is null", is("attack.shadows", "null")],
  ["a parameter that is an object", is("attack.at", '{"a":2,"b":[1]}')],
  ["an engine", is("engine", "wasm")],
  ["an engine and machines", both(is("engine", "onnx"), is("machine", "a", "c"))],
  ["repeats", is("repeat", "0", "3")],
  ["a repeat that there is not", is("repeat", "7")],
  ["repeats, twice", both(is("repeat", "0", "3"), is("repeat", "1", "3"))],
  ["an experiment", is("experimentId", "e1")],
  ["several experiments", is("experimentId", "e1", "e2", "none")],
  ["experiments by name", is("experiment", "name 0", "name 1")],
  ["an experiment of another name", both(is("experiment", "name 0"), is("experimentId", "e1"))],
  ["a lower bound", within({ measure: "auc", min: 0.2 })],
  ["bounds", within({ measure: "auc", min: 0.2, max: 0.8 }, { measure: "gap", max: 0.7 })],
  ["bounds that nothing is within", within({ measure: "auc", min: 0.5, max: 0.4 })],
  [
    "all at once",
    both(
      both(is("experiment", "name 0", "name 2"), both(is("machine", "a", "b"), is("repeat", "1"))),
      both(is("data", "real"), within({ measure: "auc", min: 0.1 })),
    ),
  ],
  ["one of none", is("dataset")],
  ["nothing", is("dataset", "news")],
];

const placeOf = ({ id, experimentId }: NaiveRow) => ({ id, experimentId });

/** All pages of a list; fails unless all are full but the last. */
function walkPages(memory: ResultMemory, filter: RowFilter, descending: boolean, limit: number): RowPlace[] {
  const walked: RowPlace[] = [];
  let after: number | null = null;
  do {
    const { rows, next } = pageById(memory, filter, descending, limit, after);
    walked.push(...rows);
    if (next) {
      expect(rows).toHaveLength(limit);
      expect(next).toEqual({ value: 0, id: rows.at(-1)?.id });
    }
    // A page that follows is never empty.
    if (after !== null) expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(limit);
    after = next?.id ?? null;
  } while (after !== null);
  return walked;
}

const interleaved = randomRows(400);
// One experiment after another, as most of them come.
const apart = [...interleaved]
  .sort((one, other) => (one.experiment as string).localeCompare(other.experiment as string) || one.id - other.id)
  .map((row, at) => ({ ...row, id: 10 * (at + 1) }));

test.each([
  ["interleave", interleaved],
  ["hardly overlap", apart],
])("pages by id, where experiments %s, are those that row after row gives", (_, rows) => {
  const memory = remember(rows);
  for (const [name, filter] of filters) {
    const chosen = chosenRows(rows, filter).map(placeOf);
    for (const limit of [1, 7, 100, chosen.length, 5_000].filter((limit) => limit > 0)) {
      expect(walkPages(memory, filter, false, limit), `${name} by ${limit}`).toEqual(chosen);
      expect(walkPages(memory, filter, true, limit), `${name} by ${limit}, newest first`).toEqual(
        [...chosen].reverse(),
      );
    }
  }
});

test("a page may begin behind any id, also one that is gone or never was", () => {
  const memory = remember(apart);
  for (const filter of [everything, is("attack", "gap"), is("experimentId", "e3")]) {
    const chosen = chosenRows(apart, filter).map(placeOf);
    for (const after of [-5, 0, 1, 10, 15, 1_000, 1_001, apart.length * 10, 1e9]) {
      const later = chosen.filter(({ id }) => id > after);
      const earlier = chosen.filter(({ id }) => id < after).reverse();
      expect(pageById(memory, filter, false, 9, after).rows, `after ${after}`).toEqual(later.slice(0, 9));
      expect(pageById(memory, filter, true, 9, after).rows, `before ${after}`).toEqual(earlier.slice(0, 9));
    }
  }
});

test("a page of an empty memory, or behind the last row, is empty and the last", () => {
  const nothing = { rows: [], next: null };
  const memory = remember(apart);
  for (const descending of [false, true]) {
    expect(pageById(new ResultMemory(), everything, descending, 10, null)).toEqual(nothing);
    expect(pageById(new ResultMemory(), is("repeat", "0"), descending, 10, 3)).toEqual(nothing);
    expect(pageById(memory, everything, descending, 10, descending ? 10 : apart.length * 10)).toEqual(nothing);
  }
});
