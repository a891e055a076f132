import { createRng } from "@shadowfarm/core/rng";
import type { Store } from "@shadowfarm/store/client";
import { cancelExperiment, changeTerms, findExperiment, finishExperiments } from "@shadowfarm/store/experiments";
import {
  type Claim,
  claim,
  claimAlike,
  commit,
  enqueueAgain,
  failAttempt,
  freeLost,
  handBack,
} from "@shadowfarm/store/jobs";
import { currentShares, mendOffers, recentCosts, takeReady, weighUser } from "@shadowfarm/store/shares";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";
import { aPlan, aTraining, planned, statesOf } from "../plans.ts";

const where = { engine: "test", machine: "test", version: "0" };

/** So many jobs without inputs: `big0`, `big1` … */
function many(prefix: string, count: number) {
  return aPlan(Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, []])));
}

/** A worker that does every job that it is given; `secondsOf` is how long it says that they took. */
async function work(
  store: Store,
  tickets: readonly { key: string }[],
  secondsOf: (key: string) => number = () => 1,
): Promise<void> {
  for (const { key } of tickets) {
    const held = (await claim(store, key, "worker")) as Claim;
    expect(await commit(store, held, { artifacts: {}, seconds: secondsOf(key) }, where)).toBe(true);
  }
}

/** Hands out and does `rounds` × `size` jobs; says how many of them had each prefix. */
async function simulate(
  store: Store,
  rounds: number,
  size: number,
  options: Parameters<typeof takeReady>[2] = {},
): Promise<Record<string, number>> {
  const handed: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    const tickets = await takeReady(store, size, options);
    for (const { key } of tickets) {
      const prefix = key.replace(/\d+$/, "");
      handed[prefix] = (handed[prefix] ?? 0) + 1;
    }
    await work(store, tickets);
  }
  return handed;
}

async function inFlight(store: Store, id: string): Promise<number> {
  return store.db.job.count({ where: { chargedTo: id, state: { in: ["ready", "running"] } } });
}

describe("the farm is shared", () => {
  test("equally by a user with 10,000 jobs and one who comes later with 100", async ({ store }) => {
    await planned(store, "big", many("big", 10_000), { user: "ann" });
    expect(await simulate(store, 10, 6)).toEqual({ big: 60 });
    await planned(store, "small", many("small", 100), { user: "bob" });
    expect(await simulate(store, 20, 6)).toEqual({ big: 60, small: 60 });
    // The small one ends, and the big one has the farm to itself again.
    expect(await simulate(store, 20, 6)).toEqual({ big: 80, small: 40 });
  });

  test("by users first, then by each user's experiments, by weight", async ({ store }) => {
    await weighUser(store, "ann", 3);
    await planned(store, "a", many("a", 200), { user: "ann", weight: 2 });
    await planned(store, "b", many("b", 200), { user: "ann" });
    await planned(store, "c", many("c", 200), { user: "bob", weight: 100 });
    const handed = await simulate(store, 24, 5);
    expect(handed).toEqual({ a: 60, b: 30, c: 30 });
    const shares = Object.values(Object.fromEntries(await currentShares(store))).sort();
    expect(shares).toEqual([0.25, 0.25, 0.5]);
  });

  test("by the seconds that jobs take, as measured", async ({ store }) => {
    await planned(store, "long", many("long", 200), { user: "ann" });
    await planned(store, "short", many("short", 200), { user: "bob" });
    await work(store, await takeReady(store, 8), (key) => (key.startsWith("long") ? 4 : 1));
    const costs = await recentCosts(store);
    const handed = await simulate(store, 20, 5, { costs });
    expect(Math.abs((handed.short as number) - 80)).toBeLessThanOrEqual(4);
  });

  test("so that a job that several want counts for the neediest, and is handed out once", async ({ store }) => {
    const ids = [];
    for (const user of ["ann", "bob"]) ids.push(await planned(store, user, many("shared", 40), { user }));
    await planned(store, "cem", many("other", 40), { user: "cem" });
    expect(await simulate(store, 20, 3)).toEqual({ shared: 40, other: 20 });
    expect(await Promise.all(ids.map((chargedTo) => store.db.job.count({ where: { chargedTo } })))).toEqual([20, 20]);
  });

  test("while an experiment is written to, by a plan say: nobody waits for it, and its user is charged alone", async ({
    store,
  }) => {
    const id = await planned(store, "locked", many("job", 5), { user: "ann" });
    const passes = async () => {
      const [experiment, user] = await Promise.all([
        store.db.experiment.findUniqueOrThrow({ where: { id } }),
        store.db.user.findUniqueOrThrow({ where: { name: "ann" } }),
      ]);
      return { experiment: experiment.pass, user: user.pass };
    };
    await takeReady(store, 1);
    const before = await passes();
    await store.db.$transaction(async (tx) => {
      await tx.experiment.update({ where: { id }, data: { error: null } });
      expect(await takeReady(store, 2)).toHaveLength(2);
    });
    expect(await passes()).toEqual({ experiment: before.experiment, user: (before.user ?? 0) + 2 });
    await takeReady(store, 2);
    expect(await passes()).toEqual({ experiment: (before.experiment ?? 0) + 2, user: (before.user ?? 0) + 4 });
  });

  test("also with trainings that came along without having been handed out", async ({ store }) => {
    const trainings = Array.from({ length: 10 }, (_, owner) => aTraining(`t${owner}`, { owner }));
    const shadows = { jobs: [...aPlan({ records: [] }).jobs, ...trainings], cells: [] };
    const id = await planned(store, "shadows", shadows, { user: "ann" });
    await work(store, await takeReady(store, 1));
    const [ticket] = await takeReady(store, 1);
    const before = (await findExperiment(store, id)) as unknown as { pass: number };
    const held = (await claim(store, ticket?.key as string, "worker")) as Claim;
    expect(await claimAlike(store, held, 4, "worker")).toHaveLength(4);
    expect(await findExperiment(store, id)).toMatchObject({ pass: before.pass + 4 });
    expect(await inFlight(store, id)).toBe(5);
    expect(await takeReady(store, 100)).toHaveLength(5);
  });
});

describe("priority", () => {
  test("goes before shares, but for a tenth", async ({ store }) => {
    const random = createRng("priority").uniform;
    await planned(store, "patient", many("patient", 300), { user: "ann" });
    const id = await planned(store, "urgent", many("urgent", 300), { user: "bob", priority: 5 });
    const first = await simulate(store, 20, 5, { random });
    expect(first.urgent).toBeGreaterThan(80);
    expect(first.patient).toBeGreaterThan(0);
    await changeTerms(store, id, { priority: -1 });
    const then = await simulate(store, 20, 5, { random });
    expect(then.patient).toBeGreaterThan(80);
  });

  test("of one experiment and failures of another let nothing starve", async ({ store }) => {
    const ids = [];
    for (const [index, user] of ["ann", "bob", "cem"].entries()) {
      ids.push(await planned(store, user, many(user, 40), { user, priority: index * 10, concurrency: index + 1 }));
    }
    ids.push(await planned(store, "trouble", many("trouble", 5), { user: "dan", priority: 100 }));
    const patience = { error: "no", retryable: true, maxFailures: 9, backoffSeconds: 3600 };
    for (let round = 0; (await store.db.job.count({ where: { state: "done" } })) < 120; round++) {
      expect(round).toBeLessThan(200);
      for (const ticket of await takeReady(store, 6)) {
        if (!ticket.key.startsWith("trouble")) await work(store, [ticket]);
        else await failAttempt(store, (await claim(store, ticket.key, "worker")) as Claim, patience);
      }
    }
    await finishExperiments(store);
    const states = await Promise.all(ids.map(async (id) => (await findExperiment(store, id)).state));
    expect(states).toEqual(["done", "done", "done", "running"]);
  });
});

describe("an experiment's jobs", () => {
  test("are handed out by what they take, the longest first", async ({ store }) => {
    const efforts = [3, 1e15, 0, 3, 0.5, 2];
    const trainings = efforts.map((effort, at) => ({ ...aTraining(`t${at}`, { owner: at }), effort }));
    const jobs = [...aPlan({ records: [] }).jobs, ...trainings];
    await planned(store, "efforts", { jobs, cells: [] });
    await work(store, await takeReady(store, 1));
    const handed = async (most: number) => (await takeReady(store, most)).map(({ key }) => key);
    expect(await handed(1)).toEqual(["t1"]);
    expect(await handed(3)).toEqual(["t3", "t0", "t5"]);
    // What is offered again is offered in its place.
    await work(store, [{ key: "t1" }]);
    await handBack(store, (await claim(store, "t0", "worker")) as Claim);
    expect(await handed(9)).toEqual(["t0", "t4", "t2"]);
  });
});

describe("an experiment's concurrency", () => {
  test("is never exceeded, whoever hands out, and may be changed", async ({ store }) => {
    const id = await planned(store, "limited", many("limited", 60), { user: "ann", concurrency: 3 });
    await planned(store, "free", many("free", 500), { user: "bob" });
    for (let round = 0; round < 10; round++) {
      // As two schedulers that both believe that they lead.
      const tickets = (await Promise.all([1, 2, 3].map(() => takeReady(store, 8)))).flat();
      expect(new Set(tickets.map(({ key }) => key)).size).toBe(tickets.length);
      expect(await inFlight(store, id)).toBe(3);
      await work(store, tickets);
    }
    await changeTerms(store, id, { concurrency: 5 });
    await takeReady(store, 20);
    expect(await inFlight(store, id)).toBe(5);
    await changeTerms(store, id, { concurrency: null });
    await takeReady(store, 40);
    expect(await inFlight(store, id)).toBeGreaterThan(20);
  });

  test("holds against late messages, lost workers and trainings that would come along", async ({ store }) => {
    const trainings = Array.from({ length: 6 }, (_, owner) => aTraining(`t${owner}`, { owner }));
    const shadows = { jobs: [...aPlan({ records: [] }).jobs, ...trainings], cells: [] };
    const id = await planned(store, "shadows", shadows, { user: "ann", concurrency: 1 });
    await work(store, await takeReady(store, 1));
    const [ticket, none] = await takeReady(store, 6);
    const key = ticket?.key as string;
    expect(none).toBeUndefined();
    const held = (await claim(store, key, "worker")) as Claim;
    expect(await claimAlike(store, held, 4, "worker")).toEqual([]);
    await handBack(store, held);
    // The message of the claim that was given back comes again; the job's turn has not.
    expect(await claim(store, key, "worker")).toBeNull();
    const [again] = await takeReady(store, 6);
    expect(await claim(store, again?.key as string, "worker")).not.toBeNull();
    expect(await inFlight(store, id)).toBe(1);
    await freeLost(store);
    // A job whose worker died keeps its turn, and its place among those that the limit allows.
    expect((await takeReady(store, 6)).map((ticket) => ticket.key)).toEqual([again?.key]);
    expect(await claim(store, again?.key as string, "worker")).not.toBeNull();
    expect(await inFlight(store, id)).toBe(1);
  });
});

describe("the window", () => {
  test("counts what was handed out and not claimed", async ({ store }) => {
    await planned(store, "big", many("big", 100), { user: "ann" });
    const first = await takeReady(store, 100, { window: 10 });
    expect(first).toHaveLength(10);
    expect(await takeReady(store, 100, { window: 10 })).toEqual([]);
    for (const { key } of first.slice(0, 3)) await claim(store, key, "worker");
    expect(await takeReady(store, 100, { window: 10 })).toHaveLength(3);
  });

  test("has exactly its lost messages sent again, whatever its size", async ({ store }) => {
    await planned(store, "big", many("big", 100), { user: "ann" });
    const first = await takeReady(store, 10);
    await claim(store, first[0]?.key as string, "worker");
    await store.db.job.updateMany({
      where: { enqueuedAt: { not: null } },
      data: { enqueuedAt: new Date(Date.now() - 60_000) },
    });
    await enqueueAgain(store);
    const again = await takeReady(store, 100, { window: 9 });
    const keysOf = (tickets: readonly { key: string }[]) => tickets.map(({ key }) => key).sort();
    expect(keysOf(again)).toEqual(keysOf(first.slice(1)));
    expect(await takeReady(store, 100, { window: 9 })).toEqual([]);
  });
});

describe("offers", () => {
  test("that were lost are made again, and those of ended jobs go", async ({ store }) => {
    await planned(store, "one", many("one", 20), { user: "ann" });
    const running = (await claim(store, "one0", "worker")) as Claim;
    expect(running.key).toBe("one0");
    await store.db.offer.deleteMany({ where: { jobKey: { in: ["one1", "one2"] } } });
    expect(await mendOffers(store)).toBe(2);
    expect(await store.db.offer.count()).toBe(19);
    expect(await takeReady(store, 100)).toHaveLength(19);
    expect(await mendOffers(store)).toBe(0);
    expect(await store.db.offer.count()).toBe(0);
  });

  test("of a cancelled experiment leave what another wants to that one", async ({ store }) => {
    const id = await planned(store, "going", many("job", 10), { user: "ann" });
    await planned(store, "staying", many("job", 5), { user: "bob" });
    await cancelExperiment(store, id);
    expect(await simulate(store, 2, 10)).toEqual({ job: 5 });
    expect(Object.values(await statesOf(store)).filter((state) => state === "cancelled")).toHaveLength(5);
  });
});
