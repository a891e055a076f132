import type { Metrics } from "@shadowfarm/core/metrics";
import type { Store } from "@shadowfarm/store/client";
import {
  cancelExperiment,
  findExperiment,
  finishExperiments,
  progressOf,
  retryFailed,
} from "@shadowfarm/store/experiments";
import {
  type Claim,
  claim,
  claimAlike,
  commit,
  enqueueAgain,
  failAttempt,
  freeLost,
  handBack,
  heartbeat,
  type Sign,
  signsOfLife,
} from "@shadowfarm/store/jobs";
import { takeReady } from "@shadowfarm/store/shares";
import { registerWorker } from "@shadowfarm/store/workers";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";
import { aCell, aPlan, aTraining, planned, statesOf } from "../plans.ts";

const where = { engine: "test", machine: "test", version: "0" };
const nothing = { artifacts: {}, seconds: 1 };
const failure = { error: "it broke", retryable: true, maxFailures: 3, backoffSeconds: 0 };

async function claimed(store: Store, key: string, worker = "worker"): Promise<Claim> {
  const held = await claim(store, key, worker);
  if (!held) throw new Error(`${key} cannot be claimed`);
  return held;
}

async function finish(store: Store, key: string): Promise<void> {
  expect(await commit(store, await claimed(store, key), nothing, where)).toBe(true);
}

describe("a job", () => {
  test("becomes ready when its last input is done", async ({ store }) => {
    await planned(store, "diamond", aPlan({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] }));
    expect(await statesOf(store)).toEqual({ a: "ready", b: "waiting", c: "waiting", d: "waiting" });
    await finish(store, "a");
    expect(await statesOf(store)).toEqual({ a: "done", b: "ready", c: "ready", d: "waiting" });
    await finish(store, "b");
    expect((await statesOf(store)).d).toBe("waiting");
    await finish(store, "c");
    expect((await statesOf(store)).d).toBe("ready");
  });

  test("is claimed by exactly one of many workers", async ({ store }) => {
    await planned(store, "one", aPlan({ a: [] }));
    const claims = await Promise.all(Array.from({ length: 8 }, (_, worker) => claim(store, "a", `worker-${worker}`)));
    expect(claims.filter((held) => held !== null)).toHaveLength(1);
  });

  test("has a row for each cell that wants its result, whichever came first", async ({ store }) => {
    const cell = { ...aCell, jobKey: "b" };
    const plan = { ...aPlan({ a: [], b: ["a"] }), cells: [cell, { ...cell, repeat: 1 }] };
    await planned(store, "early", plan);
    await finish(store, "a");
    const metrics = { auc: 0.75, tprAtFpr: { "0.1": 0.5, "0.01": null, "0.001": null } } as unknown as Metrics;
    await commit(store, await claimed(store, "b"), { ...nothing, metrics }, where);
    await planned(store, "late", plan);
    const rows = await store.db.resultRow.findMany({ orderBy: { id: "asc" } });
    expect(rows.map(({ experiment, repeat, auc, tprAt10 }) => [experiment, repeat, auc, tprAt10])).toEqual([
      ["early", 0, 0.75, 0.5],
      ["early", 1, 0.75, 0.5],
      ["late", 0, 0.75, 0.5],
      ["late", 1, 0.75, 0.5],
    ]);
    expect(new Set(rows.map(({ combination }) => combination)).size).toBe(1);
    await store.db.result.update({ where: { jobKey: "b" }, data: { metrics: { ...metrics, auc: 0.8 } } });
    expect((await store.db.resultRow.findMany()).map(({ auc }) => auc)).toEqual([0.8, 0.8, 0.8, 0.8]);
  });

  test("is not committed by a worker whose claim is no longer the newest", async ({ store }) => {
    await planned(store, "one", aPlan({ a: [], b: ["a"] }));
    const slow = await claimed(store, "a", "slow");
    await freeLost(store);
    const quick = await claimed(store, "a", "quick");
    expect(quick.fence).toBe(slow.fence + 1);
    const left = { artifacts: { weights: { sha256: "aa", bytes: 1 } }, seconds: 1 };
    expect(await commit(store, slow, left, where)).toBe(false);
    expect(await store.db.artifact.count()).toBe(0);
    expect((await statesOf(store)).b).toBe("waiting");
    expect(await commit(store, quick, left, where)).toBe(true);
    expect(await commit(store, quick, left, where)).toBe(false);
    expect(await store.db.artifact.count()).toBe(1);
  });

  test("is released once when its inputs are committed at the same moment", async ({ store }) => {
    const inputs = Array.from({ length: 12 }, (_, index) => `in${index}`);
    const roots = Object.fromEntries(inputs.map((key) => [key, []]));
    await planned(store, "fan-in", aPlan({ ...roots, x: inputs, y: [...inputs].reverse() }));
    const claims = await Promise.all(inputs.map((key) => claimed(store, key)));
    const committed = await Promise.all(claims.map((held) => commit(store, held, nothing, where)));
    expect(committed).not.toContain(false);
    const rows = await store.db.job.findMany({ where: { key: { in: ["x", "y"] } } });
    expect(rows.map(({ state, pending }) => [state, pending])).toEqual([
      ["ready", 0],
      ["ready", 0],
    ]);
  });

  test("is released when its input is committed while its plan is being written", async ({ store }) => {
    await planned(store, "first", aPlan({ a: [] }));
    const held = await claimed(store, "a");
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`b${index}`, ["a"]]));
    await Promise.all([planned(store, "second", aPlan({ a: [], ...many })), commit(store, held, nothing, where)]);
    const states = await statesOf(store);
    expect(Object.values(states).filter((state) => state === "ready")).toHaveLength(500);
  });

  test("carries its inputs' artifacts in its claim", async ({ store }) => {
    await planned(store, "chain", aPlan({ a: [], b: ["a"] }));
    await commit(
      store,
      await claimed(store, "a"),
      { artifacts: { records: { sha256: "ff", bytes: 7 } }, seconds: 1 },
      where,
    );
    expect((await claimed(store, "b")).inputs).toEqual({ a: { records: { sha256: "ff", bytes: 7 } } });
  });
});

describe("a job that fails", () => {
  test("is tried again until its attempts are used up, then blocks what depends on it, and nothing else", async ({
    store,
  }) => {
    const id = await planned(
      store,
      "trouble",
      aPlan({ bad: [], good: [], behind: ["bad"], further: ["behind", "good"], free: ["good"] }),
    );
    for (const attempt of [1, 2, 3]) {
      expect((await statesOf(store)).bad).toBe("ready");
      const held = await claimed(store, "bad");
      expect(held.fence).toBe(attempt);
      await failAttempt(store, held, failure);
    }
    await finish(store, "good");
    await finish(store, "free");
    expect(await statesOf(store)).toEqual({
      bad: "failed",
      behind: "blocked",
      further: "blocked",
      free: "done",
      good: "done",
    });
    await finishExperiments(store);
    expect(await findExperiment(store, id)).toMatchObject({ state: "failed", error: "3 of 5 jobs did not succeed" });
    expect(
      await store.db.attempt.findMany({ where: { jobKey: "bad" }, select: { outcome: true, error: true } }),
    ).toEqual(Array.from({ length: 3 }, () => ({ outcome: "failed", error: "it broke" })));
  });

  test("is given up at once when trying again cannot help", async ({ store }) => {
    await planned(store, "hopeless", aPlan({ bad: [] }));
    await failAttempt(store, await claimed(store, "bad"), { ...failure, retryable: false });
    expect((await statesOf(store)).bad).toBe("failed");
  });

  test("waits before it is tried again", async ({ store }) => {
    await planned(store, "patient", aPlan({ bad: [] }));
    await failAttempt(store, await claimed(store, "bad"), { ...failure, backoffSeconds: 3600 });
    expect(await takeReady(store, 10)).toEqual([]);
  });

  test("runs again, with those behind it, on retry", async ({ store }) => {
    const id = await planned(store, "again", aPlan({ bad: [], good: [], behind: ["bad", "good"] }));
    await finish(store, "good");
    await failAttempt(store, await claimed(store, "bad"), { ...failure, retryable: false });
    expect(await retryFailed(store, id)).toBe(1);
    expect(await statesOf(store)).toEqual({ bad: "ready", behind: "waiting", good: "done" });
    await finish(store, "bad");
    await finish(store, "behind");
    await finishExperiments(store);
    expect((await findExperiment(store, id)).state).toBe("done");
  });

  test("does not keep another experiment from being asked for", async ({ store }) => {
    await planned(store, "first", aPlan({ bad: [] }));
    await failAttempt(store, await claimed(store, "bad"), { ...failure, retryable: false });
    await planned(store, "second", aPlan({ bad: [], behind: ["bad"] }));
    expect(await statesOf(store)).toEqual({ bad: "ready", behind: "waiting" });
  });
});

describe("a worker that falls silent", () => {
  test("loses its jobs, which become ready again", async ({ store }) => {
    await planned(store, "lost", aPlan({ a: [] }));
    await claimed(store, "a", "silent");
    const [sign] = await signsOfLife(store);
    const earlier = { ...(sign as Sign), at: (sign as Sign).at - 2_000 };
    expect(await freeLost(store, [earlier])).toBe(0);
    expect(await freeLost(store, [sign as Sign])).toBe(1);
    expect((await statesOf(store)).a).toBe("ready");
    expect(await heartbeat(store, "silent", ["a"])).toEqual(new Set());
  });

  test("loses them for good when they keep killing their workers", async ({ store }) => {
    await planned(store, "poison", aPlan({ a: [], b: ["a"] }));
    for (let round = 0; round < 10; round++) {
      await claimed(store, "a");
      await freeLost(store);
    }
    expect(await statesOf(store)).toEqual({ a: "failed", b: "blocked" });
  });

  test("may hand a job back unharmed when it stops in order", async ({ store }) => {
    await planned(store, "orderly", aPlan({ a: [] }));
    const held = await claimed(store, "a");
    expect(await heartbeat(store, "worker", ["a"])).toEqual(new Set(["a"]));
    await handBack(store, held);
    expect(await store.db.job.findUnique({ where: { key: "a" } })).toMatchObject({ state: "ready", failures: 0 });
  });
});

describe("an experiment", () => {
  test("finds jobs that another has done, and counts them as cached", async ({ store }) => {
    await planned(store, "first", aPlan({ a: [], b: ["a"] }));
    await finish(store, "a");
    const id = await planned(store, "second", aPlan({ a: [], c: ["a"] }));
    expect(await statesOf(store)).toEqual({ a: "done", b: "ready", c: "ready" });
    expect((await progressOf(store, id)).reduce((sum, row) => sum + row.cached, 0)).toBe(1);
  });

  test("is the same one when the same request comes again", async ({ store }) => {
    const first = await planned(store, "twice", aPlan({ a: [] }));
    const second = await planned(store, "twice", aPlan({ a: [] }));
    expect(second).toBe(first);
    expect(await store.db.experimentJob.count()).toBe(1);
  });

  test("takes along, when cancelled, only jobs that no other running one wants", async ({ store }) => {
    const id = await planned(store, "going", aPlan({ shared: [], mine: ["shared"] }));
    await planned(store, "staying", aPlan({ shared: [], theirs: ["shared"] }));
    expect(await cancelExperiment(store, id)).toBe(1);
    expect(await statesOf(store)).toEqual({ mine: "cancelled", shared: "ready", theirs: "waiting" });
  });

  test("has every ready job sent to the queue once, and again when the queue lost it", async ({ store }) => {
    await planned(store, "queue", aPlan({ a: [], b: [] }));
    expect((await takeReady(store, 10)).map(({ key }) => key).sort()).toEqual(["a", "b"]);
    expect(await takeReady(store, 10)).toEqual([]);
    await store.db.job.updateMany({ data: { enqueuedAt: new Date(Date.now() - 60_000) } });
    await enqueueAgain(store);
    expect(await takeReady(store, 10)).toHaveLength(2);
  });
});

describe("a training that asks for company", () => {
  const aWorker = (id: string, slots: number) => ({ id, slots, machine: "m", pid: 1, engine: "test", version: "0" });

  test("gets ready ones of the same kind alone, and none that another has", async ({ store }) => {
    const same = ["a", "b", "c", "taken"].map((key, owner) => aTraining(key, { owner, seed: `s/${owner}` }));
    const others = [aTraining("deeper", { params: { hidden: 8 } }), aTraining("longer", { epochs: 2 })];
    const records = aPlan({ records: [], elsewhere: [] });
    const foreign = aTraining("foreign", { records: "elsewhere" });
    await planned(store, "shadows", { jobs: [...records.jobs, ...same, ...others, foreign], cells: [] });
    await finish(store, "records");
    await finish(store, "elsewhere");
    await claimed(store, "taken", "other");
    const more = await claimAlike(store, await claimed(store, "a"), 16, "worker");
    expect(more.map(({ key }) => key).sort()).toEqual(["b", "c"]);
    expect(await statesOf(store)).toMatchObject({ b: "running", c: "running", deeper: "ready", foreign: "ready" });
    expect(await commit(store, more[0] as Claim, nothing, where)).toBe(true);
  });

  test("leaves every other compute slot its share", async ({ store }) => {
    const trainings = Array.from({ length: 10 }, (_, owner) => aTraining(`t${owner}`, { owner }));
    await planned(store, "shadows", { jobs: [...aPlan({ records: [] }).jobs, ...trainings], cells: [] });
    await finish(store, "records");
    await registerWorker(store, aWorker("one", 2));
    await registerWorker(store, aWorker("two", 1));
    // Ten for three slots: four here, two rounds of three there.
    const first = await claimed(store, "t0");
    expect(await claimAlike(store, first, 16, "one")).toHaveLength(3);
    expect(await claimAlike(store, await claimed(store, "t9"), 1, "two")).toHaveLength(1);
    expect(await claimAlike(store, first, 0, "one")).toEqual([]);
  });
});
