import { type Dimension, type Measure, measures } from "@shadowfarm/core/dimensions";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { createRng } from "@shadowfarm/core/rng";
import { summarize } from "@shadowfarm/core/summary";
import type { RowFilter } from "./result-filter.ts";
import type { RowGroup } from "./result-groups.ts";
import { ResultMemory } from "./result-memory.ts";

/** A row of `ResultRow`, with parameters as objects and measures by their names. */
export type NaiveRow = Record<string, unknown> & {
  id: number;
  combination: string;
  jobKey: string;
  experiment: string;
  data: string;
  noSignal: boolean;
};

/** Cells of six experiments, two of one name, that share results; in no order. */
export function randomRows(count: number): NaiveRow[] {
  const rng = createRng(7);
  const pick = <T>(...some: readonly T[]): T => some[rng.int(some.length)] as T;
  const results = Array.from({ length: count / 2 }, (_, at) => {
    const setting = {
      dataset: pick("mnist", "adult"),
      data: pick("real", "synthetic"),
      records: pick(100, 2500),
      attack: pick("gap", "lira", "rmia"),
      attackParams: pick<object>({}, { shadows: 16 }, { shadows: "16" }, { shadows: null }, { at: { b: [1], a: 2 } }),
      training: { epochs: pick(10, 20) },
    };
    return {
      ...setting,
      ...Object.fromEntries(measures.map((measure) => [measure, rng.uniform() < 0.1 ? null : rng.uniform()])),
      combination: JSON.stringify(setting),
      // A job may be of several combinations.
      jobKey: String(Math.floor(at / 1.2)),
      ...{ engine: pick("onnx", "wasm"), machine: pick("a", "b", "c"), version: "1", noSignal: rng.uniform() < 0.2 },
    };
  });
  const rows = Array.from(rng.permutation(count), (id) => {
    const experiment = rng.int(6);
    return {
      ...(results[rng.int(results.length)] as (typeof results)[number]),
      ...{ id: 1 + id, experimentId: `e${experiment}`, experiment: `name ${experiment % 5}`, repeat: rng.int(4) },
    };
  });
  return unlikeTwins(rows);
}

/** One result of a job in a combination, as the database has it. */
function unlikeTwins(rows: readonly NaiveRow[]): NaiveRow[] {
  const met = new Map<string, NaiveRow>();
  return rows.filter((row) => {
    const known = met.get(row.jobKey + row.combination) ?? row;
    met.set(row.jobKey + row.combination, known);
    return known.auc === row.auc;
  });
}

/** A memory of rows whose combinations are the JSON of their settings. */
export function remember(rows: readonly NaiveRow[]): ResultMemory {
  const memory = new ResultMemory();
  const column = <T>(name: string) => rows.map((row) => row[name] as T);
  for (const { combination } of rows) memory.learn(combination, JSON.parse(combination));
  const read = {
    ...{ combination: column<string>("combination"), jobKey: column<string>("jobKey") },
    ...{ engine: column<string>("engine"), machine: column<string>("machine"), version: column<string>("version") },
    noSignal: column<boolean>("noSignal"),
    createdAt: new Float64Array(rows.length),
    measures: measures.map((measure) =>
      Float64Array.from(column<number | null>(measure), (value) => value ?? Number.NaN),
    ),
  };
  const places = rows.map((_, at) => memory.put(read, at));
  const experiments = [...new Set(column<string>("experimentId"))];
  memory.replace(
    experiments.map((experimentId) => {
      const own = [...rows.keys()].filter((at) => rows[at]?.experimentId === experimentId);
      own.sort((one, other) => (rows[one] as NaiveRow).id - (rows[other] as NaiveRow).id);
      return {
        experimentId,
        experiment: rows[own[0] as number]?.experiment as string,
        ids: Float64Array.from(own, (at) => rows[at]?.id as number),
        results: Int32Array.from(own, (at) => places[at] as number),
        repeats: Int32Array.from(own, (at) => rows[at]?.repeat as number),
      };
    }),
  );
  return memory;
}

/** The rows that a filter chooses, in the order of their ids. */
export function chosenRows(rows: readonly NaiveRow[], { is, within }: RowFilter): NaiveRow[] {
  const chosen = rows.filter(
    (row) =>
      is.every(({ dimension, values }) => values.some((text) => means(valueIn(row, dimension), text, dimension))) &&
      within.every(({ measure, min = -Infinity, max = Infinity }) => {
        const value = row[measure] as number | null;
        return value !== null && value >= min && value <= max;
      }),
  );
  return chosen.sort((one, other) => one.id - other.id);
}

/** What `groupsOf` says, by looking at row after row. */
export function naiveGroups(
  rows: readonly NaiveRow[],
  filter: RowFilter,
  by: readonly Dimension[],
  wanted: readonly Measure[],
): Omit<RowGroup, "setting">[] {
  const oneExperiment =
    by.includes("experimentId") ||
    filter.is.some(({ dimension, values }) => dimension === "experimentId" && values.length === 1);
  const met = new Set<string>();
  const once = chosenRows(rows, filter).filter((row) => {
    const unit = canonicalJson([by.includes("experiment") ? row.experiment : "", row.combination, row.jobKey]);
    const first = !met.has(unit);
    met.add(unit);
    return oneExperiment || first;
  });
  const groups = new Map<string, NaiveRow[]>();
  for (const row of once) {
    const values =
      by.length === 0
        ? [row.combination]
        : by.map((dimension) => [valueIn(row, dimension)].filter((value) => value !== undefined));
    const key = canonicalJson(values);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0] as NaiveRow;
    return {
      key: by.map((dimension) => valueIn(first, dimension) ?? null),
      n: group.length,
      mixed: new Set(group.map(({ combination }) => combination)).size > 1,
      synthetic: group.filter(({ data }) => data === "synthetic").length,
      noSignal: group.filter(({ noSignal }) => noSignal).length,
      example: first.jobKey,
      measures: Object.fromEntries(
        wanted.map((measure) => [measure, spreadOf(group.map((row) => row[measure] as number | null))]),
      ),
    };
  });
}

function valueIn(row: NaiveRow, dimension: Dimension): unknown {
  const [owner, ...name] = dimension.split(".") as [string, ...string[]];
  if (name.length === 0) return row[dimension];
  const params = row[owner === "training" ? owner : `${owner}Params`] as Record<string, unknown>;
  return params[name.join(".")];
}

/** A parameter may be meant as a text or as JSON. */
function means(value: unknown, text: string, dimension: Dimension): boolean {
  if (!dimension.includes(".")) return String(value) === text;
  if (value === undefined) return false;
  return value === text || canonicalJson(value) === text;
}

function spreadOf(values: readonly (number | null)[]) {
  const known = values.filter((value) => value !== null);
  const { n, mean, sd } = summarize(known);
  return { n, mean, sd, min: n > 0 ? Math.min(...known) : null, max: n > 0 ? Math.max(...known) : null };
}
