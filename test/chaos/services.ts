import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync, statSync } from "node:fs";
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
    const before = sizeOf(log);
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
      const asked = killed || (stopping && code === 0);
      if (!asked && !foundNobody(log, before)) surprises.push(`${name} ended with ${signal ?? `code ${code}`}`);
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

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Whether all that a process said is that what it needs was away when it started: it is to end then, and to be started again. So a
 * fault that strikes while one that was killed comes back surprises nobody.
 */
function foundNobody(log: string, before: number): boolean {
  return /^the (queue|database) at .* (cannot be reached|does not answer)/.test(
    readFileSync(log).subarray(before).toString(),
  );
}
