import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readArray } from "./array-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-array-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(name: string, content?: string) {
  const file = path.join(folder, name);
  if (content !== undefined) await writeFile(file, content);
  return readArray(file);
}

test("the extension says the format, and the array knows its file", async () => {
  expect(await read("a.CSV", "1,2\n3,4\n")).toEqual({
    file: path.join(folder, "a.CSV"),
    shape: [2, 2],
    data: Float64Array.of(1, 2, 3, 4),
  });
});

test.each([
  ["another extension", "a.mat", "1", 'a.mat: ".mat" is not a known extension; give a .npy or .csv file'],
  ["no extension", "a", "1", 'a: "" is not a known extension'],
  ["a missing file", "a.npy", undefined, "a.npy: cannot be read (ENOENT); give the path of a .npy or .csv file"],
  ["text in place of an array", "a.npy", "1,2", "a.npy: not a .npy file"],
])("%s is refused", async (_, name, content, message) => {
  await expect(read(name, content)).rejects.toThrow(message);
});
