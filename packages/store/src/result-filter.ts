import {
  type Dimension,
  type Measure,
  measures,
  numericDimensions,
  plainDimensions,
} from "@shadowfarm/core/dimensions";
import { Prisma } from "./generated/client.ts";

const { sql, join, raw, empty } = Prisma;

/** Which results: a value of each dimension, one of several, and bounds of measures. */
export interface RowFilter {
  is: { dimension: Dimension; values: readonly string[] }[];
  within: { measure: Measure; min?: number; max?: number }[];
}

/** The columns of measures, some of which no column can be named like. */
export const measureColumns = new Map<Measure, string>(
  measures.map((measure) => [
    measure,
    { "tpr@0.1": "tprAt10", "tpr@0.01": "tprAt1", "tpr@0.001": "tprAt01" }[measure as string] ?? measure,
  ]),
);

/** A name of ours, never one that was given. */
const columnOf = (name: string) => raw(`"${name}"`);
/** A measure in SQL. */
export const measureColumn = (measure: Measure) => columnOf(measureColumns.get(measure) as string);

/** A dimension in SQL: a column, or a member of one. */
export function dimensionColumn(dimension: Dimension): Prisma.Sql {
  const plain = plainDimensions.find((known) => known === dimension);
  if (plain) return columnOf(plain);
  const [owner = "", ...name] = dimension.split(".");
  return sql`${columnOf(owner === "training" ? owner : `${owner}Params`)}->${name.join(".")}::text`;
}

/** The values in which a parameter may be meant: `16` is the number, and the text. */
export function parameterValues(text: string): unknown[] {
  const meant: unknown[] = [text];
  try {
    const value: unknown = JSON.parse(text);
    if (canBeStored(value)) meant.push(value);
  } catch {
    // Text alone.
  }
  return meant;
}

/** What Postgres has no JSON for: NUL, halves of characters, and numbers that JSON has none for. */
function canBeStored(value: unknown): boolean {
  if (typeof value === "string") return !/\0|\p{Surrogate}/u.test(value);
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => canBeStored(name) && canBeStored(member));
}

/** A filter in SQL, with what was given as parameters. */
export function conditionsOf({ is, within }: RowFilter): Prisma.Sql[] {
  return [
    ...is.map(({ dimension, values }) => {
      const column = dimensionColumn(dimension);
      if (dimension.includes(".")) {
        const meant = values.flatMap(parameterValues).map((value) => JSON.stringify(value));
        return isOneOf(column, meant, "jsonb");
      }
      if (numericDimensions.has(dimension)) return isOneOf(column, values.map(Number), "int");
      return isOneOf(column, values, dimension === "data" ? `"DataSource"` : "text");
    }),
    ...within.flatMap(({ measure, min, max }) => [
      ...(min === undefined ? [] : [sql`${measureColumn(measure)} >= ${min}::float8`]),
      ...(max === undefined ? [] : [sql`${measureColumn(measure)} <= ${max}::float8`]),
    ]),
  ];
}

/** A single value as such: Postgres would not walk an index in its order for one of several. */
function isOneOf(column: Prisma.Sql, values: readonly (string | number)[], type: string): Prisma.Sql {
  const [only] = values;
  if (only !== undefined && values.length === 1) return sql`${column} = ${only}::${raw(type)}`;
  return sql`${column} = ANY(${[...values]}::${raw(type)}[])`;
}

/** All of some conditions; nothing where there are none. */
export function where(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  return conditions.length === 0 ? empty : sql`WHERE ${join([...conditions], " AND ")}`;
}

/** Whether two cells with one result may differ in a dimension. */
export function isOfCells(dimension: Dimension): boolean {
  return ["experiment", "experimentId", "repeat"].includes(dimension);
}

/** Whether cells with one result have to be told apart. */
export function meansCells(filter: RowFilter, by: readonly Dimension[]): boolean {
  return by.some(isOfCells) || filter.is.some(({ dimension }) => isOfCells(dimension));
}

/** Whether each cell is of one experiment alone, so that every cell counts. */
export function meansOneExperiment({ is }: RowFilter, by: readonly Dimension[]): boolean {
  return (
    by.includes("experimentId") ||
    is.some(({ dimension, values }) => dimension === "experimentId" && values.length === 1)
  );
}

/**
 * The rows that are chosen, in SQL; what experiments share comes once.
 *
 * @param columns of ours, never given ones
 */
export function onceEach(filter: RowFilter, columns: Prisma.Sql): Prisma.Sql {
  const conditions = conditionsOf(filter);
  if (meansOneExperiment(filter, [])) return sql`SELECT ${columns} FROM "ResultRow" ${where(conditions)}`;
  // The marked rows stand for the others, unless these are told apart from them.
  if (!meansCells(filter, [])) return sql`SELECT ${columns} FROM "ResultRow" ${where([sql`once`, ...conditions])}`;
  const result = raw(`combination, "jobKey"`);
  return sql`SELECT DISTINCT ON (${result}) ${columns} FROM "ResultRow" ${where(conditions)} ORDER BY ${result}, id`;
}
