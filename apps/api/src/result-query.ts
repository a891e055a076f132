import type { Catalog } from "@shadowfarm/core/catalog";
import { type Dimension, dimensionsOf, type Measure, measures, numericDimensions } from "@shadowfarm/core/dimensions";
import type { RowFilter } from "@shadowfarm/store/result-filter";
import { z } from "zod";

/** The query fields that choose results: each dimension by its name, each measure's bounds as `auc.min` and `auc.max`. */
export function filterShape(catalog: Catalog) {
  const is = dimensionsOf(catalog).map((dimension) => [dimension, z.array(valueSchema(dimension)).max(100).optional()]);
  const within = measures.flatMap((measure) => [
    [`${measure}.min`, z.number().optional()],
    [`${measure}.max`, z.number().optional()],
  ]);
  return Object.fromEntries([...is, ...within]) as Record<string, z.ZodOptional<z.ZodArray<z.ZodType>>>;
}

function valueSchema(dimension: Dimension): z.ZodType {
  if (dimension === "data") return z.enum(["real", "synthetic"]);
  return numericDimensions.has(dimension)
    ? z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
    : z.string().max(200);
}

/** A parsed query as the store takes it. */
export function filterOf(query: Readonly<Record<string, unknown>>): RowFilter {
  const filter: RowFilter = { is: [], within: [] };
  for (const measure of measures) {
    const [min, max] = [query[`${measure}.min`], query[`${measure}.max`]] as (number | undefined)[];
    if (min === undefined && max === undefined) continue;
    filter.within.push({ measure, ...(min !== undefined && { min }), ...(max !== undefined && { max }) });
  }
  for (const [dimension, values] of Object.entries(query)) {
    if (!Array.isArray(values) || ["by", "metric"].includes(dimension)) continue;
    filter.is.push({ dimension: dimension as Dimension, values: values.map(String) });
  }
  return filter;
}

/** `auc` or `-auc`: ascending or descending. */
export const sortSchema = z
  .enum(["id", "-id", ...measures.flatMap((measure) => [measure, `-${measure}` as const])])
  .default("-id")
  .describe("a measure, or id for the order in which results came; with a minus the largest first");

export interface Sort {
  measure: Measure | "id";
  descending: boolean;
}

export function sortOf(sort: string): Sort {
  const descending = sort.startsWith("-");
  return { measure: (descending ? sort.slice(1) : sort) as Measure | "id", descending };
}
