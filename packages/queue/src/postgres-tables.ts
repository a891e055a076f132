import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError } from "bullmq";
import pg from "pg";

/**
 * Makes the queue's tables in Postgres, or brings them up to date. Where they are so already, as for every service but the
 * first, no right to make any is needed.
 *
 * @throws {EnvironmentFault} when the database does not answer, or refuses.
 */
export async function makeQueueTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    if ((await versionOf(client)) < LATEST_SCHEMA_VERSION) await runMigrations(client);
  } catch (error) {
    throw new EnvironmentFault(`the queue's tables cannot be made in the database (${messageOf(error)})`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => {});
  }
}

async function versionOf(client: pg.Client): Promise<number> {
  try {
    return await assertSchemaCompatibility(client);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}
