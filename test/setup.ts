import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { hasRedis, startRedis } from "./redis-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Server on which each test gets a database of its own, cloned from `template`. */
    serverUrl: string;
    /** Null where no redis-server is installed. */
    redisUrl: string | null;
  }
}

/** Starts what the integration tests share: one Postgres server with a migrated template database, and one Redis. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  await chmod(home, 0o755);
  const postgres = await startEmbedded(home);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query("CREATE DATABASE template");
  await client.end();
  const template = new URL(postgres.url);
  template.pathname = "/template";
  await migrate(template.href);
  provide("serverUrl", postgres.url);

  const redis = hasRedis ? await startRedis() : null;
  if (!redis) {
    process.stderr.write(
      "no redis-server here (Debian: apt-get install redis-server); the queue is tested on Postgres only\n",
    );
  }
  provide("redisUrl", redis?.url ?? null);
  return async () => {
    await redis?.stop();
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  };
}
