import path from "node:path";
import { describe, expect, test } from "vitest";
import { datasetFoldersOf, environmentSchema, metricsAddressOf, parseEnvironment } from "./environment.ts";
import { InvalidInput } from "./errors.ts";

/** The lines that a person is told about variables that are refused. */
function complaints(variables: Record<string, string | undefined>): readonly string[] {
  try {
    parseEnvironment(variables);
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
  return [];
}

test("with nothing set, the farm is embedded", () => {
  expect(parseEnvironment({})).toEqual({
    SHADOWFARM_HOME: ".shadowfarm",
    SHADOWFARM_ENGINE: "auto",
    SHADOWFARM_GPUS: "auto",
    SHADOWFARM_LABELS: [],
    SHADOWFARM_GRACE: 30,
    SHADOWFARM_STUCK: 600,
    SHADOWFARM_CHECKPOINT_SECONDS: 60,
    SHADOWFARM_NCHWC: "1",
    SHADOWFARM_ARTIFACT_CACHE: 10,
    SHADOWFARM_LOG_LEVEL: "info",
    SHADOWFARM_METRICS_HOST: "127.0.0.1",
    SHADOWFARM_API_HOST: "127.0.0.1",
    SHADOWFARM_API_RATE: 6_000,
    SHADOWFARM_QUEUE_PREFIX: "shadowfarm",
  });
});

test("empty variables count as unset, and others of the system are left alone", () => {
  const empty = Object.fromEntries(Object.keys(environmentSchema.shape).map((name) => [name, ""]));
  expect(parseEnvironment({ ...empty, PATH: "/bin", HOME: undefined })).toEqual(parseEnvironment({}));
});

test("numbers are read as such, and spaces around paths and addresses dropped", () => {
  const env = parseEnvironment({ SHADOWFARM_WORKERS: "4", SHADOWFARM_POSTGRES_PORT: "5433", REDIS_URL: " redis://r " });
  expect(env).toMatchObject({ SHADOWFARM_WORKERS: 4, SHADOWFARM_POSTGRES_PORT: 5433, REDIS_URL: "redis://r" });
});

test.each<[string, string, string]>([
  [
    "SHADOWFARM_ENGINE",
    "gpu",
    'unknown value "gpu"; use "auto", "onnx", "onnx-cuda", "tensorflow-gpu", "tensorflow", "wasm" or "cpu"',
  ],
  ["SHADOWFARM_GPUS", "all", '"all" does not fit; give auto or a whole number from 0 to 64'],
  [
    "SHADOWFARM_LABELS",
    "a100,two words",
    '"a100,two words" does not fit; give words of letters, digits, dots, dashes and underscores, with commas between them',
  ],
  ["SHADOWFARM_WORKERS", "two", '"two" does not fit; give a whole number'],
  ["SHADOWFARM_WORKERS", "-1", '"-1" does not fit; give a whole number'],
  ["SHADOWFARM_WORKERS", "1.5", '"1.5" does not fit; give a whole number'],
  ["SHADOWFARM_WORKERS", "0", '"0" is too small; use at least 1'],
  ["SHADOWFARM_WORKERS", "9".repeat(30), `"${"9".repeat(30)}" is too large; use at most 1024`],
  ["SHADOWFARM_POSTGRES_PORT", "65536", '"65536" is too large; use at most 65535'],
  ["SHADOWFARM_QUEUE_PREFIX", "a:b", '"a:b" does not fit; use letters, digits, dashes and underscores'],
  ["SHADOWFARM_ARTIFACTS", "gs://bucket", '"gs://bucket" does not fit; give a folder or s3://bucket/prefix'],
  ["SHADOWFARM_ARTIFACTS", "s3://B", '"s3://B" does not fit; give a folder or s3://bucket/prefix'],
  ["SHADOWFARM_S3_ENDPOINT", "minio:9000", '"minio:9000" does not fit; give an address such as https://minio.lab:9000'],
  [
    "REDIS_URL",
    "redis+sentinel://:secret@queue",
    '"***" does not fit; the master\'s name is missing; sentinels know it: redis+sentinel://host:port/NAME',
  ],
  ["SHADOWFARM_HOME", "  ", '"  " is too short; use at least 1 character'],
])("%s=%s is refused", (name, value, complaint) => {
  expect(complaints({ [name]: value })).toEqual([`${name}: ${complaint}`]);
});

test("every wrong variable is named at once", () => {
  expect(complaints({ SHADOWFARM_WORKERS: "0", SHADOWFARM_ENGINE: "gpu" })).toHaveLength(2);
});

test("every variable says what it is for, and the optional ones what holds without them", () => {
  for (const [name, schema] of Object.entries(environmentSchema.shape)) {
    expect(schema.description, name).toMatch(/\w/);
    if (parseEnvironment({})[name as keyof typeof environmentSchema.shape] === undefined) {
      expect(schema.description, name).toContain("default:");
    }
  }
});

test("metrics are served on the loopback address, and only when a port is named", () => {
  expect(metricsAddressOf(parseEnvironment({ SHADOWFARM_METRICS_HOST: "::" }))).toBeNull();
  expect(metricsAddressOf(parseEnvironment({ SHADOWFARM_METRICS_PORT: "0" }))).toEqual({ host: "127.0.0.1", port: 0 });
  const all = { SHADOWFARM_METRICS_PORT: "9464", SHADOWFARM_METRICS_HOST: "0.0.0.0" };
  expect(metricsAddressOf(parseEnvironment(all))).toEqual({ host: "0.0.0.0", port: 9464 });
});

describe("folders", () => {
  const home = { SHADOWFARM_HOME: "home" };

  test("are in the home unless they are named", () => {
    expect(datasetFoldersOf(parseEnvironment(home))).toEqual([path.resolve("home/datasets")]);
    expect(datasetFoldersOf(parseEnvironment(home))).toEqual([path.resolve("home/datasets")]);
  });

  test("of data are separated by the system's delimiter, empty ones left out", () => {
    const list = ["/data", "", "more"].join(path.delimiter);
    expect(datasetFoldersOf(parseEnvironment({ ...home, SHADOWFARM_DATASETS: list }))).toEqual([
      path.resolve("/data"),
      path.resolve("more"),
    ]);
  });
});
