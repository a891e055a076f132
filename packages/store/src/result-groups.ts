import type { Dimension, Measure } from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Interval } from "@shadowfarm/core/intervals";
import type { Metrics } from "@shadowfarm/core/metrics";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import { conditionsOf, dimensionColumn, measureColumn, onceEach, type RowFilter, where } from "./result-filter.ts";

const { sql, join, raw, empty } = Prisma;

type RawRow = Record<string, unknown>;

/** One measure over the results of a group. */
export interface GroupedMeasure {
  n: number;
  mean: number | null;
  sd: number | null;
  min: number | null;
  max: number | null;
}

/** Results that agree in what they were grouped by. */
export interface RowGroup {
  /** The values of what was grouped by, in that order; of a combination its name. */
  key: unknown[];
  /** All that a combination is, when grouped by it. */
  setting: Record<string, unknown> | null;
  /** Results; what experiments share counts once. */
  n: number;
  /** Whether they are of several combinations: if not, they are repeats of one. */
  mixed: boolean;
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
  const names = keys.map((_, at) => raw(`key${at}`));
  const columns = wanted.map(measureColumn);
  const chosen = join([
    ...keys.map((key, at) => sql`${key} AS ${names[at] as Prisma.Sql}`),
    sql`combination, data, "noSignal", id`,
    ...columns.map((column, at) => sql`${column} AS ${raw(`value${at}`)}`),
  ]);
  const statistics = wanted.flatMap((_, at) => {
    const value = raw(`value${at}`);
    return [
      sql`count(${value})::int AS ${raw(`n${at}`)}`,
      sql`avg(${value})::float8 AS ${raw(`mean${at}`)}`,
      sql`stddev_samp(${value})::float8 AS ${raw(`sd${at}`)}`,
      sql`min(${value})::float8 AS ${raw(`min${at}`)}`,
      sql`max(${value})::float8 AS ${raw(`max${at}`)}`,
    ];
  });
  const setting = by.length === 0 ? sql`${raw(SETTING)} AS setting` : sql`NULL AS setting`;
  // Whether there are several is told by two numbers; to count them takes as long as all the rest.
  const hashed = raw("uuid_hash_extended(combination, 0)");
  const found = await reader.query<RawRow>(sql`
    WITH grouped AS (
      SELECT ${join(names)}, count(*)::int AS n, min(${hashed}) <> max(${hashed}) AS mixed,
             (count(*) FILTER (WHERE data = 'synthetic'))::int AS synthetic,
             (count(*) FILTER (WHERE "noSignal"))::int AS "noSignal", min(id) AS first${
               statistics.length > 0 ? sql`, ${join(statistics)}` : empty
             }
      FROM (${onceEach(filter, by, chosen)}) AS chosen GROUP BY ${join(names)} ORDER BY first LIMIT ${limit + 1}
    )
    SELECT grouped.*, one."jobKey" AS example, result.metrics->'intervals' AS intervals, ${setting}
    FROM grouped JOIN "ResultRow" one ON one.id = grouped.first
    LEFT JOIN "Result" result ON result."jobKey" = one."jobKey" AND grouped.n = 1
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
    mixed: row.mixed as boolean,
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

/** What repeats have in common, as JSON. */
const SETTING = `jsonb_build_object(${[
  ...["dataset", "data", "origin", "datasetParams", "records", "split", "model", "modelParams", "training"],
  ...["attack", "attackParams", "attacker", "defense", "defenseParams"],
]
  .map((name) => `'${name}', one."${name}"`)
  .join(", ")})`;
