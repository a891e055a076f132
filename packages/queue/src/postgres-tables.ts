import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError } from "bullmq";
import pg from "pg";

/** The farm's queue, in Postgres and in Redis. */
export const QUEUE_NAME = "jobs";

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
    // BullMQ makes it with the first message, and whoever sends that may not be allowed to.
    await client.query(
      `SELECT CASE WHEN to_regclass('bullmq.' || bullmq.job_id_seq_name($1)) IS NULL THEN bullmq.next_job_id($1) END`,
      [QUEUE_NAME],
    );
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
