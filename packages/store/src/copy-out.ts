import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { Prisma } from "./generated/client.ts";

/**
 * What a query finds, in the binary form of COPY, which takes no parameters: they are put as settings of the transaction under way,
 * which it reads. So they are values, whatever they hold.
 */
export async function copyOut(client: pg.ClientBase, query: Prisma.Sql): Promise<AsyncIterable<Buffer>> {
  for (const [at, value] of query.values.entries()) {
    const text = Array.isArray(value) ? "($2::text[])::text" : "$2::text";
    await client.query(`SELECT set_config($1, ${text}, true)`, [`shadowfarm.p${at + 1}`, value]);
  }
  // Selected, or a setting would be read, and made an array of, for every row. The second cast tells Postgres that it is no table.
  const text = query.text.replace(
    /\$(\d+)(::[\w"[\]]+)?/g,
    (_, at: string, cast = "") => `(SELECT current_setting('shadowfarm.p${at}')${cast})${cast}`,
  );
  return client.query(copyTo(`COPY (${text}) TO STDOUT (FORMAT binary)`));
}
