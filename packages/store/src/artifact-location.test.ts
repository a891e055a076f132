import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseEnvironment } from "@shadowfarm/core/environment";
import { expect, test } from "vitest";
import { artifactsLocationOf, describeLocation } from "./artifact-location.ts";

function locationOf(variables: Record<string, string>) {
  return artifactsLocationOf(parseEnvironment({ SHADOWFARM_HOME: "home", ...variables }));
}

test("a folder is in the home unless it is named", () => {
  expect(locationOf({})).toEqual({ kind: "folder", folder: path.resolve("home/artifacts") });
  expect(locationOf({ SHADOWFARM_ARTIFACTS: "shared" })).toEqual({ kind: "folder", folder: path.resolve("shared") });
  expect(locationOf({ ARTIFACTS_FOLDER: "older" })).toEqual({ kind: "folder", folder: path.resolve("older") });
  expect(locationOf({ ARTIFACTS_FOLDER: "older", SHADOWFARM_ARTIFACTS: "newer" })).toMatchObject({
    folder: path.resolve("newer"),
  });
});

test("a bucket is Amazon's unless there is an endpoint", () => {
  expect(locationOf({ SHADOWFARM_ARTIFACTS: "s3://lab" })).toEqual({
    kind: "s3",
    bucket: "lab",
    prefix: "",
    endpoint: null,
    region: "us-east-1",
    pathStyle: false,
    credentials: null,
    cacheFolder: path.resolve("home/artifact-cache"),
    cacheBytes: 10e9,
  });
  const minio = {
    SHADOWFARM_ARTIFACTS: "s3://lab/of/us/",
    SHADOWFARM_S3_ENDPOINT: "https://minio:9000",
    AWS_REGION: "eu-central-1",
  };
  expect(locationOf(minio)).toMatchObject({ prefix: "of/us/", pathStyle: true, region: "eu-central-1" });
  expect(locationOf({ ...minio, SHADOWFARM_S3_PATH_STYLE: "0", SHADOWFARM_S3_REGION: "lab" })).toMatchObject({
    pathStyle: false,
    region: "lab",
  });
  expect(describeLocation(locationOf(minio))).toBe("s3://lab/of/us/ at https://minio:9000");
});

test("credentials come in pairs, from variables or files", async () => {
  const lab = { SHADOWFARM_ARTIFACTS: "s3://lab" };
  const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  const file = path.join(folder, "secret");
  await writeFile(file, "from a file\n");
  expect(locationOf({ ...lab, SHADOWFARM_S3_ACCESS_KEY: "key", SHADOWFARM_S3_SECRET_KEY_FILE: file })).toMatchObject({
    credentials: { accessKeyId: "key", secretAccessKey: "from a file" },
  });
  expect(() => locationOf({ ...lab, SHADOWFARM_S3_ACCESS_KEY: "key" })).toThrow(/^SHADOWFARM_S3_SECRET_KEY: missing/);
  expect(() => locationOf({ ...lab, SHADOWFARM_S3_SECRET_KEY: "s" })).toThrow(/^SHADOWFARM_S3_ACCESS_KEY: missing/);
  await rm(folder, { recursive: true });
  expect(() => locationOf({ ...lab, SHADOWFARM_S3_SECRET_KEY_FILE: file })).toThrow(
    /SHADOWFARM_S3_SECRET_KEY_FILE: ".*" cannot be read \(ENOENT\)/,
  );
});
