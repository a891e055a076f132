import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What a command did. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real command line, in processes of its own. */
export interface Cli {
  readonly home: string;
  /** Whether any command was run that may have made the home. */
  readonly used: boolean;
  run(args: readonly string[], env?: Record<string, string>): Promise<Finished>;
  /** Starts a command without waiting for it. */
  start(args: readonly string[], env?: Record<string, string>): { process: ChildProcess; finished: Promise<Finished> };
  killAll(): Promise<void>;
}

export function cliAt(home: string): Cli {
  const running = new Map<ChildProcess, Promise<Finished>>();
  let used = false;
  const start: Cli["start"] = (args, env = {}) => {
    used = true;
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
    get used() {
      return used;
    },
    start,
    run: (args, env) => start(args, env).finished,
    async killAll() {
      for (const child of running.keys()) child.kill("SIGKILL");
      await Promise.all(running.values());
    },
  };
}
