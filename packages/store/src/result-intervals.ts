import type { Measure } from "@shadowfarm/core/dimensions";
import type { Interval } from "@shadowfarm/core/intervals";
import type { Metrics } from "@shadowfarm/core/metrics";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";

/** The intervals that results have by themselves, by the keys of their jobs. */
export async function intervalsOf(
  reader: Reader,
  jobKeys: readonly string[],
): Promise<Map<string, Metrics["intervals"]>> {
  if (jobKeys.length === 0) return new Map();
  const found = await reader.query<{ jobKey: string; intervals: Metrics["intervals"] }>(Prisma.sql`
    SELECT "jobKey", metrics->'intervals' AS intervals FROM "Result" WHERE "jobKey" = ANY(${[...jobKeys]})`);
  return new Map(found.map(({ jobKey, intervals }) => [jobKey, intervals]));
}

/** The 95 % interval that a single result has by itself; null for what is not sampled, such as a count. */
export function sampledInterval(intervals: Metrics["intervals"], measure: Measure): Interval | null {
  const level = measure.startsWith("tpr@") ? measure.slice(4) : null;
  if (level !== null) return intervals.tprAtFpr[level as keyof Metrics["intervals"]["tprAtFpr"]] ?? null;
  return ((intervals as Record<string, unknown>)[measure] as Interval | undefined) ?? null;
}
