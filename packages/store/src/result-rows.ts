import {
  type Dimension,
  type Measure,
  measures,
  numericDimensions,
  plainDimensions,
} from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Interval } from "@shadowfarm/core/intervals";
import type { Metrics } from "@shadowfarm/core/metrics";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import type { ResultRow } from "./results.ts";

const { sql, join, raw, empty } = Prisma;

/** Which results: a value of each dimension, one of several, and bounds of measures. */
export interface RowFilter {
  is: { dimension: Dimension; values: readonly string[] }[];
  within: { measure: Measure; min?: number; max?: number }[];
}

/** A result without the parts of its metrics that only its own page shows. */
export type FlatRow = Omit<ResultRow, "metrics"> & {
  id: number;
  combination: string;
  createdAt: Date;
  noSignal: boolean;
  metrics: Record<Measure, number | null>;
};

export interface Sort {
  measure: Measure | "id";
  descending: boolean;
}

/** Where a page ended: the last row's value of what it is sorted by (null sorts as −1), and its id. */
export interface Place {
  value: number;
  id: number;
}

const measureColumns = new Map<Measure, string>(
  measures.map((measure) => [
    measure,
    { "tpr@0.1": "tprAt10", "tpr@0.01": "tprAt1", "tpr@0.001": "tprAt01" }[measure as string] ?? measure,
  ]),
);

/** A name of ours, never one that was given. */
const columnOf = (name: string) => raw(`"${name}"`);
const measureColumn = (measure: Measure) => columnOf(measureColumns.get(measure) as string);

function dimensionColumn(dimension: Dimension): Prisma.Sql {
  const plain = plainDimensions.find((known) => known === dimension);
  if (plain) return columnOf(plain);
  const [owner = "", ...name] = dimension.split(".");
  return sql`${columnOf(owner === "training" ? owner : `${owner}Params`)}->${name.join(".")}::text`;
}

/** The values in which a parameter may be meant: `16` is the number, and the text. */
function jsonValues(text: string): string[] {
  const meant = [JSON.stringify(text)];
  try {
    meant.push(JSON.stringify(JSON.parse(text)));
  } catch {
    // Text alone.
  }
  return meant;
}

function conditionsOf({ is, within }: RowFilter): Prisma.Sql[] {
  return [
    ...is.map(({ dimension, values }) => {
      const column = dimensionColumn(dimension);
      if (dimension.includes(".")) return sql`${column} = ANY(${values.flatMap(jsonValues)}::jsonb[])`;
      if (numericDimensions.has(dimension)) return sql`${column} = ANY(${values.map(Number)}::int[])`;
      if (dimension === "data") return sql`${column} = ANY(${[...values]}::"DataSource"[])`;
      return sql`${column} = ANY(${[...values]}::text[])`;
    }),
    ...within.flatMap(({ measure, min, max }) => [
      ...(min === undefined ? [] : [sql`${measureColumn(measure)} >= ${min}::float8`]),
      ...(max === undefined ? [] : [sql`${measureColumn(measure)} <= ${max}::float8`]),
    ]),
  ];
}

function where(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  return conditions.length === 0 ? empty : sql`WHERE ${join([...conditions], " AND ")}`;
}

const paramColumns = ["datasetParams", "modelParams", "training", "attackParams", "defenseParams"] as const;

/** @param params whether units' parameters come as values, or as the JSON that the database has */
function rowColumns(params: "values" | "text"): Prisma.Sql {
  const cast: Record<string, string> = { data: "::text" };
  if (params === "text") for (const name of paramColumns) cast[name] = "::text";
  return raw(
    [
      ...["id", "combination", "jobKey", ...plainDimensions, ...paramColumns, "createdAt", "noSignal"],
      ...measureColumns.values(),
    ]
      .map((name) => `"${name}"${cast[name] ?? ""} AS "${name}"`)
      .join(", "),
  );
}

const ROW_COLUMNS = rowColumns("values");
const EXPORT_COLUMNS = rowColumns("text");

/** What repeats have in common, as JSON. */
const SETTING = `jsonb_build_object(${[
  ...["dataset", "data", "origin", "datasetParams", "records", "split", "model", "modelParams", "training"],
  ...["attack", "attackParams", "attacker", "defense", "defenseParams"],
]
  .map((name) => `'${name}', one."${name}"`)
  .join(", ")})`;

type RawRow = Record<string, unknown>;

function flat(row: RawRow): FlatRow {
  const metrics: Partial<Record<Measure, number | null>> = {};
  for (const [measure, column] of measureColumns) {
    metrics[measure] = row[column] as number | null;
    if (column !== "computeSeconds") delete row[column];
  }
  return { ...row, metrics } as unknown as FlatRow;
}

/** A page of results, found by where the page before ended and not by counting. */
export async function pageOfRows(
  reader: Reader,
  filter: RowFilter,
  { measure, descending }: Sort,
  limit: number,
  after: Place | null,
): Promise<{ rows: FlatRow[]; next: Place | null }> {
  const direction = raw(descending ? "DESC" : "ASC");
  const than = raw(descending ? "<" : ">");
  const value = measure === "id" ? null : orderOf(measure);
  const conditions = conditionsOf(filter);
  if (after && value) conditions.push(sql`(${value}, id) ${than} (${after.value}::float8, ${after.id}::bigint)`);
  else if (after) conditions.push(sql`id ${than} ${after.id}::bigint`);
  const order = value ? sql`${value} ${direction}, id ${direction}` : sql`id ${direction}`;
  const found = await reader.query<RawRow>(
    sql`SELECT ${ROW_COLUMNS} FROM "ResultRow" ${where(conditions)} ORDER BY ${order} LIMIT ${limit + 1}`,
  );
  const rows = found.slice(0, limit).map(flat);
  const last = rows.at(-1);
  const more = found.length > limit && last !== undefined;
  return { rows, next: more ? { value: measure === "id" ? 0 : (last.metrics[measure] ?? -1), id: last.id } : null };
}

/** The measures that every result has, which have indexes of their own. */
const indexed: ReadonlySet<Measure> = new Set<Measure>(["auc", "testAccuracy"]);

/** What is not known comes before everything else. */
function orderOf(measure: Measure): Prisma.Sql {
  return indexed.has(measure) ? measureColumn(measure) : sql`coalesce(${measureColumn(measure)}, -1)`;
}

/** One measure over the results of a group. */
export interface GroupedMeasure {
  n: number;
  mean: number | null;
  sd: number | null;
  min: number | null;
  max: number | null;
}

export interface RowGroup {
  /** The values of what was grouped by, in that order; of a combination its name. */
  key: unknown[];
  /** All that a combination is, when grouped by it. */
  setting: Record<string, unknown> | null;
  /** Results; what experiments share counts once. */
  n: number;
  /** Combinations that they are of: repeats of one combination, if it is 1. */
  combinations: number;
  synthetic: number;
  noSignal: number;
  /** Job key of one of them. */
  example: string;
  /** Of the one result of a group of one. */
  intervals: Metrics["intervals"] | null;
  measures: Record<string, GroupedMeasure>;
}

/**
 * Means over results that agree in some dimensions.
 *
 * @param by none: each combination by itself, and with it all that it is
 * @param limit groups at most
 * @throws {InvalidInput} when there are more groups.
 */
export async function groupsOfRows(
  reader: Reader,
  filter: RowFilter,
  by: readonly Dimension[],
  wanted: readonly Measure[],
  limit: number,
): Promise<RowGroup[]> {
  const keys = by.length === 0 ? [raw("combination")] : by.map(dimensionColumn);
  // A cell is in one experiment only: without a choice of experiments, what they share would count several times.
  const oneExperiment =
    by.some((dimension) => dimension === "experimentId") ||
    filter.is.some(({ dimension, values }) => dimension === "experimentId" && values.length === 1);
  const rows = oneExperiment
    ? sql`SELECT * FROM "ResultRow" ${where(conditionsOf(filter))}`
    : sql`SELECT DISTINCT ON (${by.includes("experiment") ? sql`experiment, ` : empty}combination, "jobKey") *
          FROM "ResultRow" ${where(conditionsOf(filter))}`;
  const statistics = wanted.flatMap((measure, at) => {
    const column = measureColumn(measure);
    return [
      sql`count(${column})::int AS ${raw(`n${at}`)}`,
      sql`avg(${column})::float8 AS ${raw(`mean${at}`)}`,
      sql`stddev_samp(${column})::float8 AS ${raw(`sd${at}`)}`,
      sql`min(${column})::float8 AS ${raw(`min${at}`)}`,
      sql`max(${column})::float8 AS ${raw(`max${at}`)}`,
    ];
  });
  const places = keys.map((_, at) => raw(String(at + 1)));
  const setting = by.length === 0 ? sql`${raw(SETTING)} AS setting` : sql`NULL AS setting`;
  const found = await reader.query<RawRow>(sql`
    WITH grouped AS (
      SELECT ${join(keys.map((key, at) => sql`${key} AS ${raw(`key${at}`)}`))}, count(*)::int AS n,
             count(DISTINCT combination)::int AS combinations, (count(*) FILTER (WHERE data = 'synthetic'))::int AS synthetic,
             (count(*) FILTER (WHERE "noSignal"))::int AS "noSignal", min("jobKey") AS example, min(id) AS first${
               statistics.length > 0 ? sql`, ${join(statistics)}` : empty
             }
      FROM (${rows}) AS row GROUP BY ${join(places)} ORDER BY first LIMIT ${limit + 1}
    )
    SELECT grouped.*, result.metrics->'intervals' AS intervals, ${setting}
    FROM grouped JOIN "ResultRow" one ON one.id = grouped.first
    LEFT JOIN "Result" result ON result."jobKey" = grouped.example AND grouped.n = 1
    ORDER BY first`);
  if (found.length > limit) {
    throw new InvalidInput(
      `there are more than ${limit} groups; filter, group by fewer dimensions, or raise the limit`,
    );
  }
  return found.map((row) => ({
    key: keys.map((_, at) => row[`key${at}`] ?? null),
    setting: row.setting as Record<string, unknown> | null,
    n: row.n as number,
    combinations: row.combinations as number,
    synthetic: row.synthetic as number,
    noSignal: row.noSignal as number,
    example: row.example as string,
    intervals: row.intervals as Metrics["intervals"] | null,
    measures: Object.fromEntries(
      wanted.map((measure, at) => [
        measure,
        {
          n: row[`n${at}`] as number,
          mean: row[`mean${at}`] as number | null,
          sd: row[`sd${at}`] as number | null,
          min: row[`min${at}`] as number | null,
          max: row[`max${at}`] as number | null,
        },
      ]),
    ),
  }));
}

/** The 95 % interval that a single result has by itself; null for what is not sampled, such as a count. */
export function sampledInterval(intervals: Metrics["intervals"], measure: Measure): Interval | null {
  const level = measure.startsWith("tpr@") ? measure.slice(4) : null;
  if (level !== null) return intervals.tprAtFpr[level as keyof Metrics["intervals"]["tprAtFpr"]] ?? null;
  return ((intervals as Record<string, unknown>)[measure] as Interval | undefined) ?? null;
}

/**
 * Full results of few rows, in the order in which they were made; what experiments share comes once.
 *
 * @throws {InvalidInput} when there are more than `most`.
 */
export async function fullRows(reader: Reader, filter: RowFilter, most: number): Promise<ResultRow[]> {
  const found = await reader.query<ResultRow>(sql`
    SELECT row.*, result.metrics FROM (
      SELECT DISTINCT ON (combination, "jobKey") ${raw(resultColumns)} FROM "ResultRow" ${where(conditionsOf(filter))}
      ORDER BY combination, "jobKey" LIMIT ${most + 1}
    ) AS row JOIN "Result" result ON result."jobKey" = row."jobKey" ORDER BY row.id`);
  if (found.length > most) {
    throw new InvalidInput(`more than ${most} results are asked for; filter by experiment, dataset or attack`);
  }
  return found.map(({ id: _, ...row }: ResultRow & { id?: number }) => row);
}

const resultColumns = [
  ...["id", "jobKey", "datasetParams", "modelParams", "training", "attackParams", "defenseParams"],
  ...[...plainDimensions, "computeSeconds"],
]
  .map((name) => (name === "data" ? `data::text AS data` : `"${name}"`))
  .join(", ");

/** The values that occur of some dimensions, with how many results have each. */
export async function valuesOf(
  reader: Reader,
  filter: RowFilter,
  dimensions: readonly Dimension[],
): Promise<Map<Dimension, { value: unknown; count: number }[]>> {
  const values = new Map<Dimension, { value: unknown; count: number }[]>();
  for (const dimension of dimensions) {
    const found = await reader.query<{ value: unknown; count: number }>(sql`
      SELECT to_jsonb(${dimensionColumn(dimension)}) AS value, count(*)::int AS count FROM "ResultRow"
      ${where(conditionsOf(filter))} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000`);
    values.set(
      dimension,
      found.filter(({ value }) => value !== null),
    );
  }
  return values;
}

/** Changes whenever a result is added or made anew. */
export async function rowsVersion(reader: Reader): Promise<number> {
  const [row] = await reader.query<{ version: number | null }>(sql`SELECT max(id) AS version FROM "ResultRow"`);
  return row?.version ?? 0;
}

/** A result whose units' parameters are JSON texts. */
export type ExportRow = Omit<FlatRow, (typeof paramColumns)[number]> & Record<(typeof paramColumns)[number], string>;

/** Results in the order of their ids, a chunk at a time: for exports. */
export async function* everyRow(reader: Reader, filter: RowFilter, chunk: number): AsyncGenerator<ExportRow[]> {
  const conditions = conditionsOf(filter);
  for (let after = 0; ; ) {
    const rows = await reader.query<RawRow>(sql`
      SELECT ${EXPORT_COLUMNS} FROM "ResultRow" ${where([...conditions, sql`id > ${after}::bigint`])} ORDER BY id LIMIT ${chunk}`);
    if (rows.length > 0) yield rows.map((row) => flat(row) as unknown as ExportRow);
    const last = rows.at(-1);
    if (last === undefined || rows.length < chunk) return;
    after = last.id as number;
  }
}
