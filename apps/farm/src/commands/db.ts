import type { FarmConfig } from "../config.ts";
import { openDatabase } from "../database.ts";
import { EXIT } from "../session.ts";

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
