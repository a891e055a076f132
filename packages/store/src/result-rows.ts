import { type Measure, plainDimensions } from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import { conditionsOf, measureColumn, onceEach, type RowFilter, where } from "./result-filter.ts";
import type { ResultRow } from "./results.ts";
import type { RowPlace } from "./row-texts.ts";

const { sql, raw } = Prisma;

/** Where a page ended: the last row's value of what it is sorted by (null sorts as −1), and its id. Sorted by id the value is 0. */
export interface Place {
  value: number;
  id: number;
}

export interface RowPage {
  rows: RowPlace[];
  /** Where the next page begins behind; null after the last one. */
  next: Place | null;
}

/** A page of rows sorted by a measure, found by where the page before ended and not by counting. */
export async function pageOfRows(
  reader: Reader,
  filter: RowFilter,
  { measure, descending }: { measure: Measure; descending: boolean },
  limit: number,
  after: Place | null,
): Promise<RowPage> {
  const direction = raw(descending ? "DESC" : "ASC");
  const than = raw(descending ? "<" : ">");
  const value = orderOf(measure);
  const conditions = conditionsOf(filter);
  if (after) conditions.push(sql`(${value}, id) ${than} (${after.value}::float8, ${after.id}::bigint)`);
  const found = await reader.query<Place & RowPlace>(
    sql`SELECT id, "experimentId", ${value} AS value FROM "ResultRow" ${where(conditions)}
        ORDER BY ${value} ${direction}, id ${direction} LIMIT ${limit + 1}`,
  );
  const rows = found.slice(0, limit);
  const { value: end = 0, id = 0 } = rows.at(-1) ?? {};
  return { rows, next: found.length > limit ? { value: end, id } : null };
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
