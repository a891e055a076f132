import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { submitExperiment } from "@shadowfarm/store/experiments";
import { describe, expect } from "vitest";
import { readConfig } from "../../apps/farm/src/config.ts";
import { checkSubmission } from "../../apps/farm/src/submission.ts";
import { eventually, test } from "../fixtures.ts";
import { slow, writeSpec } from "../specs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Processes that a process started and that are alive. */
async function childrenOf(pid: number): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return listed.split(" ").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("killing", () => {
  test("a compute process in the middle of a training costs one attempt", async ({ cli, folder }) => {
    const { process: farm, finished } = cli.start(["run", await writeSpec(folder, { name: "child", ...slow })]);
    const store = await cli.store();
    await store.until(
      "both models are in training",
      async ({ db }) => (await db.job.count({ where: { kind: "train", state: "running" } })) === 2,
    );
    const [victim] = await childrenOf(farm.pid as number);
    process.kill(victim as number, "SIGKILL");

    expect((await finished).code).toBe(0);
    const attempts = await store.db.attempt.findMany({ where: { outcome: { not: "done" } } });
    expect(attempts).toMatchObject([{ outcome: "failed", error: expect.stringMatching(/was killed by SIGKILL/) }]);
    expect(await store.db.job.count({ where: { state: { not: "done" } } })).toBe(0);
    expect(await store.db.result.count()).toBe(4);
    await store.close();
  });

  test("the whole farm costs only what was not finished", async ({ cli, folder }) => {
    const spec = await writeSpec(folder, {
      name: "farm",
      ...slow,
      defenses: ["none", { name: "dropout", hidden: [0.25, 0.5, 0.75] }],
    });
    const { process: farm, finished } = cli.start(["run", spec]);
    const store = await cli.store();
    await store.until(
      "a model is trained and another in training",
      async ({ db }) =>
        (await db.job.findFirst({ where: { kind: "train", state: "done" } })) &&
        db.job.findFirst({ where: { kind: "train", state: "running" } }),
    );
    const children = await childrenOf(farm.pid as number);
    farm.kill("SIGKILL");
    await finished;
    await eventually("its compute processes end by themselves", async () => !children.some(isAlive));
    const before = await store.db.job.findMany({
      where: { state: "done" },
      select: { key: true, fence: true, finishedAt: true },
    });
    expect(before.length).toBeGreaterThan(1);

    const again = await cli.run(["run", spec]);
    expect(again.code).toBe(0);
    const kept = await store.db.job.findMany({
      where: { key: { in: before.map(({ key }) => key) } },
      select: { key: true, fence: true, finishedAt: true },
    });
    expect(new Map(kept.map((job) => [job.key, job]))).toEqual(new Map(before.map((job) => [job.key, job])));
    expect(await store.db.job.count({ where: { state: { not: "done" } } })).toBe(0);
    expect(await store.db.attempt.count({ where: { outcome: "lost" } })).toBeGreaterThan(0);
    expect(await store.db.result.count()).toBe(8);
    expect(await store.db.cell.count()).toBe(8);
    await store.close();
  });

  test("a worker gives its jobs to the next one", async ({ store, databaseUrl, folder }) => {
    const processes: ChildProcess[] = [];
    const start = (app: string) => {
      const child = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps", app, "src/main.ts")], {
        cwd: ROOT,
        env: {
          ...process.env,
          DATABASE_URL: databaseUrl,
          REDIS_URL: "",
          SHADOWFARM_DATASETS: "",
          SHADOWFARM_HOME: path.join(folder, "home"),
          SHADOWFARM_WORKERS: "2",
          SHADOWFARM_LOG_LEVEL: "silent",
        },
        stdio: "ignore",
      });
      processes.push(child);
      return child;
    };
    try {
      const config = readConfig({ SHADOWFARM_HOME: path.join(folder, "home") });
      const id = await submitExperiment(
        store,
        await checkSubmission(await writeSpec(folder, { name: "worker", ...slow }), config, false),
      );
      start("scheduler");
      const first = start("worker");
      await eventually(
        "both models are in training",
        async () => (await store.db.job.count({ where: { kind: "train", state: "running" } })) === 2,
      );
      const prepared = await store.db.job.findFirst({ where: { kind: "prepare" } });
      first.kill("SIGKILL");
      start("worker");
      await eventually(
        "the experiment is done",
        async () => (await store.db.experiment.findUnique({ where: { id } }))?.state === "done",
        100_000,
      );
      expect(await store.db.attempt.count({ where: { outcome: "lost" } })).toBe(2);
      expect(await store.db.job.findFirst({ where: { kind: "prepare" } })).toEqual(prepared);
      expect(await store.db.result.count()).toBe(4);
    } finally {
      await Promise.all(
        processes.map(
          (child) =>
            new Promise((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve(null);
              child.once("exit", resolve);
              child.kill("SIGTERM");
            }),
        ),
      );
    }
  });
});
