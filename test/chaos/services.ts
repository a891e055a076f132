import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLOCK = new URL("clock.mjs", import.meta.url).href;

/** A process of the farm that is started again whenever it ends, as by systemd or Kubernetes. */
export interface Service {
  readonly name: string;
  /** Of the process that runs now. */
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** How often it ended without being asked to. */
  readonly surprises: readonly string[];
  /** Ends it for good, in order unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * @param program its file below `apps/`, and what it is given
 * @param log the file that its standard error goes to
 */
export function startService(name: string, program: string, env: NodeJS.ProcessEnv, log: string): Service {
  const surprises: string[] = [];
  const [main = "", ...given] = program.split(" ");
  let killed = false;
  let stopping = false;
  let ended: () => void = () => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const start = (): ChildProcess => {
    killed = false;
    const child = spawn(
      process.execPath,
      ["--import", CLOCK, "--import", "tsx", path.join(ROOT, "apps", main), ...given],
      {
        cwd: ROOT,
        env: { ...process.env, ...env },
        stdio: ["ignore", "ignore", openSync(log, "a")],
      },
    );
    child.once("exit", (code, signal) => {
      if (!killed && (!stopping || code !== 0)) surprises.push(`${name} ended with ${signal ?? `code ${code}`}`);
      if (stopping) ended();
      else running = start();
    });
    return child;
  };
  let running = start();
  return {
    name,
    get pid() {
      return running.pid as number;
    },
    surprises,
    kill(signal) {
      if (signal === "SIGKILL") killed = true;
      running.kill(signal);
    },
    async stop(signal = "SIGTERM") {
      stopping = true;
      running.kill(signal);
      await end;
    },
  };
}
