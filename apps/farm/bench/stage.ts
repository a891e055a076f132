import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DatasetUse } from "@shadowfarm/core/catalog";
import { parseExperiment } from "@shadowfarm/core/experiment";
import type { ExperimentState } from "@shadowfarm/core/job";
import { catalog } from "@shadowfarm/ml/catalog";
import { openStore, type Store } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { findExperiment, submitExperiment, type Terms } from "@shadowfarm/store/experiments";
import { migrate } from "@shadowfarm/store/migrate";
import type { Usage } from "./process.ts";

// What the farm's benchmarks have in common: a database of their own, a scheduler and workers that compute nothing, each in its own
// process. With REDIS_URL set the queue is on Redis, else on Postgres.

export interface Stage {
  store: Store;
  queue: "redis" | "postgres";
  scheduler: { usage(): Promise<Usage> };
  /** Starts processes of so many workers each, whose jobs take from `shortestMs` to `longestMs`. */
  work(crew: Crew): Promise<{ usage(): Promise<Usage[]> }>;
  close(): Promise<void>;
}

export interface Crew {
  processes: number;
  workers: number;
  slots: number;
  shortestMs: number;
  longestMs: number;
}

export async function openStage(): Promise<Stage> {
  const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-bench-"));
  await chmod(home, 0o755); // The database may be run by another user.
  const postgres = await startEmbedded(home);
  await migrate(postgres.url);
  const store = await openStore(postgres.url);
  const processes: ChildProcess[] = [];
  const start = async (program: string, args: readonly (string | number)[] = []) => {
    const child = fork(fileURLToPath(new URL(program, import.meta.url)), [postgres.url, ...args.map(String)]);
    processes.push(child);
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${program} ended with code ${code}, as it says above`);
    });
    await Promise.race([once(child, "message"), ended]);
    // Later it may end.
    ended.catch(() => {});
    return child;
  };
  const scheduler = await start("scheduler.ts");
  return {
    store,
    queue: process.env.REDIS_URL ? "redis" : "postgres",
    scheduler: { usage: () => usageOf(scheduler) },
    async work({ processes: count, workers, slots, shortestMs, longestMs }) {
      const args = [workers, slots, shortestMs, longestMs];
      const crew = await Promise.all(Array.from({ length: count }, () => start("worker.ts", args)));
      return { usage: () => Promise.all(crew.map(usageOf)) };
    },
    async close() {
      for (const child of processes.reverse()) {
        if (child.exitCode !== null) continue;
        child.disconnect();
        await once(child, "exit");
      }
      await store.close();
      await postgres.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  child.send("usage");
  const [usage] = await once(child, "message");
  return usage as Usage;
}

const datasets: DatasetUse[] = [
  {
    name: "mnist",
    version: 1,
    source: "real",
    checksum: "bench",
    records: 10_000,
    largestGroup: 1,
    origin: "none: nothing is computed",
  },
];

/** Submits a sweep of about so many jobs: 8 a repeat and defense (train, 2 × query, 5 × attack), in up to 13 defenses. */
export async function submitSweep(store: Store, name: string, jobs: number, terms: Terms = {}): Promise<string> {
  const defenses = Math.min(13, Math.max(1, Math.round(jobs / 8)));
  const content = {
    name,
    repeats: Math.max(1, Math.round(jobs / 8 / defenses)),
    datasets: ["mnist"],
    records: 100,
    model: "mlp",
    attacks: ["gap", { name: "threshold", percentile: [5, 10, 15, 20] }],
    defenses: [
      { name: "dropout", input: Array.from({ length: defenses }, (_, index) => (index + 1) / (defenses + 1)) },
    ],
  };
  // Each name has a seed of its own, so that no two sweeps share jobs.
  const seed = [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 0) % 1_000_000;
  const { spec } = parseExperiment({ ...content, seed }, catalog);
  return submitExperiment(store, { spec, datasets, engine: "none" }, terms);
}

/** Waits for an experiment's state. Returns the seconds that it took. */
export async function reached(store: Store, id: string, state: ExperimentState): Promise<number> {
  const started = performance.now();
  while ((await findExperiment(store, id)).state !== state) await setTimeout(20);
  return (performance.now() - started) / 1000;
}

/** Bytes that Redis uses now; null without it. */
export async function redisMemory(): Promise<number | null> {
  if (!process.env.REDIS_URL) return null;
  const { hostname, port } = new URL(process.env.REDIS_URL);
  const socket = connect(Number(port || 6379), hostname);
  socket.write("INFO memory\r\n");
  const [answer] = await once(socket, "data");
  socket.destroy();
  return Number(/used_memory:(\d+)/.exec(String(answer))?.[1]);
}

/** Three digits are enough of any figure. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
