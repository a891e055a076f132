import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Store } from "@shadowfarm/store/client";
import { failuresOf, findExperiment, progressOf } from "@shadowfarm/store/experiments";
import { currentShares } from "@shadowfarm/store/shares";
import { liveSlots } from "@shadowfarm/store/workers";
import { openStage, reached, redisMemory, rounded, submitSweep } from "./stage.ts";

// `npm run bench:farm --silent`: how fast a large experiment is submitted, looked at, passed through the farm by workers that compute
// nothing, and submitted again. Prints one JSON object.

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "100000" },
    workers: { type: "string", default: "4" },
    slots: { type: "string", default: "32" },
  },
});

const stage = await openStage();
const { store, scheduler } = stage;
try {
  const idle = await redisMemory();
  await scheduler.usage();
  let started = performance.now();
  const id = await submitSweep(store, "large", Number(values.jobs));
  await reached(store, id, "running");
  // Nothing is handed out before there are workers.
  const submitSeconds = secondsSince(started);
  const planning = await scheduler.usage();

  const looks: number[] = [];
  for (let look = 0; look < 20; look++) {
    const before = performance.now();
    await status(store, id);
    looks.push(performance.now() - before);
  }

  const shape = { processes: Number(values.workers), workers: 1, slots: Number(values.slots) };
  const crew = await stage.work({ ...shape, shortestMs: 0, longestMs: 0 });
  const jobs = await store.db.job.count();
  const [before, crewBefore, doneBefore] = [await scheduler.usage(), await crew.usage(), await countDone(store, id)];
  started = performance.now();
  let peak = 0;
  for (const done = reached(store, id, "done"); ; ) {
    peak = Math.max(peak, (await redisMemory()) ?? 0);
    if (await Promise.race([done.then(() => true), setTimeout(250, false)])) break;
  }
  const seconds = secondsSince(started);
  const [after, crewAfter] = [await scheduler.usage(), await crew.usage()];
  const passed = jobs - doneBefore;
  const crewMs = crewAfter.reduce((sum, { cpuMs }, at) => sum + cpuMs - (crewBefore[at]?.cpuMs ?? 0), 0);

  started = performance.now();
  await submitSweep(store, "large", Number(values.jobs));
  await reached(store, id, "done");
  const resubmitSeconds = secondsSince(started);
  const cached = (await progressOf(store, id)).reduce((sum, row) => sum + row.cached, 0);

  const figures = {
    jobsPerSecond: rounded(passed / seconds),
    schedulerMsPerJob: rounded((after.cpuMs - before.cpuMs) / passed),
    workerMsPerJob: rounded(crewMs / passed),
    submitSeconds: rounded(submitSeconds),
    // The longest that hand-out, heartbeats and health had to wait meanwhile.
    planningBlockedMs: rounded(planning.blockedMs),
    statusMs: rounded(looks.sort((a, b) => a - b)[10] as number),
    resubmitSeconds: rounded(resubmitSeconds),
    redisMegabytes:
      idle === null ? null : [idle, peak, await redisMemory()].map((bytes) => rounded((bytes ?? 0) / 1e6)),
    ...{ queue: stage.queue, jobs, cached, workers: shape.processes, slots: shape.slots },
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await stage.close();
}

/** What `shadowfarm status EXPERIMENT` asks for. */
async function status(store: Store, id: string): Promise<void> {
  await findExperiment(store, id);
  await liveSlots(store);
  await currentShares(store);
  await progressOf(store, id);
  await failuresOf(store, id);
}

async function countDone(store: Store, id: string): Promise<number> {
  return (await progressOf(store, id)).reduce((sum, { state, count }) => sum + (state === "done" ? count : 0), 0);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
