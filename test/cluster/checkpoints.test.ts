import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { startScheduler } from "@shadowfarm/scheduler/scheduler";
import { dropCheckpoint, keepCheckpoint } from "@shadowfarm/store/checkpoints";
import type { Store } from "@shadowfarm/store/client";
import { collectArtifacts } from "@shadowfarm/store/collect-artifacts";
import { submitExperiment } from "@shadowfarm/store/experiments";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import { type Claim, claim, claimAlike, handBack } from "@shadowfarm/store/jobs";
import { storedName } from "@shadowfarm/store/stored-name";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { describe, expect } from "vitest";
import { readConfig } from "../../apps/farm/src/config.ts";
import { checkSubmission } from "../../apps/farm/src/submission.ts";
import { eventually, test } from "../fixtures.ts";
import { aPlan, aTraining, planned } from "../plans.ts";
import { writeSpec } from "../specs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const bytes = 10;
const refOf = (digit: string) => ({ sha256: digit.repeat(64), bytes });

async function claimed(store: Store, key: string): Promise<Claim> {
  const held = await claim(store, key, "worker");
  if (!held) throw new Error(`${key} cannot be claimed`);
  return held;
}

describe("where a job stands", () => {
  test("is kept for its next attempt, by the newest claim alone, and dropped when it is done", async ({ store }) => {
    await planned(store, "fenced", aPlan({ a: [] }));
    const first = await claimed(store, "a");
    expect(first.checkpoint).toEqual([]);
    expect(await keepCheckpoint(store, [first], [refOf("1"), refOf("2")])).toEqual([]);
    expect(await keepCheckpoint(store, [first], [refOf("1"), refOf("3")])).toEqual([refOf("2").sha256]);
    await handBack(store, first);
    expect(await keepCheckpoint(store, [first], [refOf("4")])).toEqual([refOf("4").sha256]);

    const second = await claimed(store, "a");
    expect(second.checkpoint).toEqual([refOf("1"), refOf("3")]);
    // The worker that was taken for dead goes on for a while.
    expect(await keepCheckpoint(store, [first], [refOf("5")])).toEqual([refOf("5").sha256]);
    expect(await keepCheckpoint(store, [second], [refOf("6")])).toEqual([refOf("1").sha256, refOf("3").sha256]);
    expect(await dropCheckpoint(store, ["a"])).toEqual([refOf("6").sha256]);
    expect(await store.db.checkpoint.count()).toBe(0);
  });

  test("decides who trains together: those that were left at the same place", async ({ store }) => {
    const jobs = ["a", "b", "c", "d"].map((key, owner) => aTraining(key, { owner }));
    await planned(store, "packs", { jobs: [...aPlan({ records: [] }).jobs, ...jobs], cells: [] });
    await store.db.job.updateMany({ where: { kind: "train" }, data: { state: "ready" } });
    const pack = [await claimed(store, "a"), await claimed(store, "b")];
    await keepCheckpoint(store, pack, [refOf("1")]);
    for (const held of pack) await handBack(store, held);
    await store.db.worker.create({
      data: { id: "w", machine: "m", pid: 1, slots: 1, engine: "test", version: "0" },
    });
    const again = await claimed(store, "b");
    expect((await claimAlike(store, again, 8, "worker")).map(({ key }) => key)).toEqual(["a"]);
    const fresh = await claimed(store, "c");
    expect((await claimAlike(store, fresh, 8, "worker")).map(({ key }) => key)).toEqual(["d"]);
  });

  test("is no reason to keep bytes once nobody goes on from there", async ({ store, folder }) => {
    await planned(store, "collected", aPlan({ a: [], b: [] }));
    const artifacts = openFolder(folder);
    const [left, going] = [
      await artifacts.put({ meta: 1, tensors: {} }),
      await artifacts.put({ meta: 2, tensors: {} }),
    ];
    await keepCheckpoint(store, [await claimed(store, "a")], [left]);
    await keepCheckpoint(store, [await claimed(store, "b")], [going]);
    await store.db.job.update({ where: { key: "a" }, data: { state: "cancelled" } });
    for (const dryRun of [true, false]) {
      const { removed, kept } = await collectArtifacts(store, artifacts, { keepMs: -1000, unwanted: false, dryRun });
      expect({ removed: removed.count, kept: kept.count }).toEqual({ removed: 1, kept: 1 });
    }
    expect(await store.db.checkpoint.findMany()).toMatchObject([{ jobKey: "b" }]);
  });
});

describe("a training", { timeout: 300_000 }, () => {
  test("goes on where a worker was killed or stopped, to the byte; not from what was altered", async ({
    cli,
    store,
    databaseUrl,
    folder,
  }) => {
    const training = { epochs: 700, batch: 10 };
    const spec = await writeSpec(folder, { name: "long", repeats: 2, records: 150, defenses: ["none"], training });
    const whole = cli.start(["run", spec], { SHADOWFARM_CHECKPOINT_SECONDS: "0" });

    const home = path.join(folder, "cluster");
    const fileOf = (sha256: string) => path.join(home, "artifacts", storedName(sha256));
    const workers: ChildProcess[] = [];
    const startOne = () => {
      const worker = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps/worker/src/main.ts")], {
        cwd: ROOT,
        env: {
          ...process.env,
          ...{ DATABASE_URL: databaseUrl, REDIS_URL: "", SHADOWFARM_DATASETS: "", SHADOWFARM_HOME: home },
          ...{ SHADOWFARM_WORKERS: "1", SHADOWFARM_CHECKPOINT_SECONDS: "1", SHADOWFARM_LOG_LEVEL: "silent" },
          SHADOWFARM_GRACE: "0",
        },
        stdio: "ignore",
      });
      workers.push(worker);
      return worker;
    };
    /** The checkpoint of both trainings, which are computed together, once the given attempt has left one. */
    const leftBy = (fence: number) =>
      eventually(
        `attempt ${fence} has left a checkpoint`,
        async () => {
          const rows = await store.db.checkpoint.findMany({ where: { fence } });
          return rows.length === 2 && (rows[0]?.artifacts as unknown as [{ sha256: string }]);
        },
        100_000,
      );
    const queue = { databaseUrl, redisUrl: null, prefix: "test" };
    const sender = await openSender(queue);
    const telemetry = openTelemetry({ level: "silent", addresses: [] });
    const scheduler = await startScheduler({ store, sender, catalogFor, telemetry, silentSeconds: 5 });
    try {
      const config = readConfig({ SHADOWFARM_HOME: home });
      const id = await submitExperiment(store, await checkSubmission(spec, config, false));
      const killed = startOne();
      await leftBy(1);
      const gone = new Promise((resolve) => killed.once("exit", resolve));
      killed.kill("SIGKILL");
      await gone;
      // Else its slot would count for a while, and the next worker would leave it its share of the pack.
      await store.db.worker.updateMany({ data: { stoppedAt: new Date() } });
      const [first] = await leftBy(1);
      await appendFile(fileOf(first.sha256), "altered");
      const stopped = startOne();
      const [second] = await leftBy(2);
      stopped.kill("SIGTERM");
      startOne();
      await eventually(
        "the experiment is done",
        async () => (await store.db.experiment.findUnique({ where: { id } }))?.state === "done",
        100_000,
      );

      const attempts = await store.db.attempt.findMany({
        where: { job: { kind: "train" } },
        include: { log: true },
        orderBy: [{ jobKey: "asc" }, { fence: "asc" }],
      });
      const outcomes = ["lost", "cancelled", "done"];
      expect(attempts.map(({ outcome }) => outcome)).toEqual([...outcomes, ...outcomes]);
      const said = attempts.map(({ log }) => JSON.stringify(log?.lines ?? []));
      expect(said[1]).toMatch(/a checkpoint is left out, and what it was for starts over: .*altered/);
      expect(said[1]).not.toMatch(/resumed/);
      const [, step] = /resumed at step (\d+)/.exec(said[2] as string) ?? [];
      const steps = training.epochs * Math.ceil(150 / training.batch);
      expect(Number(step)).toBeGreaterThan(0);
      expect(Number(step)).toBeLessThan(steps);

      expect(await whole.finished).toMatchObject({ code: 0 });
      const undisturbed = await cli.store();
      const weightsIn = async ({ db }: Store) =>
        db.artifact.findMany({
          where: { name: "weights" },
          select: { jobKey: true, sha256: true },
          orderBy: { jobKey: "asc" },
        });
      expect(await weightsIn(store)).toEqual(await weightsIn(undisturbed));
      expect(await undisturbed.db.checkpoint.count()).toBe(0);
      await undisturbed.close();

      await eventually("no checkpoint is left", async () => (await store.db.checkpoint.count()) === 0);
      expect([first, second].filter(({ sha256 }) => existsSync(fileOf(sha256)))).toEqual([]);
    } finally {
      for (const worker of workers) worker.kill("SIGTERM");
      await Promise.all(
        workers.map(
          (worker) =>
            (worker.exitCode ?? worker.signalCode) !== null || new Promise((resolve) => worker.once("exit", resolve)),
        ),
      );
      await scheduler.stop();
      await sender.close();
    }
  });
});
