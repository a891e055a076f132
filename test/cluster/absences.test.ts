import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { StoreUnusable } from "@shadowfarm/core/errors";
import { openSender } from "@shadowfarm/queue/queue";
import { openStore } from "@shadowfarm/store/client";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import type { Outcome } from "@shadowfarm/store/jobs";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import type { Compute } from "@shadowfarm/worker/compute";
import { startWorker, WORKER_DEFAULTS } from "@shadowfarm/worker/worker";
import { expect, inject } from "vitest";
import { eventually, test } from "../fixtures.ts";
import { aPlan, planned, statesOf } from "../plans.ts";
import { openProxy } from "../proxy.ts";

const on = test.skipIf(inject("redisUrl") === null);
const outcome: Outcome = { artifacts: {}, seconds: 0.1 };
const idle: Pick<Compute, "ready" | "close"> = { ready: async () => {}, close: async () => {} };

/** A worker with its own way to the database, and its own queue on Redis; `send` gives it messages. */
async function aWorker(databaseUrl: string, compute: Compute) {
  const way = await openProxy(databaseUrl);
  const store = await openStore(way.url, { answerMs: 2_000 });
  const queue = { databaseUrl, redisUrl: inject("redisUrl"), prefix: `test-${randomBytes(6).toString("hex")}` };
  const sender = await openSender(queue);
  const worker = await startWorker({
    ...WORKER_DEFAULTS,
    ...{ store, queue, compute, slots: 1, engine: "test", version: "0" },
    artifacts: openFolder(tmpdir()),
    telemetry: openTelemetry({ level: "silent", addresses: [] }),
  });
  const { pool } = await store.db.worker.findUniqueOrThrow({ where: { id: worker.id } });
  return {
    way,
    waiting: () => sender.size([pool]),
    send: (keys: readonly string[], fence = 0) =>
      sender.send(
        keys.map((key) => ({ key, fence })),
        pool,
      ),
    async stop() {
      await worker.stop();
      await sender.close();
      await store.close();
    },
  };
}

on("what a worker has computed is written when the database is there again", async ({ store, databaseUrl }) => {
  await planned(store, "away", aPlan({ a: [] }));
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const worker = await aWorker(databaseUrl, {
    ...idle,
    async run({ key }) {
      await finished;
      return [{ key, outcome }];
    },
  });
  await worker.send(["a"]);
  await eventually("it is computed", async () => (await statesOf(store)).a === "running");
  await worker.way.cut();
  finish();
  await worker.way.mend();
  await eventually("it is done", async () => (await statesOf(store)).a === "done");
  expect(await store.db.attempt.findMany()).toMatchObject([{ outcome: "done", fence: 1 }]);
  await worker.stop();
});

on.for(["cut", "swallow"] as const)(
  "a worker that cannot reach the database (%s) leaves the messages to others, and comes back",
  async (how, { store, databaseUrl }) => {
    const keys = ["a", "b", "c", "d", "e", "f"];
    await planned(store, "unreachable", aPlan(Object.fromEntries(keys.map((key) => [key, []]))));
    const worker = await aWorker(databaseUrl, { ...idle, run: async ({ key }) => [{ key, outcome }] });
    await worker.way[how]();
    await worker.send(keys);
    await eventually("it has taken one", async () => (await worker.waiting()) < keys.length);
    expect(await worker.waiting()).toBeGreaterThanOrEqual(keys.length - 2);
    await worker.way.mend();
    await eventually("it takes the others", async () => (await worker.waiting()) === 0);
    const done = Object.values(await statesOf(store)).filter((state) => state === "done");
    expect(done.length).toBeGreaterThanOrEqual(keys.length - 2);
    await worker.stop();
  },
);

on("a store of artifacts that cannot be used is not held against a job", async ({ store, databaseUrl }) => {
  await planned(store, "full", aPlan({ a: [] }));
  let full = true;
  const { code, message } = new StoreUnusable("the folder is full");
  let runs = 0;
  const worker = await aWorker(databaseUrl, {
    async run({ key }) {
      runs += 1;
      return [full ? { key, failure: { code, message, stack: "", retryable: true } } : { key, outcome }];
    },
    async ready() {
      if (full) throw new StoreUnusable(message);
    },
    close: async () => {},
  });
  await worker.send(["a"]);
  await eventually("it is handed back", async () => (await statesOf(store)).a === "ready" && runs === 1);
  await worker.send(["a"], 1);
  await eventually("the database knows why", () => store.db.attempt.findFirst({ where: { error: message } }));
  expect(await store.db.job.findUnique({ where: { key: "a" } })).toMatchObject({ failures: 0 });
  full = false;
  await eventually("it is done", async () => (await statesOf(store)).a === "done");
  expect(runs).toBe(2);
  await worker.stop();
});
