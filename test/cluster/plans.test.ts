import { createRng } from "@shadowfarm/core/rng";
import { catalogFor } from "@shadowfarm/ml/catalog";
import { planAll } from "@shadowfarm/scheduler/planning";
import { traceSchedule } from "@shadowfarm/scheduler/traces";
import type { Store } from "@shadowfarm/store/client";
import { cancelExperiment, findExperiment, progressOf, retryFailed, sumCounts } from "@shadowfarm/store/experiments";
import { type Claim, claim, claimAll, commitAll, failAttempt, freeLost, handBack } from "@shadowfarm/store/jobs";
import { recordPlan } from "@shadowfarm/store/plans";
import { takeReady } from "@shadowfarm/store/shares";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import pg from "pg";
import { describe, expect } from "vitest";
import { submitSweep } from "../../apps/farm/bench/stage.ts";
import { eventually, test } from "../fixtures.ts";
import { aPlan, planned, statesOf } from "../plans.ts";

const where = { engine: "test", machine: "test", version: "0" };
const outcome = { artifacts: {}, seconds: 2 };

/** Layers of jobs, each of which needs two of the layer before. */
function layers(prefix: string, width: number, depth: number) {
  const inputsOf: Record<string, string[]> = {};
  for (let layer = 0; layer < depth; layer++) {
    for (let at = 0; at < width; at++) {
      const inputs = layer === 0 ? [] : [at, (at + 1) % width].map((input) => `${prefix}${layer - 1}-${input}`);
      inputsOf[`${prefix}${layer}-${at}`] = inputs;
    }
  }
  return aPlan(inputsOf);
}

/** Who has written what: Postgres numbers the transaction that wrote a row. */
async function writers(store: Store): Promise<unknown> {
  const tables = ["Job", "JobDependency", "ExperimentJob", "Cell"];
  const rows = tables.map((table) =>
    store.db.$queryRawUnsafe(`SELECT xmin::text, count(*)::int FROM "${table}" GROUP BY 1`),
  );
  return Promise.all(rows);
}

describe("counts", () => {
  /** What `progressOf` says, and what the jobs themselves say. */
  async function compare(store: Store, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const counted = await store.db.$queryRaw`
        SELECT job.kind::text, job.state::text, count(*)::int AS count, (count(*) FILTER (WHERE cached))::int AS cached,
               CASE WHEN job.state = 'done' THEN avg(job.seconds) END AS "meanSeconds",
               coalesce(sum(job.seconds) FILTER (WHERE job.state = 'done' AND NOT cached), 0) AS "computeSeconds"
        FROM "ExperimentJob" wanted JOIN "Job" job ON job.key = wanted."jobKey"
        JOIN "Experiment" experiment ON experiment.id = wanted."experimentId"
        CROSS JOIN LATERAL is_cached(job.state, job."finishedAt", wanted."askedAt", experiment."askedAt") AS cached
        WHERE wanted."experimentId" = ${id} GROUP BY job.kind, job.state`;
      const sorted = (rows: unknown) => (rows as object[]).map((row) => JSON.stringify(row)).sort();
      expect(sorted(await progressOf(store, id))).toEqual(sorted(counted));
    }
  }

  test("agree with the jobs, whatever happens to these at the same time", async ({ store }) => {
    const rng = createRng("counts");
    const ids = [
      await planned(store, "first", layers("a", 12, 6)),
      await planned(store, "second", { jobs: [...layers("a", 12, 3).jobs, ...layers("b", 10, 5).jobs], cells: [] }),
    ];
    const act = async (who: string) => {
      const tickets = await takeReady(store, 6);
      const held = await claimAll(store, tickets.map(({ key }) => key).sort(), who);
      const fates = held.map((job) => ({ held: job, fate: rng.uniform() }));
      await commitAll(
        store,
        fates.filter(({ fate }) => fate < 0.7).map((one) => ({ held: one.held, outcome, where })),
      );
      for (const { held: job, fate } of fates.filter((one) => one.fate >= 0.7)) {
        const failure = { error: "no", retryable: fate < 0.95, maxFailures: 3, backoffSeconds: 0 };
        if (fate < 0.8) await handBack(store, job);
        else if (fate < 0.98) await failAttempt(store, job, failure);
      }
    };
    for (let round = 0; round < 12; round++) {
      await Promise.all([act("one"), act("two"), act("three"), sumCounts(store)]);
      if (round === 4) ids.push(await planned(store, "third", { jobs: layers("b", 10, 7).jobs, cells: [] }));
      if (round === 6) await Promise.all([freeLost(store), act("one"), retryFailed(store, ids[0] as string)]);
      if (round === 8) await Promise.all([cancelExperiment(store, ids[1] as string), act("two"), sumCounts(store)]);
      if (round === 10) await Promise.all([planned(store, "second", layers("b", 10, 6)), act("one"), act("two")]);
      await compare(store, ids);
    }
  });

  test("are exact when a plan is written while its jobs are claimed and committed", async ({ store }) => {
    const plan = layers("a", 30, 4);
    const ids = [await planned(store, "first", plan)];
    const work = (async () => {
      for (let done = 0; done < 120; ) {
        const tickets = await takeReady(store, 5);
        const held = await claimAll(store, tickets.map(({ key }) => key).sort(), "worker");
        await commitAll(
          store,
          held.map((job) => ({ held: job, outcome, where })),
        );
        done += held.length;
      }
    })();
    for (const name of ["second", "third", "fourth"]) ids.push(await planned(store, name, plan));
    await work;
    await compare(store, ids);
    const progress = await progressOf(store, ids[3] as string);
    expect(progress.filter(({ state }) => state === "done").reduce((sum, { count }) => sum + count, 0)).toBe(120);
  });
});

describe("a batch of commits", () => {
  test("takes those whose claims hold, releases what they allow, and says which", async ({ store }) => {
    await planned(store, "batch", aPlan({ a: [], b: [], lost: [], both: ["a", "b"], more: ["a", "lost"] }));
    const held = await claimAll(store, ["a", "b", "lost"], "worker");
    await freeLost(store);
    const again = [await claim(store, "a", "other"), await claim(store, "b", "other")] as Claim[];
    const stale = held.filter(({ key }) => key === "lost");
    const batch = [...stale, ...again].map((job) => ({ held: job, outcome, where }));
    expect(await commitAll(store, batch)).toEqual(new Set(["a", "b"]));
    expect(await statesOf(store)).toEqual({ a: "done", b: "done", lost: "ready", both: "ready", more: "waiting" });
    expect(await store.db.job.findUnique({ where: { key: "more" } })).toMatchObject({ pending: 1 });
  });
});

describe("a large plan", () => {
  const telemetry = openTelemetry({ level: "silent", addresses: [] });
  const plan = (store: Store) => planAll({ store, catalogFor, telemetry }, traceSchedule(telemetry, store));

  test("lets its process do other things while it is made and written", async ({ store }) => {
    await submitSweep(store, "large", 4_000);
    let turns = 0;
    let planning = true;
    const others = (async () => {
      for (; planning; turns++) await new Promise((resolve) => setImmediate(resolve));
    })();
    await plan(store);
    planning = false;
    await others;
    expect(turns).toBeGreaterThan(20);
    expect(await store.db.job.count()).toBeGreaterThan(3_900);
  });

  test("is not written a second time, and says what it found done", async ({ store }) => {
    const id = await submitSweep(store, "twice", 80);
    await plan(store);
    const before = await writers(store);
    await submitSweep(store, "twice", 80);
    await plan(store);
    expect(await writers(store)).toEqual(before);
    expect(await findExperiment(store, id)).toMatchObject({ state: "running" });
    const [first] = await takeReady(store, 1);
    const held = (await claim(store, first?.key as string, "worker")) as Claim;
    await commitAll(store, [{ held, outcome, where }]);
    const written = await writers(store);
    await submitSweep(store, "twice", 80);
    await plan(store);
    expect(await writers(store)).toEqual(written);
    const cached = await store.db.$queryRaw`
      SELECT job.key FROM "ExperimentJob" wanted JOIN "Job" job ON job.key = wanted."jobKey"
      JOIN "Experiment" experiment ON experiment.id = wanted."experimentId"
      WHERE is_cached(job.state, job."finishedAt", wanted."askedAt", experiment."askedAt")`;
    expect(cached).toEqual([{ key: held.key }]);
  });

  test("leaves nothing when it is cut off in the middle, and is written by the next", async ({
    store,
    databaseUrl,
  }) => {
    const plan = layers("a", 400, 10);
    const id = await planned(store, "empty", aPlan({}));
    await store.db.experiment.update({ where: { id }, data: { state: "submitted" } });
    // The cells' table is locked, so that the plan has to wait in the middle.
    const blocker = new pg.Client({ connectionString: databaseUrl });
    await blocker.connect();
    await blocker.query(`BEGIN; LOCK TABLE "Cell" IN ACCESS EXCLUSIVE MODE`);
    const writing = recordPlan(store, id, plan).then(
      () => "written",
      () => "cut off",
    );
    await eventually("the plan waits for the cells", async () => {
      const [cut] = await store.db.$queryRaw<[{ pids: number }]>`
        SELECT count(pg_terminate_backend(pid))::int AS pids FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%"Cell"%'`;
      return cut.pids > 0;
    });
    expect(await writing).toBe("cut off");
    await blocker.end();
    expect(await store.db.job.count()).toBe(0);
    expect(await findExperiment(store, id)).toMatchObject({ state: "submitted" });
    await recordPlan(store, id, plan);
    expect(await store.db.job.count()).toBe(4_000);
    expect(await store.db.offer.count()).toBe(400);
  });
});
