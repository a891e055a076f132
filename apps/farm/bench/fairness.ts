import { setTimeout } from "node:timers/promises";
import { openStage, reached, rounded, submitSweep } from "./stage.ts";

// `npm run bench:fairness --silent`: a user with 10,000 jobs has the farm for a while, then another of equal weight submits 100.
// Prints one JSON object: which part of the running jobs was the newcomer's, every half second from the moment that they asked.

const SLOTS = 16;
const LOOK_MS = 500;

const stage = await openStage();
const { store } = stage;
try {
  const large = await submitSweep(store, "large", 10_000, { user: "ann" });
  await reached(store, large, "running");
  await stage.work({ processes: 2, workers: 4, slots: SLOTS / 8, shortestMs: 500, longestMs: 1_500 });
  while ((await runningOf(large)) < SLOTS) await setTimeout(50);

  const submitted = performance.now();
  const small = await submitSweep(store, "small", 104, { user: "bob" });
  let done = false;
  const end = reached(store, small, "done").then(() => {
    done = true;
  });
  const share: { seconds: number; small: number; large: number }[] = [];
  while (!done) {
    const [ofSmall, ofLarge] = await Promise.all([runningOf(small), runningOf(large)]);
    share.push({ seconds: rounded((performance.now() - submitted) / 1000), small: ofSmall, large: ofLarge });
    await Promise.race([end, setTimeout(LOOK_MS)]);
  }
  const half = share.find((one) => one.small >= one.large);
  process.stdout.write(
    `${JSON.stringify({ secondsToHalf: half?.seconds ?? null, slots: SLOTS, queue: stage.queue, share })}\n`,
  );
} finally {
  await stage.close();
}

function runningOf(id: string): Promise<number> {
  return store.db.job.count({ where: { state: "running", chargedTo: id } });
}
