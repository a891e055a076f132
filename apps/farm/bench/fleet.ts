import { parseArgs } from "node:util";
import { openStage, reached, rounded, submitSweep } from "./stage.ts";

// `npm run bench:fleet --silent`: whether scheduler and database keep a large cluster busy. Many workers of one slot each, in a few
// processes, hold jobs of 1 to 60 seconds, with time divided by --factor so that the run takes minutes: the database and the
// scheduler have --factor times as much to do as in earnest. Prints one JSON object.

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "100000" },
    workers: { type: "string", default: "256" },
    processes: { type: "string", default: "4" },
    factor: { type: "string", default: "20" },
  },
});
const [jobs, factor, processes] = [values.jobs, values.factor, values.processes].map(Number) as [
  number,
  number,
  number,
];
const workers = Math.ceil(Number(values.workers) / processes);

const stage = await openStage();
const { store, scheduler } = stage;
try {
  const id = await submitSweep(store, "fleet", jobs);
  await reached(store, id, "running");
  const before = await scheduler.usage();
  await stage.work({ processes, workers, slots: 1, shortestMs: 1_000 / factor, longestMs: 60_000 / factor });
  await reached(store, id, "done");
  const after = await scheduler.usage();
  // From the first job's start to the last one's end, so the beginning with few ready jobs and the end are counted too.
  const [run] = await store.db.$queryRaw<[{ jobs: number; wall: number; busy: number }]>`
    SELECT count(*)::int AS jobs, extract(epoch FROM max(attempt."finishedAt") - min(attempt."startedAt"))::float8 AS wall,
           sum(job.seconds) AS busy
    FROM "Attempt" attempt JOIN "Job" job ON job.key = attempt."jobKey" WHERE attempt.outcome = 'done'`;
  const slots = workers * processes;
  const figures = {
    // Of all workers' time, what went into jobs.
    utilisation: rounded(run.busy / (run.wall * slots)),
    jobsPerSecond: rounded(run.jobs / run.wall),
    schedulerMsPerJob: rounded((after.cpuMs - before.cpuMs) / run.jobs),
    schedulerCores: rounded((after.cpuMs - before.cpuMs) / 1000 / run.wall),
    seconds: rounded(run.wall),
    ...{ factor, workers: slots, jobs: run.jobs, queue: stage.queue },
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await stage.close();
}
