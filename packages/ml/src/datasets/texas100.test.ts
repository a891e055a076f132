import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aTar } from "./formats/archives.fixture.ts";
import { sha256Of } from "./formats/files.ts";
import { texas100 } from "./texas100.ts";

const width = 6169;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "texas-"));
});
afterEach(() => rm(folder, { recursive: true }));

const rng = createRng("stays");
const bits = Uint8Array.from({ length: 4 * width }, () => (rng.int(8) === 0 ? 1 : 0));
const rows = [0, 1, 2, 3].map((at) => bits.subarray(at * width, (at + 1) * width).join(","));
const [first, second, third, fourth] = rows as [string, string, string, string];
const feats = `${rows.join("\n")}\n`;
const labels = "100\n1\n37\n1\n";
const files = { "texas/100/feats": feats, "texas/100/labels": labels };
type Files = Readonly<Record<string, string>>;

async function unpack(place: string, written: Files = files): Promise<void> {
  for (const [name, content] of Object.entries(written)) {
    const file = join(folder, place, name);
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, content);
  }
}

async function pack(place: string, written: Files = files, end?: number): Promise<void> {
  const members = Object.entries(written).map(([name, content]) => ({ name, content }));
  await mkdir(join(folder, place), { recursive: true });
  await writeFile(join(folder, place, "dataset_texas.tgz"), gzipSync(await aTar(members)).subarray(0, end));
}

async function found() {
  const located = await texas100.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async () => texas100.inspect(await found());
const load = async () => texas100.load(await found());

/** What is refused, without the folder that it is in. */
async function complaint(read: () => Promise<unknown>): Promise<string> {
  const error = await read().catch((thrown: unknown) => thrown);
  if (error instanceof InvalidInput) return error.message.replace(join(folder, "/"), "");
  throw error;
}

test("unpacked or not, and in whatever order: the same records", async () => {
  await pack("texas100");
  expect((await found()).origin).toBe("Shokri et al.'s archive dataset_texas.tgz");
  const inspected = await inspect();
  expect(inspected).toEqual({
    records: 4,
    checksum: sha256Of(`${sha256Of(feats)}  feats\n${sha256Of(labels)}  labels\n`),
    largestGroup: 1,
  });
  const records = await load();
  expect(records.labels).toEqual(Int32Array.of(99, 0, 36, 0));
  expect(Buffer.from(records.features as Uint8Array).equals(bits)).toBe(true);

  await pack("texas100", {
    "dataset/readme": "about",
    "dataset/texas/100/labels": labels,
    "dataset/texas/100/feats": feats,
    "dataset/texas/50/feats": "of another number of classes",
  });
  expect(await inspect()).toEqual(inspected);
  expect((await load()).labels).toEqual(records.labels);

  await unpack("texas100");
  expect((await found()).origin).toBe("Shokri et al.'s files texas/100/feats and labels");
  expect(await inspect()).toEqual(inspected);
  const unpacked = await load();
  expect(unpacked.labels).toEqual(records.labels);
  expect(Buffer.from(unpacked.features as Uint8Array).equals(bits)).toBe(true);
});

test("is looked for in texas100 and in the folder itself", async () => {
  expect(await texas100.locate([])).toBeNull();
  expect(await texas100.locate([folder])).toBeNull();
  for (const place of ["", "texas100"]) {
    await pack(place);
    expect((await found()).files).toEqual([join(folder, place, "dataset_texas.tgz")]);
  }
  await rm(join(folder, "texas100"), { recursive: true });
  await unpack("");
  expect((await found()).files).toEqual([join(folder, "texas/100/feats"), join(folder, "texas/100/labels")]);
});

test("one file without the other is refused, unpacked or not", async () => {
  await unpack("texas100", { "texas/100/feats": feats });
  expect(await complaint(found)).toBe(
    "texas100/texas/100/feats is there, but not texas/100/labels beside it; add the missing file",
  );
  await rm(join(folder, "texas100"), { recursive: true });
  await unpack("", { "texas/100/labels": labels });
  expect(await complaint(found)).toBe(
    "texas/100/labels is there, but not texas/100/feats beside it; add the missing file",
  );
  await rm(join(folder, "texas"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const missing = Object.keys(files).find((other) => other !== name);
    await pack("", { [name]: content });
    for (const read of [inspect, load]) {
      expect(await complaint(read)).toBe(`dataset_texas.tgz holds no file named "${missing}"; download it again`);
    }
  }
});

test.each([
  ["another number of classes", { "texas/100/labels": "1\n2\n3\n" }, "4 rows of features and 3 of labels"],
  ["another number of records", { "texas/100/feats": `${first}\n${second}` }, "2 rows of features and 4 of labels"],
])("%s is refused", async (_, other, problem) => {
  await unpack("", { ...files, ...other });
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(`texas/100/feats: ${problem}; download it again`);
  }
});

test.each([
  ["a class out of range", "labels", "1\n101\n3\n4\n", "row 2: the class 101 is not 1 … 100"],
  ["class 0", "labels", "0\n1\n3\n4\n", "row 1: the class 0 is not 1 … 100"],
  ["an empty row of the classes", "labels", "1\n2\n\n4\n", "row 3: the class  is not 1 … 100"],
  ["more than a class", "labels", "1\n2,0\n3\n4\n", "row 2: more than 0 values"],
  ["another value", "feats", `${first}\n2${second.slice(1)}\n`, 'row 2, value 1: "2" is not 0 or 1'],
  ["a value too many", "feats", `${first}\n${second}\n${third},0\n`, "row 3: more than 6169 values"],
  ["a cut row", "feats", `${first}\n${fourth.slice(0, -1)}`, "row 2: ends after 6168 of 6169 values"],
])("%s is refused with its file and row", async (_, name, content, problem) => {
  const written = { ...files, [`texas/100/${name}`]: content };
  await pack("", written);
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(`dataset_texas.tgz (texas/100/${name}), ${problem}; download it again`);
  }
  await unpack("", written);
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(`texas/100/${name}, ${problem}; download it again`);
  }
});

test("an archive that is cut short, or has a path out of it, is refused", async () => {
  await pack("", files, 2000);
  for (const read of [inspect, load]) {
    expect(await complaint(read)).toBe(
      "dataset_texas.tgz cannot be unpacked: unexpected end of file; download it again",
    );
  }
  await pack("", { ...files, "../x": "" });
  expect(await complaint(load)).toBe(
    'dataset_texas.tgz holds "../x", a path out of its own folder; do not trust this archive',
  );
});
