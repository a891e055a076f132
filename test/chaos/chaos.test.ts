import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createRng } from "@shadowfarm/core/rng";
import { openSender } from "@shadowfarm/queue/queue";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import { describe, expect, test } from "vitest";
import type { CheckedSubmission } from "../../apps/farm/src/submission.ts";
import { eventually } from "../eventually.ts";
import { anExperiment } from "./experiment.ts";
import { type Farm, openFarm } from "./farm.ts";
import { apiIsRight, type Blow, type Fault, faults } from "./faults.ts";
import { missing, say, settings } from "./settings.ts";
import { type Recovery, tableOf } from "./table.ts";

/** More than what the artifacts of a run take, and little enough to be filled. */
const DISK_BYTES = 192 * 2 ** 20;
/** With fewer jobs to do, a fault might find nothing to strike. */
const ENOUGH_JOBS = 40;
/** Against hanging only. */
const PATIENCE_MS = 180_000;
describe.skipIf(missing !== null)("a farm in which everything fails", () => {
  test("does every job once, with the results of a farm in which nothing does", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-chaos-specs-"));
    const farm = await openFarm({ diskBytes: DISK_BYTES });
    const submitted: CheckedSubmission[] = [];
    let whole = false;
    try {
      const submitNext = async () => {
        const next = await anExperiment(folder, submitted.length + 1);
        submitted.push(next);
        await farm.submit(next);
      };
      const feed = async () => {
        if ((await openJobs(farm)) < ENOUGH_JOBS) await submitNext();
      };
      while (keysOf(submitted).size < settings.jobs) await submitNext();
      const recoveries = await strikeAll(farm, feed);
      say(`\n${tableOf(recoveries)}\n`);
      await allDone(farm, submitted);
      expect(farm.surprises()).toEqual([]);
      await eventually("the API, which lived through all of it, says what there is", () => apiIsRight(farm));
      await expectNothingLeft(farm);
      const found = await whatWasMade(farm);
      expect(Object.keys(found).length).toBe(keysOf(submitted).size);
      await farm.stopServices();
      expect(await farm.survivors()).toEqual([]);
      say(`${Object.keys(found).length} jobs are done, each once; the same without faults:`);

      const quiet = await openFarm({ diskBytes: null });
      try {
        for (const submission of submitted) await quiet.submit(submission);
        await allDone(quiet, submitted);
        expect(found).toEqual(await whatWasMade(quiet));
        expect(await quiet.store.db.attempt.count({ where: { outcome: { not: "done" } } })).toBe(0);
        await quiet.stopServices();
      } finally {
        await quiet.close();
      }
      whole = true;
    } finally {
      if (!whole) say(`logs of the farm: ${farm.folder}`);
      await farm.close(whole);
      await rm(folder, { recursive: true });
    }
  });
});

function keysOf(submitted: readonly CheckedSubmission[]): Set<string> {
  return new Set(submitted.flatMap(({ plan }) => plan.jobs.map(({ key }) => key)));
}

/** Strikes with one fault after another, each when the farm has recovered from the one before. */
async function strikeAll(farm: Farm, feed: () => Promise<void>): Promise<Recovery[]> {
  const possible = faults.filter(({ name, missing }) => {
    const reason = missing?.(farm) ?? null;
    if (reason) say(`left out: ${name} (${reason})`);
    return reason === null;
  });
  const rng = createRng(settings.seed).child("chaos");
  const count = settings.faults || possible.length * settings.rounds;
  say(`CHAOS_SEED=${settings.seed}: ${count} faults`);
  const sequence: Fault[] = [];
  while (sequence.length < count)
    sequence.push(...Array.from(rng.permutation(possible.length), (at) => possible[at] as Fault));
  const recoveries: Recovery[] = [];
  for (const fault of sequence.slice(0, count)) {
    await until(`the farm can be struck: ${fault.name}`, feed, async () => (await openJobs(farm)) >= ENOUGH_JOBS);
    const blow = await fault.strike(farm, rng, settings);
    const recovery = await recoveryFrom(farm, blow, feed);
    recoveries.push({ fault: fault.name, ...recovery });
    const { restarted, back } = recovery;
    say(
      `${fault.name}: ${blow.jobs.length} jobs ran there, again after ${restarted.toFixed(1)} s; at work after ${back.toFixed(1)} s`,
    );
  }
  return recoveries;
}

/**
 * Waits until all that ran where a fault struck is done or runs again, and then, once the fault is over, until what it struck has
 * done a job that it began after. In seconds.
 */
async function recoveryFrom(farm: Farm, { jobs, undo, whose, works }: Blow, feed: () => Promise<void>) {
  const told = () => until("the database tells the time", feed, () => now(farm));
  const struck = performance.now();
  const began = await told();
  await until("what ran there is done or runs again", feed, async () => {
    const rows = await farm.store.db.job.findMany({ where: { key: { in: jobs.map(({ key }) => key) } } });
    return jobs.every(({ key, fence }) =>
      rows.some((row) => row.key === key && (row.state === "done" || row.fence > fence)),
    );
  });
  const restarted = secondsSince(struck);
  await undo?.();
  const over = undo ? performance.now() : struck;
  const since = undo ? await told() : began;
  const didOne = () =>
    farm.store.db.attempt.findFirst({
      where: { outcome: "done", startedAt: { gt: since }, ...(whose && { workerId: { contains: `-${whose.pid}-` } }) },
    });
  await until<unknown>(`${whose?.name ?? "the farm"} is at work again`, feed, works ?? didOne);
  return { restarted, back: secondsSince(over) };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

/** `eventually`, while there is always something to do; and whoever asks may be struck too. */
async function until<T>(
  what: string,
  feed: () => Promise<void>,
  condition: () => Promise<T | null | false>,
): Promise<T> {
  let last: unknown;
  const ask = async () => {
    try {
      await feed();
      return await condition();
    } catch (error) {
      last = error;
      return null;
    }
  };
  try {
    return await eventually(what, ask, PATIENCE_MS);
  } catch (error) {
    throw new Error(String(error), { cause: last });
  }
}

async function now({ store }: Farm): Promise<Date> {
  const [row] = await store.db.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
  return row.now;
}

/** Jobs that are yet to be done, also of experiments that are not planned yet. */
async function openJobs({ store }: Farm): Promise<number> {
  const unplanned = await store.db.experiment.count({ where: { state: "submitted" } });
  if (unplanned > 0) return Number.POSITIVE_INFINITY;
  return store.db.job.count({ where: { state: { in: ["waiting", "ready", "running"] } } });
}

async function allDone(farm: Farm, submitted: readonly CheckedSubmission[]): Promise<void> {
  await eventually(
    "all experiments come to their end",
    async () =>
      (await farm.store.db.experiment.count({ where: { state: { in: ["done", "failed"] } } })) === submitted.length,
    1_800_000,
  );
  const failed = await farm.store.db.job.findMany({
    where: { state: { not: "done" } },
    select: { key: true, state: true, error: true },
  });
  expect(failed).toEqual([]);
}

/** Of each job exactly one attempt succeeded, none is unaccounted for, nothing is offered, and the queue is empty. */
async function expectNothingLeft({ store, queue }: Farm): Promise<void> {
  const repeated = await store.db.attempt.groupBy({
    by: ["jobKey"],
    where: { outcome: "done" },
    _count: true,
    having: { jobKey: { _count: { not: 1 } } },
  });
  expect(repeated).toEqual([]);
  expect(await store.db.job.count({ where: { attempts: { none: { outcome: "done" } } } })).toBe(0);
  const sender = await openSender(queue);
  try {
    await eventually(
      "no attempt is without an end",
      async () => (await store.db.attempt.count({ where: { outcome: null } })) === 0,
    );
    await eventually("nothing is offered", async () => (await store.db.offer.count()) === 0);
    await eventually("the queue is empty", async () => (await sender.size()) === 0);
  } finally {
    await sender.close();
  }
}

/** What each job left: the hashes of its artifacts, whose bytes are read through, and its metrics. */
async function whatWasMade({ store, artifacts }: Farm): Promise<Record<string, unknown>> {
  const jobs = await store.db.job.findMany({ include: { artifacts: { orderBy: { name: "asc" } }, result: true } });
  const files = openFolder(artifacts);
  for (const { artifacts } of jobs) for (const artifact of artifacts) await files.verify(artifact);
  const kept = jobs.map(({ key, artifacts, result }) => {
    const hashes = artifacts.map(({ name, sha256, bytes }) => `${name} ${sha256} ${bytes}`);
    return [key, { artifacts: hashes, metrics: result && JSON.stringify(result.metrics) }] as const;
  });
  return Object.fromEntries(kept);
}
