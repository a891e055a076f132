import { randomBytes } from "node:crypto";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { consume, openSender } from "@shadowfarm/queue/queue";
import { describe, expect, inject } from "vitest";
import { eventually, test } from "../fixtures.ts";

const onError = () => {};

describe.each(["postgres", "redis"] as const)("the queue on %s", (backend) => {
  const redisUrl = backend === "redis" ? inject("redisUrl") : null;
  const on = test.skipIf(backend === "redis" && redisUrl === null);
  const configOf = (databaseUrl: string): QueueConfig => ({
    databaseUrl,
    redisUrl,
    prefix: `test-${randomBytes(6).toString("hex")}`,
  });

  on("delivers each message once, to one of several consumers", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    expect(sender.backend).toBe(backend);
    const received: string[] = [];
    const consumers = await Promise.all(
      [1, 2].map(() => consume(config, { concurrency: 4, onError }, async (key) => void received.push(key))),
    );
    const keys = Array.from({ length: 200 }, (_, index) => `job${index}`);
    await sender.send(keys.map((key) => ({ key, fence: 0 })));
    await eventually("all messages arrive", async () => received.length >= keys.length && (await sender.size()) === 0);
    expect([...received].sort()).toEqual([...keys].sort());
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await sender.close();
  });

  on("ignores a message that it still has, and takes it again once it was handled", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    const message = { key: "a", fence: 3 };
    await sender.send([message]);
    await sender.send([message]);
    expect(await sender.size()).toBe(1);
    const received: string[] = [];
    const consumer = await consume(config, { concurrency: 1, onError }, async (key) => void received.push(key));
    await eventually("the message is handled", async () => received.length === 1 && (await sender.size()) === 0);
    await sender.send([message]);
    await eventually("it is handled again", async () => received.length === 2);
    await consumer.close();
    await sender.close();
  });

  on("drops the message of a handler that throws, and goes on", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    const received: string[] = [];
    const consumer = await consume(config, { concurrency: 1, onError }, async (key) => {
      received.push(key);
      if (key === "poison") throw new Error("no");
    });
    await sender.send([
      { key: "poison", fence: 0 },
      { key: "fine", fence: 0 },
    ]);
    await eventually("both were handled", async () => received.includes("fine") && (await sender.size()) === 0);
    expect(received).toHaveLength(2);
    await consumer.close();
    await sender.close();
  });

  on("keeps the messages of pools apart", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    await sender.send([{ key: "gpu", fence: 0 }], "onnx-cuda-1");
    await sender.send([{ key: "cpu", fence: 0 }], "onnx-1");
    expect(await sender.size(["onnx-cuda-1", "onnx-1"])).toBe(2);
    const received: string[] = [];
    const options = { concurrency: 4, pool: "onnx-1", onError };
    const consumer = await consume(config, options, async (key) => void received.push(key));
    await eventually("its message is handled", async () => (await sender.size(["onnx-1"])) === 0);
    expect(received).toEqual(["cpu"]);
    expect(await sender.size(["onnx-cuda-1"])).toBe(1);
    await consumer.close();
    await sender.close();
  });

  on("tells of messages that are no keys, and goes on", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    const errors: string[] = [];
    const received: string[] = [];
    const options = { concurrency: 1, onError: (error: Error) => void errors.push(error.message) };
    const consumer = await consume(config, options, async (key) => void received.push(key));
    await sender.send([
      { key: { evil: true } as unknown as string, fence: 0 },
      { key: "fine", fence: 0 },
    ]);
    await eventually("both were handled", async () => received.length === 1 && (await sender.size()) === 0);
    expect(errors).toEqual([`dropped a message that is no job's key: {"evil":true}`]);
    await consumer.close();
    await sender.close();
  });

  on("begins anew beside a handler that runs, and loses nothing", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    const running = new Map<string, () => void>();
    const handled: string[] = [];
    const consumer = await consume(config, { concurrency: 2, onError }, async (key) => {
      await new Promise<void>((resolve) => running.set(key, resolve));
      running.delete(key);
      handled.push(key);
    });
    await sender.send([{ key: "old", fence: 0 }]);
    await eventually("it is being handled", async () => running.has("old"));
    await consumer.reopen();
    await sender.send(["new1", "new2"].map((key) => ({ key, fence: 0 })));
    for (const key of ["new1", "new2", "old"]) {
      await eventually(`${key} is being handled`, async () => running.has(key));
      running.get(key)?.();
    }
    await consumer.close();
    expect(handled.sort()).toEqual(["new1", "new2", "old"]);
    await sender.close();
  });

  on("waits for running handlers when it is closed", async ({ databaseUrl }) => {
    const config = configOf(databaseUrl);
    const sender = await openSender(config);
    let start: () => void = () => {};
    let release: () => void = () => {};
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let ended = false;
    const consumer = await consume(config, { concurrency: 1, onError }, async () => {
      start();
      await released;
      ended = true;
    });
    await sender.send([{ key: "slow", fence: 0 }]);
    await started;
    const closing = consumer.close();
    release();
    await closing;
    expect(ended).toBe(true);
    await sender.close();
  });
});

test("a Redis that cannot be reached is named, with the remedy", async ({ databaseUrl }) => {
  await expect(openSender({ databaseUrl, redisUrl: "redis://127.0.0.1:1", prefix: "x" })).rejects.toThrow(
    /REDIS_URL cannot be reached.*unset REDIS_URL/,
  );
});
