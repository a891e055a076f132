import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import pg from "pg";
import type { TestProject } from "vitest/node";

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

  const redis = await startRedis();
  provide("redisUrl", redis?.url ?? null);
  return async () => {
    redis?.process.kill("SIGKILL");
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  };
}

async function startRedis(): Promise<{ url: string; process: ChildProcess } | null> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    process.stderr.write(
      "no redis-server here (Debian: apt-get install redis-server); the queue is tested on Postgres only\n",
    );
    return null;
  }
  const port = await new Promise<number>((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
  const redis = spawn("redis-server", [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--maxmemory-policy",
    "noeviction",
  ]);
  await new Promise<void>((resolve, reject) => {
    redis.stdout.on("data", (chunk: Buffer) => {
      if (chunk.includes("Ready to accept connections")) resolve();
    });
    redis.once("exit", (code) => reject(new Error(`redis-server ended with code ${code}`)));
  });
  return { url: `redis://127.0.0.1:${port}`, process: redis };
}
