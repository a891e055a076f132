import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catalogFor } from "@shadowfarm/ml/catalog";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { consume, openSender } from "@shadowfarm/queue/queue";
import { SCHEDULER_DEFAULTS, startScheduler } from "@shadowfarm/scheduler/scheduler";
import type { Store } from "@shadowfarm/store/client";
import { type Claim, claim, commit } from "@shadowfarm/store/jobs";
import { seekLead } from "@shadowfarm/store/signals";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { describe, expect, inject } from "vitest";
import { eventually, test } from "../fixtures.ts";
import { leaderOf } from "../leader.ts";
import { aPlan, planned } from "../plans.ts";
import { aPool } from "../pool.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Each scheduler's own: a registry has every metric once. */
const silent = () => openTelemetry({ level: "silent", addresses: [] });
const where = { engine: "test", machine: "test", version: "0" };

function chain(prefix: string, length: number) {
  const entries = Array.from({ length }, (_, index) => [
    `${prefix}${index}`,
    index > 0 ? [`${prefix}${index - 1}`] : [],
  ]);
  return aPlan(Object.fromEntries(entries));
}

async function isDone(store: Store, id: string): Promise<boolean> {
  return (await store.db.experiment.findUnique({ where: { id } }))?.state === "done";
}

/** A worker that does at once whatever it is given. */
async function aWorker(store: Store, queue: QueueConfig, did: string[] = []) {
  const pool = await aPool(store);
  return consume(queue, { concurrency: 4, pool, onError: () => {} }, async (key) => {
    const held = (await claim(store, key, "worker")) as Claim | null;
    if (held === null) return;
    did.push(key);
    await commit(store, held, { artifacts: {}, seconds: 0.1 }, where);
  });
}

describe("a lock to lead by", () => {
  test("is held by one, and taken over when its holder ends or its connection is cut", async ({ store }) => {
    let changes = 0;
    const first = await seekLead(store, "test", () => changes++);
    const second = await seekLead(store, "test", () => {});
    expect([first.held(), second.held(), changes]).toEqual([true, false, 1]);
    await store.db.$executeRaw`
      SELECT pg_terminate_backend(lock.pid) FROM pg_locks lock JOIN pg_stat_activity activity ON activity.pid = lock.pid
      WHERE lock.locktype = 'advisory' AND activity.datname = current_database() AND application_name LIKE 'shadowfarm test %'`;
    // It knows before it could have tried again: whoever leads then has won the lock anew.
    await eventually("the first has lost it", async () => changes >= 2);
    await eventually("one of them leads again", async () => first.held() !== second.held());
    const [leader, other] = first.held() ? [first, second] : [second, first];
    await leader.close();
    expect(leader.held()).toBe(false);
    await eventually("the other leads", async () => other.held());
    await other.close();
  });
});

describe.each(["postgres", "redis"] as const)("two schedulers with the queue on %s", (backend) => {
  const redisUrl = backend === "redis" ? inject("redisUrl") : null;
  const on = test.skipIf(backend === "redis" && redisUrl === null);
  const queueAt = (databaseUrl: string): QueueConfig => ({
    databaseUrl,
    redisUrl,
    prefix: `test-${randomBytes(6).toString("hex")}`,
  });

  on("in processes of their own: the other goes on when the leader is killed", async ({ store, databaseUrl }) => {
    const queue = queueAt(databaseUrl);
    const processes = new Map<number, ChildProcess>();
    const start = () => {
      const env = {
        ...process.env,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl ?? "",
        SHADOWFARM_QUEUE_PREFIX: queue.prefix,
        SHADOWFARM_LOG_LEVEL: "silent",
      };
      const main = path.join(ROOT, "apps/scheduler/src/main.ts");
      const child = spawn(process.execPath, ["--import", "tsx", main], { cwd: ROOT, env, stdio: "ignore" });
      processes.set(child.pid as number, child);
    };
    const id = await planned(store, "chain", chain("a", 60));
    const worker = await aWorker(store, queue);
    try {
      start();
      start();
      const leader = await eventually("one leads", () => leaderOf(store));
      await eventually("the other stands by", async () => {
        const [row] = await store.db.$queryRaw<[{ count: number }]>`
          SELECT count(*)::int AS count FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'shadowfarm scheduler %'`;
        return row.count === 2;
      });
      await eventually("it runs", async () => store.db.job.findFirst({ where: { key: "a5", state: "done" } }));
      expect((await leaderOf(store))?.process).toBe(leader.process);
      processes.get(leader.process)?.kill("SIGKILL");
      await eventually("the experiment is done", () => isDone(store, id));
      const next = await eventually("the other leads", () => leaderOf(store));
      expect(next.process).not.toBe(leader.process);
      expect([...processes.keys()]).toContain(next.process);
      expect(await store.db.attempt.count({ where: { outcome: { not: "done" } } })).toBe(0);
    } finally {
      for (const child of processes.values()) child.kill("SIGKILL");
      await worker.close();
    }
  });

  on(
    "lose no job and do none twice when the leader's connection is cut, again and again",
    async ({ store, databaseUrl }) => {
      const queue = queueAt(databaseUrl);
      const id = await planned(store, "cut", chain("a", 60));
      const senders = await Promise.all([1, 2].map(() => openSender(queue)));
      const schedulers = await Promise.all(
        senders.map((sender) =>
          startScheduler({ ...SCHEDULER_DEFAULTS, store, sender, catalogFor, telemetry: silent() }),
        ),
      );
      const did: string[] = [];
      const worker = await aWorker(store, queue, did);
      for (const reached of [5, 20, 40]) {
        await eventually(`job ${reached} is done`, async () => did.length > reached);
        const leader = await eventually("one leads", () => leaderOf(store));
        await store.db.$executeRaw`SELECT pg_terminate_backend(${leader.backend}::int)`;
      }
      await eventually("the experiment is done", () => isDone(store, id));
      expect(did).toEqual(Array.from({ length: 60 }, (_, index) => `a${index}`));
      await worker.close();
      await Promise.all(schedulers.map((scheduler) => scheduler.stop()));
      await Promise.all(senders.map((sender) => sender.close()));
    },
  );

  on("rebuild a queue that was emptied, from the database alone", async ({ store, databaseUrl }) => {
    const queue = queueAt(databaseUrl);
    const keys = Array.from({ length: 30 }, (_, index) => `a${index}`);
    const id = await planned(store, "emptied", aPlan(Object.fromEntries(keys.map((key) => [key, []]))));
    const sender = await openSender(queue);
    const scheduler = await startScheduler({ ...SCHEDULER_DEFAULTS, store, sender, catalogFor, telemetry: silent() });
    const pool = await aPool(store);
    await eventually("all jobs that were handed out wait in the queue", async () => {
      const handedOut = await store.db.job.count({ where: { enqueuedAt: { not: null } } });
      return handedOut > 0 && (await sender.size([pool])) === handedOut;
    });
    // Whatever it sends from here on comes beside those, which are lost.
    await emptyQueue(store, queue);
    const did: string[] = [];
    const worker = await aWorker(store, queue, did);
    await eventually("the experiment is done", () => isDone(store, id));
    expect(did.sort()).toEqual([...keys].sort());
    await worker.close();
    await scheduler.stop();
    await sender.close();
  });
});

/** What a flushed Redis, or a restored database, looks like. */
async function emptyQueue(store: Store, { redisUrl, prefix }: QueueConfig): Promise<void> {
  if (redisUrl === null) {
    const tables = await store.db.$queryRaw<{ name: string }[]>`
      SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%'`;
    await store.db.$executeRawUnsafe(`TRUNCATE ${tables.map(({ name }) => name).join(", ")}`);
    return;
  }
  const { hostname, port } = new URL(redisUrl);
  const script = "for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end return 'emptied'";
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`EVAL "${script}" 0 {${prefix}}*\r\n`));
    socket.once("error", reject);
    socket.once("data", (answer: Buffer) => {
      socket.end();
      if (answer.toString().includes("emptied")) resolve();
      else reject(new Error(answer.toString()));
    });
  });
}
