import { makeQueueTables } from "@shadowfarm/queue/postgres-tables";
import { makeRoles, roles } from "@shadowfarm/store/roles";
import type { FarmConfig } from "../config.ts";
import { openDatabase } from "../database.ts";
import { EXIT } from "../session.ts";
import { renderTable } from "../tables.ts";

/** `db migrate`: opening the database applies what is missing; this says what that was. */
export async function migrateDatabase(config: FarmConfig, options: { json?: boolean }): Promise<number> {
  const database = await openDatabase(config);
  await database.close();
  if (options.json) process.stdout.write(`${JSON.stringify({ applied: database.migrated })}\n`);
  else
    process.stdout.write(
      database.migrated.length > 0 ? `applied ${database.migrated.join(", ")}\n` : "the database is up to date\n",
    );
  return EXIT.ok;
}

/** `db roles`: makes the least-privilege roles, and says how logins become members of them. */
export async function grantRoles(config: FarmConfig, options: { json?: boolean }): Promise<number> {
  const database = await openDatabase(config);
  try {
    // Rights can be given on tables that are there: whoever is given them may not make any.
    if (config.queue.redisUrl === null) await makeQueueTables(database.store.url);
    await makeRoles(database.store.url);
  } finally {
    await database.close();
  }
  const made = Object.entries(roles).map(([role, { purpose }]) => ({ role, purpose }));
  if (options.json) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  else
    process.stdout.write(
      `${renderTable(
        [{ title: "role" }, { title: "what it may" }],
        made.map(({ role, purpose }) => [role, purpose]),
      )}\nThey cannot log in. A login: CREATE ROLE alice LOGIN PASSWORD '…' IN ROLE shadowfarm_reader\n`,
    );
  return EXIT.ok;
}
