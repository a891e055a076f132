import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkWritable, writeWhole } from "./whole-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-whole-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a file takes its place whole, also that of an older one", async () => {
  const file = path.join(folder, "a.csv");
  await writeWhole(file, "old", "--scores");
  await checkWritable(file, "--scores");
  await writeWhole(file, "new", "--scores");
  expect(await readFile(file, "utf8")).toBe("new");
  expect(await readdir(folder)).toEqual(["a.csv"]);
});

test("what cannot be written leaves nothing", async () => {
  await mkdir(path.join(folder, "taken"));
  const taken = path.join(folder, "taken");
  await expect(checkWritable(taken, "--scores")).rejects.toThrow(
    `${taken}: cannot be written (it is a folder); give another place with --scores`,
  );
  await expect(writeWhole(taken, "x", "--out")).rejects.toThrow(/cannot be written .*; give another place with --out/);
  expect(await readdir(folder)).toEqual(["taken"]);
});

test("a folder that is not there", async () => {
  const file = path.join(folder, "nowhere", "a.csv");
  await expect(checkWritable(file, "--scores")).rejects.toThrow(/a\.csv: cannot be written \(ENOENT/);
});
