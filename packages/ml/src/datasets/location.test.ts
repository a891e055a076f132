import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aTar } from "./formats/archives.fixture.ts";
import { sha256Of } from "./formats/files.ts";
import { location } from "./location.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];
const published = "2ca8f7fc231251e089823e44d39f2d1eed124574cc351c7f80368cfe631dd718";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "location-"));
});
afterEach(() => rm(folder, { recursive: true }));

const row = (label: string, bits: readonly string[]) => [label, ...bits].join(",");
const bits = (first: string) => [first, ...new Array<string>(445).fill("0")];
const good = row('"1"', bits("0"));

const anArchive = async (content: string | Uint8Array, name = "bangkok") => gzipSync(await aTar([{ name, content }]));

/** Well-formed rows that do not compress well. */
function manyRows(): string {
  const rng = createRng(1);
  const some = () =>
    row(
      `"${1 + rng.int(30)}"`,
      Array.from({ length: 446 }, () => String(rng.int(2))),
    );
  return `${Array.from({ length: 50 }, some).join("\n")}\n`;
}

async function write(place: string, content: string | Uint8Array): Promise<void> {
  const file = join(folder, place);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
}

async function found() {
  const located = await location.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async () => location.inspect(await found());
const load = async () => location.load(await found());

async function complaint(read: () => Promise<unknown>): Promise<string> {
  const error = await read().catch((thrown: unknown) => thrown);
  if (error instanceof InvalidInput) return error.message;
  throw error;
}

test.each([
  ["a class out of range", row('"31"', bits("1")), ', row 2: the class "31" is not "1" … "30"'],
  ["a class without quotes", row("3", bits("1")), ', row 2: the class 3 is not "1" … "30"'],
  ["an empty row", "", ', row 2: the class  is not "1" … "30"'],
  ["another value", row('"3"', bits("2")), ', row 2, value 1: "2" is not 0 or 1'],
  ["a value too many", row('"3"', [...bits("1"), "0"]), ", row 2: more than 446 values"],
  ["a cut row", '"3",0,1,', ", row 2: ends after 2 of 446 values"],
])("%s is refused with its row", async (_, bad, problem) => {
  await write("bangkok", `${good}\n${bad}\n${good}\n`);
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(`${join(folder, "bangkok")}${problem}; download it again`);
  }
  await rm(join(folder, "bangkok"));
  await write("dataset_location.tgz", await anArchive(`${good}\n${bad}\n${good}\n`));
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(`${join(folder, "dataset_location.tgz")}${problem}; download it again`);
  }
});

test("no file, no data", async () => {
  expect(await location.locate([])).toBeNull();
  expect(await location.locate([folder])).toBeNull();
});

test("is looked for in location and in the folder itself, in the first folder that has it", async () => {
  await mkdir(join(folder, "other", "location"), { recursive: true });
  await write("other/location/bangkok", good);
  for (const place of ["dataset_location.tgz", "bangkok", "location/dataset_location.tgz", "location/bangkok"]) {
    await write(place, good);
    expect(await location.locate([folder, join(folder, "other")])).toEqual({
      files: [join(folder, place)],
      origin: "Shokri et al.'s file bangkok (5,010 records)",
    });
  }
});

test("a file that is not the published one is refused, alone or in its archive, by the checksum of the same content", async () => {
  const content = manyRows();
  const problem = `: SHA-256 of the content is ${sha256Of(content)}, not ${published}; download it again`;
  await write("bangkok", content);
  for (const read of [inspect, load]) expect(await complaint(read)).toBe(`${join(folder, "bangkok")}${problem}`);
  await write("location/dataset_location.tgz", await anArchive(content, "x/bangkok"));
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(`${join(folder, "location", "dataset_location.tgz")}${problem}`);
  }
});

test.each([
  ["without the file", () => anArchive(good, "manila"), 'holds no file named "bangkok"; download it again'],
  ["whose file is empty", () => anArchive(""), "has no rows; download it again"],
  [
    "cut short",
    async () => (await anArchive(manyRows())).subarray(0, 999),
    "cannot be unpacked: unexpected end of file; download it again",
  ],
  [
    "whose tar part is cut short",
    async () => gzipSync(gunzipSync(await anArchive(manyRows())).subarray(0, 9999)),
    "cannot be unpacked: ",
  ],
  ["that is none", async () => Buffer.from(good), "cannot be unpacked: incorrect header check; download it again"],
  [
    "that swells",
    () => anArchive(new Uint8Array(17 * 2 ** 20), "zeros"),
    "holds more than 16777216 bytes decompressed; do not trust this archive",
  ],
])("an archive %s is refused", async (_, archive, problem) => {
  await write("dataset_location.tgz", await archive());
  expect(await complaint(inspect)).toContain(`dataset_location.tgz ${problem}`);
});

test("the stand-in has as many records and classes, as unbalanced and as sparse as the real data", () => {
  const { features, labels } = location.synthesize(createRng(1), location.records);
  expect([labels.length, features]).toEqual([5010, expect.any(Uint8Array)]);
  expect(sizesOf(labels)).toEqual([97, 308]);
  expect(shareOfOnes(features as Uint8Array)).toBeCloseTo(0.12, 1);
});

function sizesOf(labels: Int32Array): [least: number, most: number] {
  const sizes = new Array<number>(location.classes).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  return [Math.min(...sizes), Math.max(...sizes)];
}

const shareOfOnes = (bits: Uint8Array) => bits.reduce((sum, bit) => sum + bit, 0) / bits.length;

test.skipIf(real.length === 0)("the published file, alone or in its archive (needs SHADOWFARM_DATASETS)", async () => {
  const located = await location.locate(real);
  if (located === null) throw new Error("no Location in SHADOWFARM_DATASETS");
  const inspected = await location.inspect(located);
  expect(inspected).toEqual({ records: 5010, checksum: published, largestGroup: 1 });
  const { features, labels } = await location.load(located);
  expect([labels.length, features]).toEqual([5010, expect.any(Uint8Array)]);
  const bits = features as Uint8Array;
  expect(bits).toHaveLength(5010 * 446);
  expect(shareOfOnes(bits)).toBeCloseTo(0.1204, 4);
  expect(sizesOf(labels)).toEqual([97, 308]);

  const content = Array.from(labels, (label, record) =>
    row(`"${label + 1}"`, [...bits.subarray(record * 446, (record + 1) * 446)].map(String)),
  ).join("\n");
  await write("dataset_location.tgz", await anArchive(`${content}\n`));
  expect(await inspect()).toEqual(inspected);
  const packed = await load();
  expect(packed.labels).toEqual(labels);
  expect(Buffer.from(packed.features as Uint8Array).equals(bits)).toBe(true);
  await write("bangkok", `${content}\n`);
  expect((await found()).files).toEqual([join(folder, "bangkok")]);
  expect(await inspect()).toEqual(inspected);
});
