import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import pg from "pg";
import { grant } from "./roles.ts";
import { type MigrationList, openSchemaEngine } from "./schema-engine.ts";

const PRISMA_FOLDER = fileURLToPath(new URL("../../../prisma", import.meta.url));
export const MIGRATIONS_FOLDER = path.join(PRISMA_FOLDER, "migrations");
/** Any number that no other program uses: it spells "shfa". */
const MIGRATION_LOCK = 0x73_68_66_61;
const NO_FILTER = { externalTables: [], externalEnums: [] };

/**
 * Brings a database to the schema of this version; roles that it has (roles.ts) get their rights on it. Applied migrations are listed in `_prisma_migrations`, as
 * `prisma migrate deploy` would leave them. Concurrent callers wait for each other.
 *
 * @returns the names of the migrations that were applied, none when it was up to date
 * @throws {EnvironmentFault} when the database was migrated by a newer version, or cannot be reached.
 */
export async function migrate(url: string): Promise<string[]> {
  const lock = await connect(url);
  try {
    await lock.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    const present = await presentMigrations();
    const applied = await appliedMigrations(lock);
    const newer = applied.filter((name) => !present.includes(name));
    if (newer.length > 0) {
      throw new EnvironmentFault(
        `the database has migration ${newer.join(", ")}, which this version does not know; use the newer Shadowfarm that wrote it, or another database`,
      );
    }
    // The engine takes 100 ms to load; an up-to-date database, the usual case, does without.
    if (present.every((name) => applied.includes(name))) return [];
    const { engine, close } = await openSchemaEngine(url);
    try {
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: await migrationList(),
        filters: NO_FILTER,
      });
      await grant(lock);
      return appliedMigrationNames;
    } finally {
      await close();
    }
  } finally {
    await lock.end();
  }
}

/**
 * The migration that leads from the committed ones to schema.prisma, by Prisma's own diff.
 *
 * @param url a server on which a temporary database may be created to replay the committed migrations in
 * @returns the SQL, null when schema and migrations agree
 */
export async function draftMigration(url: string): Promise<string | null> {
  const datamodel = await readFile(path.join(PRISMA_FOLDER, "schema.prisma"), "utf8");
  const { engine, close } = await openSchemaEngine(url, datamodel);
  try {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: "migrations", ...(await migrationList()) },
      to: { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content: datamodel }] },
      script: true,
      exitCode: true,
      filters: NO_FILTER,
    });
    return exitCode === 0 ? null : stdout;
  } finally {
    await close();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw new EnvironmentFault(
      `the database at ${withoutPassword(url)} cannot be reached (${messageOf(error)}); check DATABASE_URL, or unset it to use the embedded one`,
    );
  }
}

/** A connection string fit for messages. */
export function withoutPassword(url: string): string {
  // What is taken for the host would be a part of the password.
  if (url.split("@").length > 2) return "DATABASE_URL (in its password write @ as %40, / as %2F, : as %3A)";
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "DATABASE_URL (not a URL)";
  }
}

async function presentMigrations(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function appliedMigrations(client: pg.Client): Promise<string[]> {
  const { rows: found } = await client.query<{ known: string | null }>(
    "SELECT to_regclass('public._prisma_migrations') AS known",
  );
  if (found[0]?.known === null) return [];
  const { rows } = await client.query<{ name: string }>(
    "SELECT migration_name AS name FROM public._prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
  );
  return rows.map((row) => row.name);
}

async function migrationList(): Promise<MigrationList> {
  const lock = path.join(MIGRATIONS_FOLDER, "migration_lock.toml");
  return {
    baseDir: MIGRATIONS_FOLDER,
    lockfile: { path: "./migration_lock.toml", content: existsSync(lock) ? await readFile(lock, "utf8") : null },
    shadowDbInitScript: "",
    migrationDirectories: await Promise.all(
      (await presentMigrations()).map(async (name) => ({
        path: name,
        migrationFile: {
          path: "migration.sql",
          content: {
            tag: "ok" as const,
            value: await readFile(path.join(MIGRATIONS_FOLDER, name, "migration.sql"), "utf8"),
          },
        },
      })),
    ),
  };
}
