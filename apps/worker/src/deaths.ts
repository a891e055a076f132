import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ProcessDied } from "@shadowfarm/core/errors";

/** What is known of a compute process that ended in the middle of a job. */
export interface End {
  pid: number | undefined;
  code: number | null;
  by: NodeJS.Signals | null;
  /** Whether it said that its JavaScript heap is full. */
  heapFull: boolean;
  /** Whether the kernel killed a process for lack of memory meanwhile. */
  memoryFull: boolean;
}

/** Tells apart lack of memory, a crash, a kill from outside and an exit, and says what can be done. */
export function deathOf({ pid, code, by, heapFull, memoryFull }: End): ProcessDied {
  const process = `the compute process ${pid}`;
  if (heapFull) {
    const remedy = "give it more with NODE_OPTIONS=--max-old-space-size=MEGABYTES, or the job fewer records";
    return new ProcessDied("heap", `${process} ran out of JavaScript heap; ${remedy}`);
  }
  if (by === "SIGKILL" && memoryFull) {
    const remedy = "run fewer jobs at a time, raise the limit, or require more with --memory";
    return new ProcessDied("memory", `${process} was killed by SIGKILL for lack of memory; ${remedy}`);
  }
  if (by === "SIGKILL" || by === "SIGTERM" || by === "SIGINT" || by === "SIGHUP")
    return new ProcessDied("killed", `${process} was killed by ${by} from outside`);
  if (by !== null) return new ProcessDied("crash", `${process} crashed with ${by}, in native code`);
  return new ProcessDied("exit", `${process} exited with code ${code}`);
}

/**
 * How often the kernel killed a process for lack of memory: in the control group of this process (version 2 or 1), or where it
 * has none of its own in the whole system. Null where neither is told.
 */
export function oomKills(root = "/"): number | null {
  const groups = read(path.join(root, "proc/self/cgroup")) ?? "";
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const memory = /^\d+:(?:[\w,]*,)?memory(?:,[\w,]*)?:(.*)$/m.exec(groups)?.[1];
  // Within a container the path may be the host's, while its own group is at the root of what it sees.
  const files = [
    ...(unified === undefined ? [] : [`sys/fs/cgroup${unified}/memory.events`, "sys/fs/cgroup/memory.events"]),
    ...(memory === undefined
      ? []
      : [`sys/fs/cgroup/memory${memory}/memory.oom_control`, "sys/fs/cgroup/memory/memory.oom_control"]),
    "proc/vmstat",
  ].map((file) => path.join(root, file));
  for (const file of files) {
    const kills = /^oom_kill (\d+)$/m.exec(read(file) ?? "")?.[1];
    if (kills !== undefined) return Number(kills);
  }
  return null;
}

/** Seconds of CPU time that a process has used, in all its threads; null where the system does not say. */
export function cpuSeconds(pid: number): number | null {
  // The name of the program, in brackets, may hold anything.
  const fields = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
  if (!fields) return null;
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Clock ticks a second, the same on every Linux that Node runs on. */
const TICKS = 100;

function read(file: string): string | null {
  try {
    return existsSync(file) ? readFileSync(file, "utf8") : null;
  } catch {
    return null;
  }
}
