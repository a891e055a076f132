import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import pg from "pg";
import type { Prisma } from "./generated/client.ts";
import { withoutPassword } from "./migrate.ts";

/** Connections that cannot write, each statement limited in time: for questions that other people ask. */
export interface Reader {
  query<Row>(sql: Prisma.Sql): Promise<Row[]>;
  close(): Promise<void>;
}

/** Who waits longer for one of the connections is refused. */
const WAIT_MS = 10_000;
/** A statement that takes longer is given up. */
const PATIENCE_MS = 20_000;

/**
 * Through pg and not through Prisma, which takes several times as long to hand over a thousand wide rows.
 *
 * All connections are made at once, and kept: one that is made while hundreds ask takes seconds, since it needs several turns of a
 * process that is busy.
 *
 * @throws {EnvironmentFault} when the database does not answer.
 */
export async function openReader(url: string, connections = 8): Promise<Reader> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: WAIT_MS,
    idleTimeoutMillis: 0,
    statement_timeout: PATIENCE_MS,
    application_name: `shadowfarm reader ${process.pid}`,
    // Rows that experiments share are to be sorted in memory; a few questions at a time need it.
    options: "-c default_transaction_read_only=on -c work_mem=32MB",
    types: { getTypeParser: parserOf },
  });
  // An idle connection that breaks is replaced by the next question.
  pool.on("error", () => {});
  const query = async <Row>(sql: Prisma.Sql) =>
    (await pool.query({ text: sql.text, values: sql.values })).rows as Row[];
  const opened = await Promise.allSettled(Array.from({ length: connections }, () => pool.connect()));
  for (const one of opened) if (one.status === "fulfilled") one.value.release();
  const failed = opened.find((one) => one.status === "rejected");
  if (failed) {
    await pool.end();
    throw new EnvironmentFault(`the database at ${withoutPassword(url)} does not answer (${messageOf(failed.reason)})`);
  }
  return { query, close: () => pool.end() };
}

/** Counts and ids are numbers: none here comes near 2⁵³. */
const parserOf: typeof pg.types.getTypeParser = ((oid: number, format?: "text" | "binary") =>
  oid === pg.types.builtins.INT8
    ? Number
    : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser;
