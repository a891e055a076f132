import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const DATABASE_URL = "postgres://db";

test("a worker of its own shares the cluster's database with its queue, and may have a Redis", () => {
  expect(readConfig({ DATABASE_URL, SHADOWFARM_WORKERS: "2", SHADOWFARM_EXIT_WHEN_IDLE: "60" })).toMatchObject({
    databaseUrl: DATABASE_URL,
    queue: { databaseUrl: DATABASE_URL, redisUrl: null, prefix: "shadowfarm" },
    engine: "auto",
    nchwc: true,
    gpus: "auto",
    wanted: { SHADOWFARM_WORKERS: 2, SHADOWFARM_LABELS: [] },
    grace: 30,
    stuckMs: 600_000,
    checkpointSeconds: 60,
    exitWhenIdle: 60,
    logLevel: "info",
    metrics: null,
    traced: false,
  });
  expect(readConfig({ DATABASE_URL }).exitWhenIdle).toBeNull();
  expect(readConfig({ DATABASE_URL, REDIS_URL: "redis://queue" }).queue.redisUrl).toBe("redis://queue");
});

test("without a database it is refused, with the reason", () => {
  expect(() => readConfig({})).toThrow(InvalidInput);
  expect(() => readConfig({})).toThrow("DATABASE_URL: missing; a worker of its own needs the cluster's database");
});
