import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openStore, type Store } from "@shadowfarm/store/client";
import pg from "pg";
import { test as base, inject } from "vitest";
import { type Cli, cliAt } from "./cli.ts";

export { eventually } from "./eventually.ts";

interface Fixtures {
  /** A migrated database of the test's own. */
  databaseUrl: string;
  store: Store;
  /** A folder of the test's own, which the database's user can reach. */
  folder: string;
  /** The command line with a home of its own, in embedded mode. */
  cli: Cli;
}

/** Runs a statement on the shared server. */
async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("serverUrl") });
  await client.connect();
  await client.query(statement);
  await client.end();
}

export const test = base.extend<Fixtures>({
  async databaseUrl({ task: _ }, use) {
    const name = `test_${randomBytes(6).toString("hex")}`;
    await onServer(`CREATE DATABASE ${name} TEMPLATE template`);
    const url = new URL(inject("serverUrl"));
    url.pathname = `/${name}`;
    await use(url.href);
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  },
  async store({ databaseUrl }, use) {
    const store = await openStore(databaseUrl);
    await use(store);
    await store.close();
  },
  async folder({ task: _ }, use) {
    const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
    await chmod(folder, 0o755);
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
  async cli({ folder }, use) {
    const cli = cliAt(path.join(folder, "home"));
    await use(cli);
    await cli.killAll();
  },
});
