import { Prisma } from "./generated/client.ts";

const { sql, raw } = Prisma;

/** What a combination is, the same in all its rows: more bytes than all the rest, so that it is read once. */
export const settingColumns = [
  ...["dataset", "data", "origin", "datasetParams", "records", "split", "model", "modelParams", "training"],
  ...["attack", "attackParams", "attacker", "defense", "defenseParams"],
] as const;

const WITH_JSON: ReadonlySet<string> = new Set([
  "datasetParams",
  "modelParams",
  "training",
  "attackParams",
  "defenseParams",
]);

/**
 * `settingColumns` of combinations, in SQL, each found by one of its rows; those without rows are left out.
 *
 * @param jsonAs whether parameters come as values or as texts
 */
export function settingsQuery(combinations: readonly string[], jsonAs: "values" | "texts"): Prisma.Sql {
  const columns = settingColumns.map((name) =>
    name === "data" || (jsonAs === "texts" && WITH_JSON.has(name)) ? `one."${name}"::text` : `one."${name}"`,
  );
  return sql`
    SELECT wanted.combination::text, ${raw(columns.join(", "))} FROM unnest(${[...combinations]}::uuid[]) AS wanted(combination)
    CROSS JOIN LATERAL (SELECT * FROM "ResultRow" row WHERE row.combination = wanted.combination LIMIT 1) AS one`;
}
