import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import type { Dataset } from "@shadowfarm/ml/unit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { byteDataset } from "./byte-dataset.fixture.ts";
import { importFiles } from "./import-files.ts";

let folder: string;
let stick: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  stick = path.join(folder, "stick");
  data = path.join(folder, "data");
});
afterEach(() => rm(folder, { recursive: true }));

function aDataset(name: string, ...files: string[]): Dataset {
  return byteDataset(
    name,
    files.map((file) => ({ file, urls: [], checksum: null, bytes: 1 })),
  );
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** The files below a folder. */
async function filesIn(place: string): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.relative(place, path.join(entry.parentPath, entry.name))).sort();
}

const first = aDataset("first", "a", "b");
const second = aDataset("second", "c");
const { signal } = new AbortController();

const take = (place: string, datasets = [first, second]) => importFiles(place, datasets, data, signal);

describe("files are taken", () => {
  test.each([
    ["from a folder of them", "", ""],
    ["from a folder of datasets", "first", ""],
    ["from the dataset's own folder", "first", "first"],
    ["from a folder, one of them being named", "", "a"],
  ])("%s", async (_, within, named) => {
    await write(path.join(stick, within, "a"), "aaa");
    await write(path.join(stick, within, "b"), "bb");
    await write(path.join(stick, within, "holiday.jpg"), "not data");
    expect(await take(path.join(stick, named))).toEqual({
      imported: [
        {
          ...{ dataset: "first", state: "imported", origin: "bytes", records: 5 },
          ...{ checksum: expect.stringMatching(/^[0-9a-f]{64}$/), files: ["a", "b"] },
        },
      ],
      problems: [],
    });
    expect(await filesIn(data)).toEqual(["first/a", "first/b"]);
    expect(await take(path.join(stick, named))).toMatchObject({ imported: [{ state: "present" }] });
  });

  test("of several datasets at once; of one alone when a file of it is named", async () => {
    await write(path.join(stick, "a"), "aaa");
    await write(path.join(stick, "c"), "c");
    expect(await take(path.join(stick, "c"))).toMatchObject({ imported: [{ dataset: "second" }] });
    expect(await take(stick)).toMatchObject({
      imported: [
        { dataset: "first", state: "imported" },
        { dataset: "second", state: "present" },
      ],
    });
  });

  test("once for datasets that have them in common, to where all look for them", async () => {
    const one = aDataset("one", "c");
    const other: Dataset = { ...aDataset("other", "c"), folder: "one", locate: aDataset("one", "c").locate };
    await write(path.join(stick, "c"), "ccc");
    expect(await take(stick, [other, one])).toMatchObject({
      imported: [
        { dataset: "other", records: 3 },
        { dataset: "one", records: 3 },
      ],
    });
    expect(await filesIn(data)).toEqual(["one/c"]);
  });

  test("in place of damaged ones", async () => {
    await write(path.join(data, "first", "a"), "damaged");
    await write(path.join(data, "first", "notes"), "kept");
    await write(path.join(stick, "a"), "aaa");
    expect(await take(stick)).toMatchObject({ imported: [{ state: "imported" }], problems: [] });
    expect(await readFile(path.join(data, "first", "a"), "utf8")).toBe("aaa");
    expect(await filesIn(data)).toEqual(["first/a", "first/notes"]);
  });
});

describe("files are not taken", () => {
  test("when they are damaged, which keeps no other dataset back", async () => {
    await write(path.join(stick, "a"), "damaged");
    await write(path.join(stick, "c"), "c");
    expect(await take(stick)).toMatchObject({
      imported: [{ dataset: "second" }],
      problems: [`${path.join(stick, "a")} is damaged; download it again`],
    });
    expect(await filesIn(data)).toEqual(["second/c"]);
  });

  test("when there are others of that dataset", async () => {
    await write(path.join(data, "first", "a"), "others");
    await write(path.join(stick, "a"), "aaa");
    expect(await take(stick)).toEqual({
      imported: [],
      problems: [`${path.join(data, "first", "a")} is of other data of first (bytes); move it away to import these`],
    });
    expect(await readFile(path.join(data, "first", "a"), "utf8")).toBe("others");
  });

  test("when a folder is in their place", async () => {
    await write(path.join(data, "second", "c", "deep"), "in the way");
    await write(path.join(stick, "c"), "c");
    const { problems } = await take(stick);
    expect(problems).toEqual([expect.stringMatching(/c is in the way \(EISDIR\); move it away$/)]);
    expect(await filesIn(data)).toEqual(["second/c/deep"]);
  });

  test("when they may be of several datasets, until one is named", async () => {
    await write(path.join(stick, "c"), "c");
    const third = aDataset("third", "c");
    expect(await take(stick, [second, third])).toEqual({
      imported: [],
      problems: [`${path.join(stick, "c")} may be of second or third; say which with --name`],
    });
    expect(await take(stick, [third])).toMatchObject({ imported: [{ dataset: "third" }] });
  });

  test("when none is known; the names that are known are listed", async () => {
    await write(path.join(stick, "holiday.jpg"), "not data");
    await expect(take(stick)).rejects.toThrow(
      `nothing in ${stick} is of a dataset; files are known by their official names:\n  first: a, b\n  second: c`,
    );
    const nowhere = path.join(stick, "nowhere");
    await expect(take(nowhere)).rejects.toThrow(`${nowhere} cannot be read (ENOENT); give a file or a folder`);
  });

  test("by a folder that cannot be written", async () => {
    await write(path.join(stick, "a"), "aaa");
    await write(data, "a file");
    await expect(take(stick)).rejects.toThrow(EnvironmentFault);
  });

  test("when it is interrupted, and nothing of them is left", async () => {
    await write(path.join(stick, "a"), "aaa");
    const reason = new Error("interrupted");
    await expect(importFiles(stick, [first], data, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await filesIn(data)).toEqual([]);
  });
});
