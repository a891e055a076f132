import { availableParallelism, userInfo } from "node:os";
import path from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

test("with nothing set: embedded database, queue in Postgres, files below the home, one job a core", () => {
  expect(readConfig({})).toEqual({
    home: path.resolve(".shadowfarm"),
    artifacts: { kind: "folder", folder: path.resolve(".shadowfarm/artifacts") },
    datasetFolders: [path.resolve(".shadowfarm/datasets")],
    engine: "auto",
    nchwc: true,
    checkpointSeconds: 60,
    slots: availableParallelism(),
    wanted: { SHADOWFARM_LABELS: [], SHADOWFARM_MEMORY: undefined },
    stuckMs: 600_000,
    databaseUrl: null,
    postgresPort: undefined,
    queue: { redisUrl: null, prefix: "shadowfarm" },
    logLevel: "info",
    metrics: null,
    traced: false,
    api: { host: "127.0.0.1", port: null, rate: 6_000 },
    user: userInfo().username,
  });
});

test("every variable has its place", () => {
  const variables = {
    SHADOWFARM_HOME: "/home",
    SHADOWFARM_DATASETS: ["/one", "/two"].join(path.delimiter),
    SHADOWFARM_ENGINE: "cpu",
    SHADOWFARM_NCHWC: "0",
    SHADOWFARM_WORKERS: "3",
    SHADOWFARM_LABELS: "big, fast",
    SHADOWFARM_MEMORY: "64",
    SHADOWFARM_STUCK: "60",
    SHADOWFARM_POSTGRES_PORT: "5433",
    SHADOWFARM_LOG_LEVEL: "debug",
    SHADOWFARM_METRICS_PORT: "9464",
    SHADOWFARM_METRICS_HOST: "::",
    SHADOWFARM_API_HOST: "0.0.0.0",
    SHADOWFARM_API_PORT: "80",
    SHADOWFARM_API_RATE: "60",
    SHADOWFARM_QUEUE_PREFIX: "lab",
    SHADOWFARM_ARTIFACTS: "/shared",
    SHADOWFARM_USER: "ann",
    DATABASE_URL: "postgres://db",
    REDIS_URL: "redis://queue",
  };
  expect(readConfig(variables)).toEqual({
    home: path.resolve("/home"),
    artifacts: { kind: "folder", folder: path.resolve("/shared") },
    datasetFolders: [path.resolve("/one"), path.resolve("/two")],
    engine: "cpu",
    nchwc: false,
    checkpointSeconds: 60,
    slots: 3,
    wanted: { SHADOWFARM_LABELS: ["big", "fast"], SHADOWFARM_MEMORY: 64 },
    stuckMs: 60_000,
    databaseUrl: "postgres://db",
    postgresPort: 5433,
    queue: { redisUrl: "redis://queue", prefix: "lab" },
    logLevel: "debug",
    metrics: { host: "::", port: 9464 },
    traced: false,
    api: { host: "0.0.0.0", port: 80, rate: 60 },
    user: "ann",
  });
});

test("a wrong variable is refused by name", () => {
  expect(() => readConfig({ SHADOWFARM_WORKERS: "many" })).toThrow(InvalidInput);
  expect(() => readConfig({ SHADOWFARM_WORKERS: "many" })).toThrow("SHADOWFARM_WORKERS");
});
