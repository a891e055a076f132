import { type Measure, plainDimensions } from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import pg from "pg";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import { conditionsOf, measureColumn, measureColumns, onceEach, type RowFilter, where } from "./result-filter.ts";
import type { ResultRow } from "./results.ts";

const { sql, raw } = Prisma;

const ISO_TIME = `to_char("createdAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export interface Sort {
  measure: Measure | "id";
  descending: boolean;
}

/** Where a page ended: the last row's value of what it is sorted by (null sorts as −1), and its id. */
export interface Place {
  value: number;
  id: number;
}

const paramColumns = ["datasetParams", "modelParams", "training", "attackParams", "defenseParams"] as const;

/** What lists show of a result, beside its measures. */
const listed = [
  ...["id", "combination", "jobKey", ...plainDimensions, ...paramColumns, "createdAt", "noSignal"],
  "computeSeconds",
];
const LISTED = raw(
  [...listed, ...measureColumns.values()]
    .map((name) => (name === "createdAt" ? `${ISO_TIME} AS "createdAt"` : `"${name}"`))
    .join(", "),
);
const names = [...listed, ...measureColumns.keys()].map((name) => `${JSON.stringify(name)}:`);
// The measures, which come last, are an object of their own.
names[listed.length] = `"metrics":{${names[listed.length]}`;

/** The ids of a page of results, found by where the page before ended and not by counting. */
export async function pageOfIds(
  reader: Reader,
  filter: RowFilter,
  { measure, descending }: Sort,
  limit: number,
  after: Place | null,
): Promise<{ ids: number[]; next: Place | null }> {
  const direction = raw(descending ? "DESC" : "ASC");
  const than = raw(descending ? "<" : ">");
  const value = measure === "id" ? null : orderOf(measure);
  const conditions = conditionsOf(filter);
  if (after && value) conditions.push(sql`(${value}, id) ${than} (${after.value}::float8, ${after.id}::bigint)`);
  else if (after) conditions.push(sql`id ${than} ${after.id}::bigint`);
  const order = value ? sql`${value} ${direction}, id ${direction}` : sql`id ${direction}`;
  const found = await reader.query<Place>(
    sql`SELECT id, ${value ?? sql`0`} AS value FROM "ResultRow" ${where(conditions)} ORDER BY ${order} LIMIT ${limit + 1}`,
  );
  const page = found.slice(0, limit);
  return { ids: page.map(({ id }) => id), next: found.length > limit ? (page.at(-1) ?? null) : null };
}

/**
 * Results by their ids as lists show them, each as JSON, in any order; those that are gone are left out. What has an id never
 * changes. What Postgres writes is JSON for the most part already: to read it and write it again takes half as long again.
 */
export async function rowsAsJson(reader: Reader, ids: readonly number[]): Promise<{ id: number; text: string }[]> {
  const { types, rows } = await reader.texts(
    sql`SELECT ${LISTED} FROM "ResultRow" WHERE id = ANY(${[...ids]}::bigint[])`,
  );
  const writers = types.map(writerOf);
  return rows.map((row) => {
    const fields = row.map((value, at) => names[at] + (value === null ? "null" : (writers[at] as Writer)(value)));
    // Joined, since a text that was added up piece by piece stays in pieces for as long as it is kept.
    return { id: Number(row[0]), text: `{${fields.join()}}}` };
  });
}

/** A value as Postgres writes it → as JSON has it. */
type Writer = (value: string) => string;

const { BOOL, FLOAT8, INT4, INT8, JSONB } = pg.types.builtins;

function writerOf(type: number): Writer {
  if (type === INT4 || type === INT8 || type === JSONB) return (value) => value;
  if (type === FLOAT8) return (value) => (Number.isFinite(Number(value)) ? value : "null");
  if (type === BOOL) return (value) => (value === "t" ? "true" : "false");
  return JSON.stringify;
}

/** The measures that every result has, which have indexes of their own. */
const indexed: ReadonlySet<Measure> = new Set<Measure>(["auc", "testAccuracy"]);

/** What is not known comes before everything else. */
function orderOf(measure: Measure): Prisma.Sql {
  return indexed.has(measure) ? measureColumn(measure) : sql`coalesce(${measureColumn(measure)}, -1)`;
}

/**
 * Full results of few rows, in the order in which they were made; what experiments share comes once.
 *
 * @throws {InvalidInput} when there are more than `most`.
 */
export async function fullRows(reader: Reader, filter: RowFilter, most: number): Promise<ResultRow[]> {
  const found = await reader.query<ResultRow>(sql`
    SELECT row.*, result.metrics FROM (
      SELECT * FROM (${onceEach(filter, raw(resultColumns))}) AS chosen LIMIT ${most + 1}
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

/** Rises whenever results are added, made anew or gone. */
export async function rowsVersion(reader: Reader): Promise<number> {
  const [row] = await reader.query<{ version: number }>(
    sql`SELECT coalesce(sum(changes), 0)::int8 AS version FROM "ResultChange"`,
  );
  return row?.version ?? 0;
}
