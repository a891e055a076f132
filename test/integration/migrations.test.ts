import { readdir } from "node:fs/promises";
import { draftMigration, MIGRATIONS_FOLDER, migrate } from "@shadowfarm/store/migrate";
import { expect, inject } from "vitest";
import { test } from "../fixtures.ts";

test("the migrations lead to the schema, by Prisma's own diff", async () => {
  expect(await draftMigration(inject("serverUrl"))).toBeNull();
});

test("a migrated database needs nothing more", async ({ databaseUrl }) => {
  expect(await migrate(databaseUrl)).toEqual([]);
});

test("applied migrations are recorded as Prisma's own commands record them", async ({ store }) => {
  const rows = await store.db.$queryRaw<
    { migration_name: string; checksum: string; finished: boolean; applied_steps_count: number }[]
  >`
    SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count FROM _prisma_migrations ORDER BY 1`;
  const folders = (await readdir(MIGRATIONS_FOLDER)).filter((name) => name !== "migration_lock.toml").sort();
  expect(rows.map((row) => row.migration_name)).toEqual(folders);
  for (const row of rows) {
    expect(row).toMatchObject({ finished: true, applied_steps_count: 1 });
    expect(row.checksum).toMatch(/^[0-9a-f]{64}$/);
  }
});

test("a database of a newer version is refused, naming what is not known", async ({ store, databaseUrl }) => {
  await store.db.$executeRaw`
    INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
    VALUES ('x', 'x', now(), '29990101000000_from_the_future', 1)`;
  await expect(migrate(databaseUrl)).rejects.toThrow(/29990101000000_from_the_future.*newer Shadowfarm/);
});
