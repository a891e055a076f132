import { PrismaPg } from "@prisma/adapter-pg";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import { PrismaClient } from "./generated/client.ts";
import { withoutPassword } from "./migrate.ts";

/** An open connection pool to the farm's database. */
export interface Store {
  readonly url: string;
  readonly db: PrismaClient;
  close(): Promise<void>;
}

const names = new Map<string, string>();

/** A name for each text; the farm has a few dozen. */
function statementName(sql: string): string {
  const name = names.get(sql) ?? sha256Hex(sql).slice(0, 32);
  names.set(sql, name);
  return name;
}

/** Longer than any statement: what is not answered by then never will be, for its connection is dead and nobody was told. */
const ANSWER_MS = 300_000;
/** A transaction whose client says nothing for so long has lost it, and what it has locked is wanted by others. */
const IDLE_TRANSACTION_MS = 60_000;

/**
 * Opens the database, which must have been migrated.
 *
 * @param options.answerMs a connection on which a statement takes longer is given up, and the statement fails
 * @throws {EnvironmentFault} when it does not answer.
 */
export async function openStore(
  url: string,
  { connections = 8, answerMs = ANSWER_MS }: { connections?: number; answerMs?: number } = {},
): Promise<Store> {
  const db = new PrismaClient({
    adapter: new PrismaPg(
      {
        connectionString: url,
        max: connections,
        connectionTimeoutMillis: 10_000,
        query_timeout: answerMs,
        idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      },
      // Named statements are planned once a connection, which takes as long as running a short one.
      { statementNameGenerator: ({ sql }) => statementName(sql) },
    ),
    // Planning a large experiment is one transaction.
    transactionOptions: { maxWait: 30_000, timeout: 300_000 },
  });
  try {
    await db.$queryRaw`SELECT 1`;
  } catch (error) {
    await db.$disconnect();
    throw new EnvironmentFault(`the database at ${withoutPassword(url)} does not answer (${messageOf(error)})`);
  }
  return { url, db, close: () => db.$disconnect() };
}
