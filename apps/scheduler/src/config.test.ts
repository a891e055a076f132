import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const DATABASE_URL = "postgres://db";

test("a scheduler of its own shares the cluster's database with its queue, and may have a Redis", () => {
  expect(readConfig({ DATABASE_URL, REDIS_URL: "redis://queue", SHADOWFARM_QUEUE_PREFIX: "lab" })).toEqual({
    databaseUrl: DATABASE_URL,
    queue: { databaseUrl: DATABASE_URL, redisUrl: "redis://queue", prefix: "lab" },
    logLevel: "info",
    metrics: null,
    traced: false,
  });
});

test("without a database it is refused, with the reason", () => {
  expect(() => readConfig({ DATABASE_URL: "" })).toThrow(InvalidInput);
  expect(() => readConfig({})).toThrow("DATABASE_URL: missing; a scheduler of its own needs the cluster's database");
});
