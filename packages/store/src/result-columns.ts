import { measures } from "@shadowfarm/core/dimensions";
import pg from "pg";
import { type ColumnKind, readColumns } from "./copied-columns.ts";
import { copyOut } from "./copy-out.ts";
import { Prisma } from "./generated/client.ts";
import { conditionsOf, measureColumns, type RowFilter, where } from "./result-filter.ts";
import { settingColumns, settingsQuery } from "./settings.ts";

const { sql, raw, join } = Prisma;

/** Results by column, under the names that exports have; those of units' parameters hold JSON. */
export interface ResultColumns {
  rows: number;
  columns: Map<string, unknown[]>; // rows each
}

/** What differs between the repeats of a combination. */
const own: readonly (readonly [name: string, kind: ColumnKind])[] = [
  ["combination", "key"],
  ["jobKey", "key"],
  ["experiment", "name"],
  ["experimentId", "name"],
  ["repeat", "integer"],
  ["engine", "name"],
  ["machine", "name"],
  ["version", "name"],
  ["createdAt", "time"],
  ["noSignal", "boolean"],
  ...measures.map(
    (measure) => [measure, measure === "members" || measure === "nonMembers" ? "integer" : "number"] as const,
  ),
];

/** Combinations that are remembered. */
const MOST_REMEMBERED = 200_000;
/** An export that nobody reads any more is given up. */
const PATIENCE_MS = 900_000;

/** Every result that is chosen, in the order of the ids, as of one moment: with COPY, on a connection of its own. */
export async function* resultColumns(url: string, filter: RowFilter, most: number): AsyncGenerator<ResultColumns> {
  const [copying, asking] = [0, 1].map(
    () =>
      new pg.Client({
        connectionString: url,
        statement_timeout: PATIENCE_MS,
        application_name: `shadowfarm export ${process.pid}`,
        options: "-c default_transaction_read_only=on",
      }),
  ) as [pg.Client, pg.Client];
  const known = new Map<string, unknown[]>();
  try {
    await Promise.all([copying.connect(), asking.connect()]);
    await inOneSnapshot(copying, asking);
    const columns = join(
      own.map(([name, kind]) => raw(`"${measureColumns.get(name as never) ?? name}"${kind === "key" ? "::text" : ""}`)),
    );
    const rows = sql`SELECT ${columns} FROM "ResultRow" ${where(conditionsOf(filter))} ORDER BY id`;
    const batches = readColumns(
      await copyOut(copying, rows),
      own.map(([, kind]) => kind),
      most,
    );
    for await (const { rows, values } of batches) {
      const named = new Map(own.map(([name], at) => [name, values[at] as unknown[]]));
      const combinations = named.get("combination") as string[];
      await learn(asking, new Set(combinations), known);
      const settings = combinations.map((combination) => known.get(combination) as unknown[]);
      settingColumns.forEach((name, at) => {
        named.set(
          name,
          settings.map((setting) => setting[at]),
        );
      });
      yield { rows, columns: named };
    }
  } finally {
    // Also in the middle: a closed connection ends its COPY.
    for (const client of [copying, asking]) client.end().catch(() => {});
  }
}

/** Two connections that see the same, whatever is written meanwhile. */
async function inOneSnapshot(first: pg.Client, second: pg.Client): Promise<void> {
  const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  await Promise.all([first.query(begin), second.query(begin)]);
  const { rows } = await first.query<{ snapshot: string }>("SELECT pg_export_snapshot() AS snapshot");
  await second.query(`SET TRANSACTION SNAPSHOT ${second.escapeLiteral(rows[0]?.snapshot ?? "")}`);
}

async function learn(client: pg.Client, combinations: ReadonlySet<string>, known: Map<string, unknown[]>) {
  if (known.size > MOST_REMEMBERED) known.clear();
  const unknown = [...combinations].filter((combination) => !known.has(combination));
  if (unknown.length === 0) return;
  const { text, values } = settingsQuery(unknown, "texts");
  const { rows } = await client.query({ text, values, rowMode: "array" });
  for (const [combination, ...setting] of rows as [string, ...unknown[]][]) known.set(combination, setting);
}
