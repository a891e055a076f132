import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { createRng } from "@shadowfarm/core/rng";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { location, parseLocation } from "./location.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "location-"));
});
afterEach(() => rm(folder, { recursive: true }));

const row = (label: string, bits: string[]) => [label, ...bits].join(",");
const bits = (first: string) => [first, ...new Array<string>(445).fill("0")];

async function anArchive(name: string, content: string | Uint8Array): Promise<Uint8Array> {
  const archive = pack();
  archive.entry({ name }, Buffer.from(content));
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const aRandomArchive = () => anArchive("bangkok", createRng(1).permutation(9999).join());

async function inspect() {
  const located = await location.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return location.inspect(located);
}

test("rows become bits and labels from 0", () => {
  const { features, labels } = parseLocation(`${row('"30"', bits("1"))}\n${row('"1"', bits("0"))}\n`, "bangkok");
  expect(labels).toEqual(Int32Array.of(29, 0));
  expect(features.length).toBe(2 * 446);
  expect([features[0], features[1], features[446]]).toEqual([1, 0, 0]);
});

test.each([
  ["a class out of range", row('"31"', bits("1")), 'bangkok, row 2: the class "31" is not "1" … "30"'],
  ["a class without quotes", row("3", bits("1")), 'bangkok, row 2: the class 3 is not "1" … "30"'],
  ["an empty row", "", 'bangkok, row 2: the class  is not "1" … "30"'],
  ["another value", row('"3"', bits("2")), "bangkok, row 2: expected 446 values, each 0 or 1, and found 446 values"],
  [
    "a value too many",
    row('"3"', [...bits("1"), "0"]),
    "bangkok, row 2: expected 446 values, each 0 or 1, and found 447 values",
  ],
  ["a cut row", '"3",0,1,', "bangkok, row 2: expected 446 values, each 0 or 1, and found 3 values"],
])("%s is refused with its row", (_, bad, problem) => {
  const good = row('"1"', bits("0"));
  expect(() => parseLocation(`${good}\n${bad}\n${good}\n`, "bangkok")).toThrow(problem);
});

test("no file, no data", async () => {
  expect(await location.locate([])).toBeNull();
  expect(await location.locate([folder])).toBeNull();
});

test("a file that is not the published one is refused, alone or in its archive", async () => {
  await writeFile(join(folder, "bangkok"), `${row('"1"', bits("0"))}\n`);
  await expect(inspect()).rejects.toThrow(
    /bangkok: SHA-256 of the content is [0-9a-f]{64}, not 2ca8f7fc[0-9a-f]{56}; download/,
  );
  await mkdir(join(folder, "location"));
  await writeFile(join(folder, "location", "dataset_location.tgz"), await anArchive("x/bangkok", '"1",0\n'));
  await expect(inspect()).rejects.toThrow(
    "dataset_location.tgz, row 1: expected 446 values, each 0 or 1, and found 1 values",
  );
});

test.each([
  ["without the file", () => anArchive("manila", "1"), 'holds no file named "bangkok"; download it again'],
  [
    "cut short",
    async () => (await aRandomArchive()).subarray(0, 999),
    "cannot be decompressed: unexpected end of file",
  ],
  [
    "whose tar part is cut short",
    async () => gzipSync(gunzipSync(await aRandomArchive()).subarray(0, 9999)),
    "cannot be unpacked",
  ],
  [
    "that swells",
    () => anArchive("bangkok", new Uint8Array(17 * 2 ** 20)),
    "cannot be decompressed: Cannot create a Buffer larger than 16777216 bytes",
  ],
])("an archive %s is refused", async (_, archive, problem) => {
  await writeFile(join(folder, "dataset_location.tgz"), await archive());
  await expect(inspect()).rejects.toThrow(problem);
});

test("the stand-in is as unbalanced and as sparse as the real data", () => {
  const { features, labels } = location.synthesize(createRng(1), location.syntheticRecords);
  const counts = new Array<number>(30).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  expect([Math.min(...counts), Math.max(...counts)]).toEqual([97, 308]);
  expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(0.12, 1);
});

test.skipIf(real.length === 0)("the published file, alone or in its archive (needs SHADOWFARM_DATASETS)", async () => {
  const located = await location.locate(real);
  if (located === null) throw new Error("no Location in SHADOWFARM_DATASETS");
  const { records, checksum } = await location.inspect(located);
  const { features, labels } = await location.load(located);
  expect([records, labels.length, features.length]).toEqual([5010, 5010, 5010 * 446]);
  expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(0.1204, 4);

  const content = Array.from(labels, (label, record) =>
    row(`"${label + 1}"`, [...features.subarray(record * 446, (record + 1) * 446)].map(String)),
  );
  await writeFile(join(folder, "dataset_location.tgz"), await anArchive("bangkok", `${content.join("\n")}\n`));
  expect(await inspect()).toEqual({ records, checksum });
});
