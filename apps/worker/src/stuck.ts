import { cpuSeconds } from "./deaths.ts";

/** A process that computes uses more between two looks; one that waits for ever wakes now and then. */
const LEAST_SECONDS = 0.02;
const LOOKS = 10;

/**
 * Calls `stuck` once a process has used no CPU time for `stuckMs`. Unlike a message from it, CPU time is used in a native call
 * that blocks its event loop as well. Looks are counted and not the clock, so that a machine that slept accuses nobody. Where
 * the system does not tell the CPU time, nothing is ever stuck.
 */
export function watchCpu(
  pid: number,
  stuckMs: number,
  stuck: () => void,
  used: (pid: number) => number | null = cpuSeconds,
): { stop(): void } {
  let mark = used(pid);
  let idle = 0;
  const timer = setInterval(() => {
    const now = used(pid);
    if (now === null || mark === null || now - mark >= LEAST_SECONDS) {
      mark = now;
      idle = 0;
      return;
    }
    idle += 1;
    if (idle < LOOKS) return;
    clearInterval(timer);
    stuck();
  }, stuckMs / LOOKS);
  return { stop: () => clearInterval(timer) };
}
