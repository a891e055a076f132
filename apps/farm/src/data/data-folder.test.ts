import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EnvironmentFault, InvalidInput } from "@shadowfarm/core/errors";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checksumOf, copyTree, folderFault, publish, recordChecksum, recordedChecksum } from "./data-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;

describe("faults in writing name the folder and the remedy:", () => {
  test.each([
    ["ENOSPC", /no room left in \/data \(ENOSPC\); free some and give the same command again/],
    ["EFBIG", /no room left/],
    ["EACCES", /\/data cannot be written \(EACCES\); make it writable, or set SHADOWFARM_DATASETS to another/],
    ["EROFS", /cannot be written/],
  ])("%s", (code, message) => {
    const fault = folderFault(Object.assign(new Error("raw"), { code }), "/data");
    expect(fault).toBeInstanceOf(EnvironmentFault);
    expect(String(fault)).toMatch(message);
  });

  test("others stay what they are", () => {
    const error = new TypeError("a mistake of ours");
    expect(folderFault(error, "/data")).toBe(error);
    expect(folderFault(null, "/data")).toBe(null);
  });
});

test("checksums are of the bytes; of what is not there, there is none", async () => {
  const file = path.join(folder, "abc");
  await writeFile(file, "abc");
  expect(await checksumOf(file, "md5")).toBe("900150983cd24fb0d6963f7d28e17f72");
  expect(await checksumOf(file, "sha256")).toMatch(/^ba7816bf8f01cfea4141/);
  expect(await checksumOf(path.join(folder, "nothing"), "md5")).toBe(null);
});

test("recorded checksums are kept a line a file, also when several arrive at once", async () => {
  const names = ["a", "b c", "d"];
  await Promise.all(names.map((name, at) => recordChecksum(path.join(folder, name), `${at}`.repeat(64))));
  await recordChecksum(path.join(folder, "a"), "f".repeat(64));
  const found = await Promise.all([...names, "e"].map((name) => recordedChecksum(path.join(folder, name))));
  expect(found).toEqual(["f".repeat(64), "1".repeat(64), "2".repeat(64), null]);
  await recordChecksum(path.join(folder, "b c"), null);
  expect(await readFile(path.join(folder, "SHA256SUMS"), "utf8")).toBe(`${"2".repeat(64)}  d\n${"f".repeat(64)}  a\n`);
  expect(await readdir(folder)).toEqual(["SHA256SUMS"]);
});

test("a published file takes the place of an earlier one", async () => {
  await writeFile(path.join(folder, "file"), "old");
  await writeFile(path.join(folder, "unfinished"), "new");
  await publish(path.join(folder, "unfinished"), path.join(folder, "file"));
  expect(await readFile(path.join(folder, "file"), "utf8")).toBe("new");
  expect(await readdir(folder)).toEqual(["file"]);
});

test("copies are of files and folders of files, and of nothing else in them", async () => {
  const from = path.join(folder, "from");
  await mkdir(path.join(from, "deep"), { recursive: true });
  await writeFile(path.join(from, "deep", "file"), "content");
  await symlink("/etc", path.join(from, "elsewhere"));
  await copyTree(from, path.join(folder, "to"), signal);
  expect((await readdir(path.join(folder, "to"), { recursive: true })).sort()).toEqual([
    "deep",
    path.join("deep", "file"),
  ]);
  await copyTree(path.join(from, "deep", "file"), path.join(folder, "one", "file"), signal);
  expect(await readFile(path.join(folder, "one", "file"), "utf8")).toBe("content");
});

test("an original that cannot be read is named", async () => {
  const missing = path.join(folder, "missing");
  await expect(copyTree(missing, path.join(folder, "to"), signal)).rejects.toThrow(InvalidInput);
  await expect(copyTree(missing, path.join(folder, "to"), signal)).rejects.toThrow(
    `${missing} cannot be read (ENOENT)`,
  );
});
