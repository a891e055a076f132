import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "@shadowfarm/core/version";
import { catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { SCHEDULER_DEFAULTS, startScheduler } from "@shadowfarm/scheduler/scheduler";
import type { Store } from "@shadowfarm/store/client";
import { cancelExperiment, type Terms } from "@shadowfarm/store/experiments";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import { type Claim, claim, commit } from "@shadowfarm/store/jobs";
import { announceLeader, awaitLeader } from "@shadowfarm/store/leader";
import { mendOffers, takeReady } from "@shadowfarm/store/shares";
import { livePools, type Pool, registerWorker, retireWorker, unservedExperiments } from "@shadowfarm/store/workers";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { openChildren } from "@shadowfarm/worker/children";
import type { Compute } from "@shadowfarm/worker/compute";
import { type RunningWorker, startWorker, WORKER_DEFAULTS, type WorkerConfig } from "@shadowfarm/worker/worker";
import { afterEach, describe, expect } from "vitest";
import { eventually, test } from "../fixtures.ts";
import { aPlan, planned, statesOf } from "../plans.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const silent = () => openTelemetry({ level: "silent", addresses: [] });

/** What a test has started; ended in the reverse order. */
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aScheduler(store: Store): Promise<void> {
  const sender = await openSender({ databaseUrl: store.url, redisUrl: null, prefix: "test" });
  ends.push(() => sender.close());
  const scheduler = await startScheduler({ ...SCHEDULER_DEFAULTS, store, sender, catalogFor, telemetry: silent() });
  ends.push(() => scheduler.stop());
}

async function aWorker(store: Store, changes: Partial<WorkerConfig>): Promise<RunningWorker> {
  const worker = await startWorker({
    ...WORKER_DEFAULTS,
    store,
    queue: { databaseUrl: store.url, redisUrl: null, prefix: "test" },
    compute: atOnce([]),
    artifacts: openFolder(tmpdir()),
    slots: 2,
    engine: "test",
    version: VERSION,
    telemetry: silent(),
    ...changes,
  });
  ends.push(() => worker.stop());
  return worker;
}

/** Does every job at once, and notes which. */
function atOnce(did: string[]): Compute {
  return {
    async run({ key }) {
      did.push(key);
      return [{ key, outcome: { artifacts: {}, seconds: 0.01 } }];
    },
    ready: async () => {},
    close: async () => {},
  };
}

/** Has every job wait until it is released, or aborted. */
function onRelease() {
  const waiting = new Map<string, () => void>();
  const compute: Compute = {
    ...atOnce([]),
    async run({ key }, signal) {
      await new Promise<void>((resolve, reject) => {
        waiting.set(key, resolve);
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
      return [{ key, outcome: { artifacts: {}, seconds: 0.01 } }];
    },
  };
  return { compute, waiting };
}

/** One job without inputs, and so many behind it. */
function fan(prefix: string, count: number) {
  const behind = Array.from({ length: count }, (_, index) => [`${prefix}${index}`, [`${prefix}-first`]]);
  return aPlan({ [`${prefix}-first`]: [], ...Object.fromEntries(behind) });
}

async function isDone(store: Store, id: string): Promise<boolean> {
  return (await store.db.experiment.findUnique({ where: { id } }))?.state === "done";
}

/** Workers that are in the database alone. */
async function aPool(store: Store, changes: Partial<Pool> = {}): Promise<{ id: string; pool: Pool }> {
  const id = `fake-${randomBytes(6).toString("hex")}`;
  const { engine = "test", slots = 2, labels = [], memory = 0 } = changes;
  const name = await registerWorker(store, { id, machine: "m", pid: 1, slots, engine, version: "0", labels, memory });
  return { id, pool: (await livePools(store)).find((pool) => pool.name === name) as Pool };
}

async function children(): Promise<number[]> {
  const listed = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  const found: number[] = [];
  for (const pid of listed.split(" ").filter(Boolean)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes("child.ts")) found.push(Number(pid));
  }
  return found;
}

describe("jobs go to workers that can run them", () => {
  test("of two engines at once, and a full queue of one keeps nothing from the other", async ({ store }) => {
    const cpu: string[] = [];
    const gpu = onRelease();
    const ids = {
      cpu: await planned(store, "cpu", fan("cpu", 40), { user: "ann" }, "onnx"),
      gpu: await planned(store, "gpu", fan("gpu", 40), { user: "ann" }, "onnx-cuda"),
    };
    await aWorker(store, { engine: "onnx", compute: atOnce(cpu) });
    await aWorker(store, { engine: "onnx-cuda", compute: gpu.compute });
    await aScheduler(store);
    const freed = new Set<string>();
    const free = (wanted: (key: string) => boolean) => {
      for (const [key, release] of gpu.waiting) {
        if (freed.has(key) || !wanted(key)) continue;
        freed.add(key);
        release();
      }
    };
    // What needs no engine may have gone to either.
    await eventually("the CPU's experiment is done while GPUs are busy", async () => {
      free((key) => key.endsWith("-first"));
      return isDone(store, ids.cpu);
    });
    await eventually("both GPU slots have a job", async () => gpu.waiting.size - freed.size === 2);
    await eventually("the other is done as well", async () => {
      free(() => true);
      return isDone(store, ids.gpu);
    });
    expect(cpu.filter((key) => /^gpu\d/.test(key))).toEqual([]);
    expect([...gpu.waiting.keys()].filter((key) => /^cpu\d/.test(key))).toEqual([]);
    expect(await store.db.attempt.count({ where: { outcome: { not: "done" } } })).toBe(0);
  });

  test("of what an experiment requires", async ({ store }) => {
    const plan = (prefix: string) => aPlan({ [`${prefix}1`]: [], [`${prefix}2`]: [] });
    const ask = (name: string, terms: Terms) => planned(store, name, plan(name), { user: name, ...terms });
    await ask("any", {});
    await ask("big", { memory: 40 });
    await ask("a100", { labels: ["a100", "gpu"] });
    const small = await aPool(store, { labels: ["gpu"], memory: 16 });
    const fits = async ({ pool }: { pool: Pool }) =>
      (await takeReady(store, 100, { pool })).map(({ key }) => key).sort();
    expect(await fits(small)).toEqual(["any1", "any2"]);
    const large = await aPool(store, { labels: ["gpu", "a100"], memory: 40 });
    expect(await unservedExperiments(store, [small.pool])).toMatchObject([
      { name: "big", memory: 40, jobs: 2 },
      { name: "a100", labels: ["a100", "gpu"], jobs: 2 },
    ]);
    expect(await unservedExperiments(store, [small.pool, large.pool])).toEqual([]);
    expect(await fits(large)).toEqual(["a1001", "a1002", "big1", "big2"]);
  });

  test("and what a user has of one pool counts where another is shared", async ({ store }) => {
    const many = (prefix: string) =>
      aPlan(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${prefix}${i}`, [`${prefix}-in`]])));
    const add = async (prefix: string, user: string, engine: string) => {
      await planned(store, prefix, many(prefix), { user }, engine);
      await store.db.$executeRaw`
        UPDATE "Job" SET state = CASE kind WHEN 'prepare' THEN 'done' ELSE 'ready' END::"JobState" WHERE key LIKE ${`${prefix}%`}`;
      await mendOffers(store);
    };
    await add("a", "ann", "onnx-cuda");
    await add("b", "bob", "onnx-cuda");
    await add("c", "bob", "onnx");
    const gpu = await aPool(store, { engine: "onnx-cuda" });
    const cpu = await aPool(store, { engine: "onnx" });
    const handed: Record<string, number> = {};
    for (let round = 0; round < 10; round++) {
      for (const { pool } of [gpu, cpu]) {
        for (const { key } of await takeReady(store, 4, { pool })) {
          handed[key.charAt(0)] = (handed[key.charAt(0)] ?? 0) + 1;
          const held = (await claim(store, key, "worker")) as Claim;
          await commit(store, held, { artifacts: {}, seconds: 1 }, { engine: "test", machine: "m", version: "0" });
        }
      }
    }
    expect(handed.c).toBe(40);
    expect((handed.a as number) + (handed.b as number)).toBe(40);
    expect(handed.a).toBeGreaterThan(handed.b as number);
  });

  test("who come to wait for them, as status and the scheduler say meanwhile", async ({ store, cli, databaseUrl }) => {
    const id = await planned(store, "lonely", fan("job", 5), { labels: ["a100"] }, "onnx-cuda");
    const worker = await aWorker(store, { engine: "onnx", labels: ["a100"] });
    await aScheduler(store);
    await eventually("what needs no engine is done", async () => (await statesOf(store))["job-first"] === "done");
    const { stdout } = await cli.run(["status"], { DATABASE_URL: databaseUrl });
    expect(stdout).toContain(
      `5 ready jobs of lonely (${id}) wait for a worker with onnx-cuda, label a100: none is there`,
    );
    await aWorker(store, { engine: "onnx-cuda", labels: ["a100"] });
    await eventually("it is done", () => isDone(store, id));
    expect(await store.db.attempt.count({ where: { workerId: worker.id } })).toBe(1);
  });

  test("and to others when those are gone, or busy while others are idle", async ({ store }) => {
    const id = await planned(
      store,
      "moving",
      aPlan(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`a${i}`, []]))),
    );
    // Two pools that never take anything: one goes, one stays.
    const gone = await aPool(store, { labels: ["gone"] });
    const busy = await aPool(store, { labels: ["busy"] });
    for (const { pool } of [gone, busy]) expect(await takeReady(store, 3, { pool })).toHaveLength(3);
    await retireWorker(store, gone.id);
    const did: string[] = [];
    await aWorker(store, { compute: atOnce(did) });
    await aScheduler(store);
    await eventually("it is done", () => isDone(store, id));
    expect(did).toHaveLength(9);
  });

  test("of the scheduler's version, and others are refused with both named", async ({ store }) => {
    await announceLeader(store, "0.1.0");
    await awaitLeader(store, VERSION, 0);
    await store.db.leader.updateMany({ data: { version: "0.0.7", protocol: "0123abcd" } });
    await expect(awaitLeader(store, VERSION, 0)).rejects.toThrow(
      /this worker is Shadowfarm 0\.1\.0 \(jobs [0-9a-f]{8}\), the scheduler 0\.0\.7 \(jobs 0123abcd\).*run the same/,
    );
    await store.db.leader.updateMany({ data: { heartbeat: new Date(Date.now() - 60_000) } });
    await awaitLeader(store, VERSION, 0);
    const { id } = await aPool(store);
    await store.db.worker.update({ where: { id }, data: { pool: "test-ofanother" } });
    expect(await livePools(store)).toEqual([]);
  });
});

describe("a worker that is told to stop", () => {
  test("takes nothing new and finishes what it has; in a hurry it hands it back", async ({ store }) => {
    await planned(store, "draining", aPlan({ a: [], b: [], c: [], d: [], e: [] }));
    await aScheduler(store);
    const { compute, waiting } = onRelease();
    const worker = await aWorker(store, { compute, slots: 2 });
    await eventually("two jobs run", async () => waiting.size === 2);
    const stopped = worker.stop(3_600_000);
    const [first] = [...waiting.values()];
    first?.();
    await eventually("one is done", async () => Object.values(await statesOf(store)).includes("done"));
    const hurried = worker.stop();
    await Promise.all([stopped, hurried]);
    expect(waiting.size).toBe(2);
    expect(Object.values(await statesOf(store)).sort()).toEqual(["done", "ready", "ready", "ready", "ready"]);
    const attempts = await store.db.attempt.findMany({ orderBy: { outcome: "asc" } });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["done", "cancelled"]);
    expect(await livePools(store)).toEqual([]);
  });

  test("hands back what its grace time does not suffice for", async ({ store }) => {
    await planned(store, "long", aPlan({ a: [] }));
    await aScheduler(store);
    const { compute, waiting } = onRelease();
    const worker = await aWorker(store, { compute });
    await eventually("it runs", async () => waiting.size === 1);
    await worker.stop(200);
    expect(await store.db.job.findUnique({ where: { key: "a" } })).toMatchObject({ state: "ready", failures: 0 });
  });
});

describe.skipIf(process.platform !== "linux")("a compute process", () => {
  const settings = (folder: string) => ({
    artifacts: { kind: "folder" as const, folder: path.join(folder, "artifacts") },
    datasetFolders: [],
    nchwc: true,
    checkpointSeconds: 0,
  });

  /** The next compute process, as soon as it is there: long before it could have done anything. */
  async function fresh(known: readonly number[] = []): Promise<number> {
    return eventually(
      "a process is there",
      async () => (await children()).find((pid) => !known.includes(pid)),
      100_000,
    );
  }

  test("that stands still is killed, and one that is killed from outside is told as such", async ({
    store,
    folder,
  }) => {
    await planned(store, "still", aPlan({ a: [] }));
    const compute = openChildren({ ...settings(folder), stuckMs: 4_000 }, silent().log);
    await aWorker(store, { slots: 1, compute });
    await aScheduler(store);
    const first = await fresh();
    process.kill(first, "SIGSTOP");
    process.kill(await fresh([first]), "SIGKILL");
    const attempts = await eventually("both attempts have failed", async () => {
      const failed = await store.db.attempt.findMany({ where: { outcome: "failed" }, orderBy: { fence: "asc" } });
      return failed.length >= 2 && failed;
    });
    expect(attempts[0]?.error).toMatch(
      /made no progress: it used no CPU time for 4 s, and was killed; SHADOWFARM_STUCK/,
    );
    expect(attempts[1]?.error).toMatch(/was killed by SIGKILL/);
  });

  test("that hears nothing of a cancellation, as in a native call, is killed", async ({ store, folder }) => {
    const id = await planned(store, "deaf", aPlan({ a: [] }));
    const compute = openChildren({ ...settings(folder), stuckMs: 3_600_000 }, silent().log);
    await aWorker(store, { slots: 1, compute });
    await aScheduler(store);
    const pid = await fresh();
    process.kill(pid, "SIGSTOP");
    await cancelExperiment(store, id);
    await eventually("it is gone", async () => !(await children()).includes(pid));
    expect(await store.db.attempt.count({ where: { outcome: "failed" } })).toBe(0);
  });

  test("is given jobs that are none: they fail with what is wrong, and the rest goes on", async ({ store, folder }) => {
    const did: string[] = [];
    const compute = openChildren({ ...settings(folder), stuckMs: 600_000 }, silent().log);
    const poisoned: Compute = {
      ...compute,
      run: (job, ...rest) => (job.key.startsWith("fine") ? atOnce(did).run(job, ...rest) : compute.run(job, ...rest)),
    };
    const jobs = aPlan({ nothing: [], strange: [], fine1: [], fine2: ["fine1"], behind: ["strange"] });
    await planned(store, "poison", jobs);
    await store.db.$executeRaw`UPDATE "Job" SET params = 'null' WHERE key = 'nothing'`;
    await store.db.$executeRaw`UPDATE "Job" SET params = '{"dataset": {"name": 7}}' WHERE key = 'strange'`;
    await aWorker(store, { compute: poisoned });
    await aScheduler(store);
    await eventually("all have ended", async () =>
      Object.values(await statesOf(store)).every((state) => ["done", "failed", "blocked"].includes(state)),
    );
    expect(await statesOf(store)).toMatchObject({ nothing: "failed", strange: "failed", behind: "blocked" });
    expect(did.sort()).toEqual(["fine1", "fine2"]);
    const { error } = await store.db.job.findUniqueOrThrow({ where: { key: "nothing" } });
    expect(error).toBe("the job's parameters are null, not those of a prepare job");
  });

  test("has one GPU for life, and each has as many processes", async ({ store, folder }) => {
    await planned(store, "gpus", aPlan({ a: [], b: [], c: [], d: [] }));
    const compute = openChildren({ ...settings(folder), devices: ["3", "5"], stuckMs: 600_000 }, silent().log);
    ends.push(() => compute.close());
    const { signal } = new AbortController();
    const runs: Promise<unknown>[] = [];
    for (const key of ["a", "b", "c", "d"]) {
      const held = await claim(store, key, "worker");
      if (held)
        runs.push(
          compute.run(held, signal, {
            claimMore: async () => [],
            hear: () => {},
            keep: () => {},
            tellSteps: () => {},
          }),
        );
    }
    const devices = await eventually("four processes have started", async () => {
      const environments = await Promise.all((await children()).map((pid) => readFile(`/proc/${pid}/environ`, "utf8")));
      const found = environments.flatMap((text) => /\0CUDA_VISIBLE_DEVICES=(\d)\0/.exec(text)?.[1] ?? []);
      return found.length === 4 && found;
    });
    expect(devices.sort()).toEqual(["3", "3", "5", "5"]);
    await Promise.all(runs);
  });
});

test("shadowfarm worker says what it has, and is not misled by GPUs that no engine uses", async ({
  store,
  databaseUrl,
  folder,
}) => {
  await writeFile(path.join(folder, "nvidia-smi"), "#!/bin/sh\necho '0, Fake GPU, 40960'\n");
  await chmod(path.join(folder, "nvidia-smi"), 0o755);
  const start = (...args: string[]): { child: ChildProcess; ended: Promise<{ code: number | null; text: string }> } => {
    const main = path.join(ROOT, "apps/farm/src/main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", main, "worker", ...args], {
      cwd: ROOT,
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        HOME: folder,
        SHADOWFARM_HOME: folder,
        DATABASE_URL: databaseUrl,
        SHADOWFARM_ENGINE: "onnx",
      },
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, text }))) };
  };
  const { child, ended } = start("--procs", "3", "--gpus", "auto", "--labels", "big", "--memory", "48", "--grace", "5");
  const row = await eventually("it is there", async () => store.db.worker.findFirst());
  expect(row).toMatchObject({ slots: 3, engine: "onnx", labels: ["big", "cpu"], memory: 16 });
  child.kill("SIGTERM");
  const { code, text } = await ended;
  expect(code).toBe(0);
  expect(text).toContain("this machine's GPUs are not used");
  expect(await start("--gpus", "2").ended).toMatchObject({
    code: 2,
    text: expect.stringContaining("SHADOWFARM_GPUS: 2 are asked for, and 1 are here"),
  });
});
