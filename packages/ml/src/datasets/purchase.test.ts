import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aTar, type Member } from "./formats/archives.fixture.ts";
import { sha256Of } from "./formats/files.ts";
import { purchase2, purchase10, purchase20, purchase50, purchase100 } from "./purchase.ts";

const all = [purchase2, purchase10, purchase20, purchase50, purchase100];
const width = 600;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "purchase-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Shoppers around `kinds` random prototypes, in turn: a bit is another than its prototype's in 0.2 % of cases. */
function shoppers(records: number, kinds: number): Uint8Array {
  const rng = createRng("shoppers");
  const prototypes = Uint8Array.from({ length: kinds * width }, () => rng.int(2));
  return Uint8Array.from({ length: records * width }, (_, at) => {
    const bit = prototypes[(Math.floor(at / width) % kinds) * width + (at % width)] as number;
    return rng.int(500) === 0 ? 1 - bit : bit;
  });
}

const row = (label: number, bits: Iterable<number>) => [label, ...bits].join(",");
/** Bits as the released file has them, with classes 100, 99, … */
const rowsOf = (bits: Uint8Array) =>
  Array.from({ length: bits.length / width }, (_, at) =>
    row(100 - (at % 100), bits.subarray(at * width, (at + 1) * width)),
  );
const good = row(7, new Uint8Array(width));

async function write(place: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, place);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
  return file;
}
const anArchive = async (content: string, name = "dataset_purchase", others: readonly Member[] = []) =>
  gzipSync(await aTar([{ name, content }, ...others]));

async function found(dataset = purchase100) {
  const located = await dataset.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async (dataset = purchase100) => dataset.inspect(await found(dataset));
const load = async (dataset = purchase100) => dataset.load(await found(dataset));

async function complaint(read: () => Promise<unknown>): Promise<string> {
  const error = await read().catch((thrown: unknown) => thrown);
  if (error instanceof InvalidInput) return error.message;
  throw error;
}

test("the file and its archive are the same records, with the released classes for Purchase-100", async () => {
  const bits = shoppers(120, 3);
  const content = `${rowsOf(bits).join("\n")}\n`;
  await write("dataset_purchase", content);
  const inspected = { records: 120, checksum: sha256Of(content), largestGroup: 1 };
  expect(await inspect()).toEqual(inspected);
  const { features, labels } = await load();
  expect(Buffer.from(features as Uint8Array).equals(bits)).toBe(true);
  expect(labels).toEqual(Int32Array.from({ length: 120 }, (_, at) => 99 - (at % 100)));

  const archive = await write("purchase/dataset_purchase.tgz", await anArchive(content));
  expect((await found()).files).toEqual([archive]);
  for (const dataset of all) expect(await inspect(dataset)).toEqual(inspected);
  const packed = await load();
  expect(packed.labels).toEqual(labels);
  expect(Buffer.from(packed.features as Uint8Array).equals(bits)).toBe(true);
});

test("is looked for in purchase and in the folder itself, the same for all five", async () => {
  await write("purchase10/dataset_purchase", good);
  for (const dataset of all) expect(await dataset.locate([folder])).toBeNull();
  const places = ["", "purchase/"];
  for (const place of places.flatMap((place) => [`${place}dataset_purchase.tgz`, `${place}dataset_purchase`])) {
    const file = await write(place, good);
    for (const dataset of all) {
      expect(await dataset.locate([folder])).toEqual({
        files: [file],
        origin: "Shokri et al.'s file dataset_purchase",
      });
    }
  }
});

describe("fewer classes than the released ones are clusters", () => {
  test("that are found up to their names, always the same", async () => {
    const bits = shoppers(300, 10);
    await write("dataset_purchase", rowsOf(bits).join("\n"));
    const { features, labels } = await load(purchase10);
    expect(Buffer.from(features as Uint8Array).equals(bits)).toBe(true);
    expect([...new Set(labels)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(labels).toEqual(Int32Array.from(labels, (_, at) => labels[at % 10] as number));
    expect((await load(purchase10)).labels).toEqual(labels);
    await write("purchase/dataset_purchase.tgz", await anArchive(rowsOf(bits).join("\r\n")));
    expect((await load(purchase10)).labels).toEqual(labels);
  });

  test.each([purchase2, purchase20, purchase50])("as many as $name has", async (dataset) => {
    await write("dataset_purchase", rowsOf(shoppers(100, 100)).join("\n"));
    const { labels } = await load(dataset);
    expect(labels).toHaveLength(100);
    expect([new Set(labels).size, Math.max(...labels)]).toEqual([dataset.classes, dataset.classes - 1]);
  });

  test("which too few different records do not have", async () => {
    const bits = shoppers(9, 9);
    const file = await write("dataset_purchase", [...rowsOf(bits), ...rowsOf(bits)].join("\n"));
    expect(await complaint(() => load(purchase10))).toBe(`${file}: only 9 different records, too few for 10 classes`);
    expect((await load(purchase2)).labels).toHaveLength(18);
    expect((await load(purchase100)).labels).toHaveLength(18);
  });
});

test.each([
  ["a class out of range", good.replace("7", "101"), ", row 2: the class 101 is not 1 … 100"],
  ["a class in quotes", good.replace("7", '"7"'), ', row 2: the class "7" is not 1 … 100'],
  ["another value", good.replace("7,0,0", "7,0,3"), ', row 2, value 2: "3" is not 0 or 1'],
  ["a value too many", `${good},1`, ", row 2: more than 600 values"],
  ["a cut row", good.slice(0, 100), ", row 2: ends after 49 of 600 values"],
  ["an empty row", "", ", row 2: the class  is not 1 … 100"],
])("%s is refused with its row", async (_, bad, problem) => {
  const file = await write("dataset_purchase", `${good}\n${bad}\n${good}\n`);
  for (const read of [inspect, load]) {
    expect(await complaint(() => read())).toBe(`${file}${problem}; download it again`);
  }
});

test.each([
  ["without the file", () => anArchive(good, "purchases"), 'holds no file named "dataset_purchase"; download it again'],
  ["whose file is empty", () => anArchive(""), "has no rows; download it again"],
  [
    "cut short",
    async () => (await anArchive(rowsOf(shoppers(20, 20)).join("\n"))).subarray(0, -500),
    "cannot be unpacked: unexpected end of file; download it again",
  ],
  [
    "with a link",
    () => anArchive(good, "dataset_purchase", [{ name: "x", type: "symlink", linkname: "/etc" }]),
    'holds "x", a link; do not trust this archive',
  ],
])("an archive %s is refused", async (_, archive, problem) => {
  const file = await write("purchase/dataset_purchase.tgz", await archive());
  for (const read of [inspect, load]) expect(await complaint(read)).toBe(`${file} ${problem}`);
});

test("five datasets of one file, of which four say that their classes are not the original ones", () => {
  expect(all.map(({ name, classes, records }) => [name, classes, records])).toEqual(
    [2, 10, 20, 50, 100].map((classes) => [`purchase${classes}`, classes, 197_324]),
  );
  expect(all.filter(({ paper }) => paper.includes("k-means")).map(({ classes }) => classes)).toEqual([2, 10, 20, 50]);
  for (const dataset of all) {
    expect(dataset.input({})).toEqual({ kind: "binary", shape: [600], low: 0, high: 1 });
    expect(dataset.encoding({})).toEqual({ kind: "none" });
  }
});
