import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cifar100 } from "./cifar100.ts";
import { aTar } from "./formats/archives.fixture.ts";
import { aBatch, pixelsOf } from "./formats/cifar.fixture.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cifar100-"));
  await mkdir(join(folder, "cifar100", "cifar-100-binary"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, content: Uint8Array) =>
  writeFile(join(folder, "cifar100", "cifar-100-binary", name), content);

async function found() {
  const located = await cifar100.locate([folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}

const train = aBatch([
  [19, 99],
  [0, 1],
]);
const testing = aBatch([[3, 4]], 2);

test("the class is the fine label; training records come first, and either file may be missing", async () => {
  expect(await cifar100.locate([folder])).toBeNull();
  await write("test.bin", testing);
  expect((await cifar100.load(await found())).labels).toEqual(Int32Array.of(4));
  await write("train.bin", train);
  expect((await found()).origin).toBe("2 binary batches, 3 records");
  const inspected = await cifar100.inspect(await found());
  expect(inspected).toMatchObject({ records: 3, largestGroup: 1 });
  const { features, labels } = await cifar100.load(await found());
  expect(labels).toEqual(Int32Array.of(99, 1, 4));
  expect(Buffer.from(features as Uint8Array).equals(pixelsOf(3))).toBe(true);

  const archive = await aTar([
    { name: "cifar-100-binary/test.bin", content: testing },
    { name: "cifar-100-binary/train.bin", content: train },
  ]);
  await writeFile(join(folder, "cifar-100-binary.tar.gz"), gzipSync(archive));
  await rm(join(folder, "cifar100"), { recursive: true });
  expect((await found()).origin).toBe("archive cifar-100-binary.tar.gz");
  expect(await cifar100.inspect(await found())).toEqual(inspected);
});

test.each([
  [
    "a coarse label",
    [
      [1, 2],
      [20, 3],
    ],
    "record 1: label byte 0 is 20, not 0 … 19",
  ],
  ["a fine label", [[1, 100]], "record 0: label byte 1 is 100, not 0 … 99"],
])("%s out of range is refused with its record", async (_, labels, problem) => {
  await write("train.bin", aBatch(labels));
  await expect(cifar100.load(await found())).rejects.toThrow(`train.bin, ${problem}; download it again`);
});

test("a file in CIFAR-10's format is refused", async () => {
  await write("train.bin", aBatch([[1], [2]]));
  await expect(cifar100.inspect(await found())).rejects.toThrow(
    "train.bin ends 3072 bytes into record 1: it has 6146 bytes, and a record 3074; download it again",
  );
});

test.skipIf(real.length === 0)("the preview of 100 records (needs SHADOWFARM_DATASETS)", async () => {
  const located = await cifar100.locate(real.map((place) => join(place, "cifar100-preview")));
  if (located === null) throw new Error("no preview of CIFAR-100 in SHADOWFARM_DATASETS");
  expect(await cifar100.inspect(located)).toMatchObject({ records: 100 });
  const { labels } = await cifar100.load(located);
  expect([...labels.subarray(0, 5)]).toEqual([19, 29, 0, 11, 1]);
  expect(new Set(labels).size).toBe(67);
});
