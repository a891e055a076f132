import { measures } from "@shadowfarm/core/dimensions";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { type ColumnKind, readColumns } from "./copied-columns.ts";
import { Prisma } from "./generated/client.ts";
import { conditionsOf, measureColumns, type RowFilter, where } from "./result-filter.ts";

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

/** What a combination is, the same in all its rows: more bytes than all the rest, so that it is read once. */
const shared = [
  ...["dataset", "data", "origin", "datasetParams", "records", "split", "model", "modelParams", "training"],
  ...["attack", "attackParams", "attacker", "defense", "defenseParams"],
] as const;
const TEXTS: ReadonlySet<string> = new Set([
  ...["data", "datasetParams", "modelParams", "training", "attackParams", "defenseParams"],
]);

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
      shared.forEach((name, at) => {
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

/** COPY takes no parameters: they are put as settings of the transaction, which it reads. So they are values, whatever they hold. */
async function copyOut(client: pg.Client, query: Prisma.Sql): Promise<AsyncIterable<Buffer>> {
  for (const [at, value] of query.values.entries()) {
    const text = Array.isArray(value) ? "($2::text[])::text" : "$2::text";
    await client.query(`SELECT set_config($1, ${text}, true)`, [`shadowfarm.p${at + 1}`, value]);
  }
  const text = query.text.replace(/\$(\d+)/g, (_, at: string) => `current_setting('shadowfarm.p${at}')`);
  return client.query(copyTo(`COPY (${text}) TO STDOUT (FORMAT binary)`));
}

async function learn(client: pg.Client, combinations: ReadonlySet<string>, known: Map<string, unknown[]>) {
  if (known.size > MOST_REMEMBERED) known.clear();
  const unknown = [...combinations].filter((combination) => !known.has(combination));
  if (unknown.length === 0) return;
  const columns = shared.map((name) => (TEXTS.has(name) ? `"${name}"::text` : `"${name}"`));
  const { rows } = await client.query({
    text: `SELECT DISTINCT ON (combination) combination::text, ${columns.join(", ")} FROM "ResultRow"
           WHERE combination = ANY($1::uuid[]) ORDER BY combination, id`,
    values: [unknown],
    rowMode: "array",
  });
  for (const [combination, ...setting] of rows as [string, ...unknown[]][]) known.set(combination, setting);
}
