import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";

/** A redis-server of a test's own. */
export interface RedisServer {
  port: number;
  url: string;
  process: ChildProcess;
  /** Runs a command by redis-cli and returns what it prints. */
  ask(...command: string[]): string;
  stop(): Promise<void>;
}

export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** Starts a server on a free port of the loopback address. `settings` are those of its configuration. */
export async function startRedis(settings: Record<string, string> = {}, flags: string[] = []): Promise<RedisServer> {
  const port = Number(settings.port ?? (await freePort()));
  const tls = settings["tls-port"] === "same";
  const all: Record<string, string> = {
    bind: "127.0.0.1",
    save: "",
    "maxmemory-policy": "noeviction",
    ...settings,
    port: tls ? "0" : String(port),
    ...(tls && { "tls-port": String(port) }),
  };
  const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...value.split(" ")]);
  // A file that is named comes first.
  const server = spawn("redis-server", [...flags, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    server.stdout.on("data", (chunk: Buffer) => {
      said += chunk;
      if (/Ready to accept connections|Sentinel ID is/.test(said)) resolve();
    });
    server.once("exit", (code) => reject(new Error(`redis-server ended with code ${code}: ${said}`)));
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    process: server,
    ask: (...command) =>
      execFileSync("redis-cli", ["--no-auth-warning", "-p", String(port), ...command], { encoding: "utf8" }).trim(),
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
