import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cifar10 } from "./cifar10.ts";
import { cifar10Jpeg } from "./cifar10-jpeg.ts";
import { aTar, type Member } from "./formats/archives.fixture.ts";
import { aBatch, pixelsOf } from "./formats/cifar.fixture.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cifar10-"));
});
afterEach(() => rm(folder, { recursive: true }));

const labels = (count: number, first = 0) => Array.from({ length: count }, (_, at) => [(first + at) % 10]);
/** In the order in which the records are numbered: 60 in the second batch, 30 in the tenth, 20 in the test batch. */
const batches = {
  "data_batch_2.bin": aBatch(labels(60)),
  "data_batch_10.bin": aBatch(labels(30, 60), 60),
  "test_batch.bin": aBatch(labels(20, 90), 90),
};
const inArchive = (files: Record<string, Uint8Array>): Member[] =>
  Object.entries(files).map(([name, content]) => ({ name: `cifar-10-batches-bin/${name}`, content }));

async function writeFolder(place: string, files: Record<string, Uint8Array>): Promise<void> {
  await mkdir(join(folder, place, "cifar-10-batches-bin"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, place, "cifar-10-batches-bin", name), content);
  }
}

async function writeArchive(place: string, members: readonly Member[], end?: number): Promise<void> {
  await mkdir(join(folder, place), { recursive: true });
  await writeFile(join(folder, place, "cifar-10-binary.tar.gz"), gzipSync(await aTar(members)).subarray(0, end));
}

async function found() {
  const located = await cifar10.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async () => cifar10.inspect(await found());
const load = async () => cifar10.load(await found());

test("unpacked or not, and in whatever order: the same records, training batches by number before the test batch", async () => {
  await writeFolder("cifar10", { ...batches, "batches.meta.txt": Buffer.from("airplane\n") });
  expect((await found()).origin).toBe("3 binary batches, 110 records");
  const unpacked = await inspect();
  expect(unpacked).toEqual({ records: 110, checksum: expect.stringMatching(/^[0-9a-f]{64}$/), largestGroup: 1 });
  const { features, labels: classes } = await load();
  expect(classes).toEqual(Int32Array.from({ length: 110 }, (_, at) => at % 10));
  expect(Buffer.from(features as Uint8Array).equals(pixelsOf(110))).toBe(true);

  await writeArchive("cifar10", [{ name: "cifar-10-batches-bin/readme.html" }, ...inArchive(batches).reverse()]);
  expect((await found()).origin).toBe("archive cifar-10-binary.tar.gz");
  expect(await inspect()).toEqual(unpacked);
  const packed = await load();
  expect(Buffer.from(packed.features as Uint8Array).equals(features as Uint8Array)).toBe(true);
  expect(packed.labels).toEqual(classes);
});

test("is looked for in cifar10, in cifar10-exact and in the folder itself, in this order", async () => {
  expect(await cifar10.locate([])).toBeNull();
  await writeFolder("", {});
  expect(await cifar10.locate([folder])).toBeNull();
  for (const place of ["", "cifar10-exact", "cifar10"]) {
    await writeFolder(place, { "test_batch.bin": aBatch(labels(1)) });
    expect((await found()).files).toEqual([join(folder, place, "cifar-10-batches-bin")]);
    expect((await found()).origin).toBe("1 binary batch, 1 records");
  }
});

test("the JPEG re-encoding is another dataset, even in a folder that is named itself", async () => {
  await writeFolder("cifar10-jpeg", { "data_batch_1.bin": aBatch(labels(3)) });
  expect(await cifar10.locate([folder, join(folder, "cifar10-jpeg")])).toBeNull();
  const located = await cifar10Jpeg.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  expect(await cifar10Jpeg.inspect(located)).toMatchObject({ records: 3 });
  expect((await cifar10Jpeg.load(located)).labels).toEqual(Int32Array.of(0, 1, 2));
  await rm(join(folder, "cifar10-jpeg"), { recursive: true });
  await writeFolder("cifar10", { "data_batch_1.bin": aBatch(labels(3)) });
  expect(await cifar10Jpeg.locate([folder])).toBeNull();
  expect(cifar10Jpeg.title).toMatch("JPEG re-encoding");
});

test.each([
  [
    "cut short",
    aBatch(labels(3)).subarray(0, 9000),
    "ends 2854 bytes into record 2: it has 9000 bytes, and a record 3073",
  ],
  ["empty", new Uint8Array(0), "is empty: it has 0 bytes, and a record 3073"],
])("a batch that is %s is refused", async (_, content, problem) => {
  await writeFolder("cifar10", { ...batches, "data_batch_3.bin": content });
  for (const refuse of [inspect, load]) {
    await expect(refuse()).rejects.toThrow(`cifar-10-batches-bin/data_batch_3.bin ${problem}; download it again`);
  }
});

test("a label out of range is refused with its record", async () => {
  await writeArchive("", inArchive({ ...batches, "data_batch_1.bin": aBatch([[0], [9], [10]]) }));
  const error = await load().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toMatch(
    /binary.tar.gz, cifar-10-batches-bin\/data_batch_1.bin, record 2: label byte 0 is 10, not 0 … 9; download it again/,
  );
});

test.each([
  ["cut short", () => writeArchive("", inArchive(batches), 900), /binary.tar.gz cannot be unpacked: unexpected end/],
  [
    "without batches",
    () => writeArchive("", [{ name: "cifar-10-batches-bin/x.bin" }]),
    /binary.tar.gz holds no batch in/,
  ],
  [
    "with a path out of it",
    () => writeArchive("", [...inArchive(batches), { name: "cifar-10-batches-bin/../../x" }]),
    /holds "cifar-10-batches-bin\/..\/..\/x", a path out of its own folder/,
  ],
])("an archive %s is refused", async (_, write, problem) => {
  await write();
  await expect(inspect()).rejects.toThrow(problem);
  await expect(load()).rejects.toThrow(problem);
});

test.skipIf(real.length === 0)(
  "the exact subset and the JPEG re-encoding (needs SHADOWFARM_DATASETS)",
  async () => {
    const located = await cifar10.locate(real);
    if (located === null) throw new Error("no CIFAR-10 in SHADOWFARM_DATASETS");
    const { records } = await cifar10.inspect(located);
    const exact = await cifar10.load(located);
    expect(exact.labels.length).toBe(records);
    expect([...exact.labels.subarray(0, 5)]).toEqual([6, 9, 9, 4, 1]);

    const lossy = await cifar10Jpeg.locate(real);
    if (lossy === null) throw new Error("no CIFAR-10 as JPEG in SHADOWFARM_DATASETS");
    const jpeg = await cifar10Jpeg.load(lossy);
    // The same pictures at first, but for what the re-encoding lost.
    const both = 1000;
    expect(jpeg.labels.subarray(0, both)).toEqual(exact.labels.subarray(0, both));
    let squares = 0;
    for (let at = 0; at < both * 3072; at++) {
      squares += (((exact.features as Uint8Array)[at] as number) - ((jpeg.features as Uint8Array)[at] as number)) ** 2;
    }
    expect(Math.sqrt(squares / (both * 3072))).toBeGreaterThan(5);
    expect(Math.sqrt(squares / (both * 3072))).toBeLessThan(11);
  },
  60_000,
);
