import { hasRedis } from "../redis-server.ts";

const { CHAOS_SHORT, CHAOS_SEED, CHAOS_FAULTS, CHAOS_JOBS, CHAOS_ABSENCE, CHAOS_BLOCK } = process.env;
const short = CHAOS_SHORT === "1";

/** How much chaos: each from its variable, with a default for the short form that CI runs and one for the long. */
export const settings = {
  /** Which faults strike when, and whom; the same seed strikes alike. */
  seed: Number(CHAOS_SEED ?? 1),
  /** How many; 0: each once in the short form, three times in the long. */
  faults: Number(CHAOS_FAULTS ?? 0),
  rounds: short ? 1 : 3,
  /** The least number of jobs. */
  jobs: Number(CHAOS_JOBS ?? 200),
  /** Seconds that Postgres or Redis are away. */
  absence: Number(CHAOS_ABSENCE ?? (short ? 5 : 30)),
  /** Seconds that a way is closed or a disk is full. */
  cut: short ? 5 : 15,
  /** Seconds that one native call blocks a compute process. */
  block: Number(CHAOS_BLOCK ?? (short ? 30 : 300)),
} as const;

/** Why there can be no chaos here; null where there can. */
export const missing = process.platform !== "linux" ? "it reads /proc" : hasRedis ? null : "there is no redis-server";

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (missing) say(`no chaos: ${missing}`);
