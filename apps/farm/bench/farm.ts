import { fork } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { DatasetUse } from "@shadowfarm/core/catalog";
import { parseExperiment } from "@shadowfarm/core/experiment";
import { compilePlan } from "@shadowfarm/core/plan";
import { catalog, catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { SCHEDULER_DEFAULTS, startScheduler } from "@shadowfarm/scheduler/scheduler";
import { openStore } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { cancelExperiment, findExperiment, submitExperiment } from "@shadowfarm/store/experiments";
import { migrate } from "@shadowfarm/store/migrate";
import { recordPlan } from "@shadowfarm/store/plans";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";

// `npm run bench:farm --silent`: how fast an experiment is planned, and how many jobs a second the farm can pass on.
// Prints one JSON object. With REDIS_URL set the queue is on Redis, else on Postgres.

const WORKERS = 2;
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

/** A sweep with 8 jobs a repeat and defense: train, 2 × query, 5 × attack. */
function sweep(name: string, repeats: number, defenses: number) {
  const content = {
    name,
    repeats,
    datasets: ["mnist"],
    records: 100,
    model: "mlp",
    attacks: ["gap", { name: "threshold", percentile: [5, 10, 15, 20] }],
    defenses: [
      { name: "dropout", input: Array.from({ length: defenses }, (_, index) => (index + 1) / (defenses + 1)) },
    ],
  };
  return parseExperiment(content, catalog);
}

const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-bench-"));
await chmod(home, 0o755);
const postgres = await startEmbedded(home);
try {
  await migrate(postgres.url);
  const store = await openStore(postgres.url);

  const large = sweep("large", 1000, 13);
  const started = performance.now();
  const plan = compilePlan(large, catalog, { datasets, engine: "none" });
  const compileSeconds = (performance.now() - started) / 1000;
  const largeId = await submitExperiment(store, { spec: large.spec, datasets, engine: "none" });
  await recordPlan(store, largeId, plan);
  const planSeconds = (performance.now() - started) / 1000;
  await cancelExperiment(store, largeId);

  const queue = { databaseUrl: postgres.url, redisUrl: process.env.REDIS_URL || null, prefix: "bench" };
  const sender = await openSender(queue);
  const scheduler = await startScheduler({
    ...SCHEDULER_DEFAULTS,
    store,
    sender,
    catalogFor,
    telemetry: openTelemetry({ level: "silent", addresses: [postgres.url] }),
  });
  const workers = Array.from({ length: WORKERS }, () =>
    fork(fileURLToPath(new URL("noop-worker.ts", import.meta.url)), [postgres.url]),
  );
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));

  const small = sweep("small", 50, 5);
  const jobs = compilePlan(small, catalog, { datasets, engine: "small" }).jobs.length;
  const cpu = process.cpuUsage();
  const submitted = performance.now();
  const id = await submitExperiment(store, { spec: small.spec, datasets, engine: "small" });
  while ((await findExperiment(store, id)).state !== "done") await new Promise((resolve) => setTimeout(resolve, 20));
  const seconds = (performance.now() - submitted) / 1000;
  const { user, system } = process.cpuUsage(cpu);

  for (const worker of workers) worker.disconnect();
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
  await scheduler.stop();
  await sender.close();
  await store.close();
  const round = (value: number) => Math.round(value * 100) / 100;
  const figures = {
    jobsPerSecond: round(jobs / seconds),
    planSeconds: round(planSeconds),
    // Planning the small experiment included.
    schedulerMsPerJob: round((user + system) / 1000 / jobs),
    queue: sender.backend,
    workers: WORKERS,
    jobs,
    planJobs: plan.jobs.length,
    compileSeconds: round(compileSeconds),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await postgres.stop();
  await rm(home, { recursive: true, force: true });
}
