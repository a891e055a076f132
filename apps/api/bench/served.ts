import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { type Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import { type Size, seed } from "./seed.ts";

/** A served API on a database full of results. */
export interface Served {
  /** Where `/api` is. */
  url: string;
  /** The most memory that its process had so far. */
  peakMb(): Promise<number>;
}

/** Seeds a database of its own, or takes one that was seeded before, and serves it from a process of its own while it is used. */
export async function whileServed(
  { database, ...size }: Size & { database: string | undefined },
  use: (served: Served) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-bench-"));
  await chmod(home, 0o755);
  const postgres = database === undefined ? await startEmbedded(home) : { url: database, stop: async () => {} };
  try {
    await migrate(postgres.url);
    if (database === undefined) {
      const store = await openStore(postgres.url);
      const before = performance.now();
      await seed(store, size);
      await store.close();
      say({ name: "seed", ...size, seconds: seconds(before) });
    }
    await serve(postgres.url, home, use);
  } finally {
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function serve(databaseUrl: string, home: string, use: (served: Served) => Promise<void>): Promise<void> {
  const main = fileURLToPath(new URL("../../farm/src/main.ts", import.meta.url));
  const options = process.env.BENCH_NODE_OPTIONS?.split(" ") ?? [];
  const server = spawn(process.execPath, [...options, "--import", "tsx", main, "api"], {
    env: { ...process.env, DATABASE_URL: databaseUrl, SHADOWFARM_HOME: home, SHADOWFARM_API_PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => server.once("close", resolve));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.stderr.on("data", (chunk: Buffer) => {
        said += chunk;
        const [, found] = /the API is at (\S+)\/api/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      server.once("exit", () => reject(new Error(`the API ended:\n${said}`)));
    });
    await use({ url, peakMb: () => peakMbOf(server.pid as number) });
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

/** Of Linux alone; elsewhere not a number. */
async function peakMbOf(pid: number): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}

/** Asks as a browser does, and reads the answer to its end without unpacking it. */
export function get(url: string, agent: Agent): Promise<{ status: number | undefined; bytes: number }> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { "accept-encoding": "gzip, deflate" } }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () => resolve({ status: response.statusCode, bytes }));
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

/** Of times in milliseconds, in any order. */
export function quantilesOf(times: number[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  times.sort((one, other) => one - other);
  const at = (share: number) => Number((times[Math.ceil(times.length * share) - 1] ?? Number.NaN).toFixed(1));
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

export function seconds(since: number): number {
  return Number(((performance.now() - since) / 1000).toFixed(1));
}

export function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
