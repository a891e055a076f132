import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import pg from "pg";

/** A farm as its queue knows it: by its database. */
export interface Farm {
  /** Of the server's data and the database in it: the same by whatever address it is reached, another after a dump is restored. */
  id: string;
  /** For a person. */
  name: string;
}

/** @throws {EnvironmentFault} when the database does not answer. */
export async function identifyFarm(databaseUrl: string): Promise<Farm> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ id: string; database: string }>(
      `SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid AS id, datname AS database
       FROM pg_database WHERE datname = current_database()`,
    );
    const [{ id, database } = { id: "", database: "" }] = rows;
    return { id, name: `${database} on ${client.host}:${client.port}` };
  } catch (error) {
    throw new EnvironmentFault(`the database cannot say which farm this is (${messageOf(error)})`, { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}
