import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openStore, type Store } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import { eventually } from "./eventually.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What a command did. */
interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real command line, in processes of its own. */
export interface Cli {
  readonly home: string;
  run(args: readonly string[], env?: Record<string, string>): Promise<Finished>;
  /** Starts a command without waiting for it. */
  start(args: readonly string[], env?: Record<string, string>): { process: ChildProcess; finished: Promise<Finished> };
  killAll(): Promise<void>;
  /** The home's database, once a command has made it. */
  store(): Promise<WatchedStore>;
  /** The same command line with another home beside this one. */
  sibling(name: string): Cli;
}

/** A database that can be waited on. */
interface WatchedStore extends Store {
  until<T>(what: string, condition: (store: Store) => Promise<T | null | undefined | false>): Promise<T>;
}

export function cliAt(home: string): Cli {
  const running = new Map<ChildProcess, Promise<Finished>>();
  const siblings: Cli[] = [];
  const start: Cli["start"] = (args, env = {}) => {
    const { DATABASE_URL: _1, REDIS_URL: _2, SHADOWFARM_DATASETS: _3, ...inherited } = process.env;
    const child = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps/farm/src/main.ts"), ...args], {
      cwd: ROOT,
      env: { ...inherited, SHADOWFARM_HOME: home, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    const finished = new Promise<Finished>((resolve) => {
      child.once("close", (code) => {
        running.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
    running.set(child, finished);
    return { process: child, finished };
  };
  return {
    home,
    start,
    run: (args, env) => start(args, env).finished,
    async store() {
      await eventually("the home has a database", async () => existsSync(path.join(home, "postgres.json")));
      const embedded = await startEmbedded(home);
      await migrate(embedded.url);
      const store = await openStore(embedded.url);
      return {
        ...store,
        until: (what, condition) => eventually(what, () => condition(store)),
        async close() {
          await store.close();
          await embedded.stop();
        },
      };
    },
    sibling(name) {
      const sibling = cliAt(path.join(path.dirname(home), name));
      siblings.push(sibling);
      return sibling;
    },
    async killAll() {
      await Promise.all(siblings.map((sibling) => sibling.killAll()));
      for (const child of running.keys()) child.kill("SIGKILL");
      await Promise.all(running.values());
      // A farm that was killed leaves its database server running; whoever joins it last stops it.
      if (existsSync(path.join(home, "postgres.json"))) await (await startEmbedded(home)).stop();
    },
  };
}
