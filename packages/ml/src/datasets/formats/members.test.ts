import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createRng } from "@shadowfarm/core/rng";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aTar, aZip, type Member } from "./archives.fixture.ts";
import { contentOf, isMember } from "./members.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "members-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(name: string, content: string | Uint8Array, member = "rows"): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of contentOf(file, member, 2 ** 20)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

const rng = createRng(1);
/** Not compressible. */
const noise = Buffer.from(Uint32Array.from({ length: 10_000 }, () => rng.uint32()).buffer);
const members: Member[] = [
  { name: "set/", type: "directory" },
  { name: "set/narrows", content: "no" },
  { name: "set/rows/other", content: "no" },
  { name: "set/rows.txt", content: "no" },
  { name: "set/rows", content: "the content" },
  { name: "copy/rows", content: "no" },
  { name: "noise", content: noise },
];

test("a file is its own content, whatever it is called, and in any number of pieces", async () => {
  expect(await read("anything", "the content")).toBe("the content");
  const long = "0123456789".repeat(250_000);
  expect((await read("long", long)) === long).toBe(true);
});

test.each<[string, (members: readonly Member[]) => Promise<Uint8Array>]>([
  ["x.tar", aTar],
  ["x.tgz", async (members) => gzipSync(await aTar(members))],
  ["x.tar.gz", async (members) => gzipSync(await aTar(members))],
  ["x.zip", async (members) => aZip(members)],
])("of %s it is the first file of that name, in whatever folder", async (name, write) => {
  expect(await read(name, await write(members))).toBe("the content");
  expect(await read(name, await write([{ name: "rows", content: "alone" }]))).toBe("alone");
  expect(await read(name, await write(members), "set/rows")).toBe("the content");
  await expect(read(name, await write(members), "other/rows")).rejects.toThrow(
    `${join(folder, name)} holds no file named "other/rows"; download it again`,
  );
});

test("an archive that is damaged after the file is refused, as is one that swells", async () => {
  const whole = gzipSync(await aTar(members));
  await expect(read("x.tgz", whole.subarray(0, -20_000))).rejects.toThrow(/x\.tgz cannot be unpacked/);
  const swelling = gzipSync(await aTar([...members, { name: "zeros", content: new Uint8Array(2 ** 20) }]));
  await expect(read("x.tgz", swelling)).rejects.toThrow(/x\.tgz holds more than 1048576 bytes decompressed/);
});

test("whoever stops early gets no error", async () => {
  const file = join(folder, "x.tgz");
  await writeFile(file, gzipSync(await aTar([{ name: "rows", content: noise }])));
  let pieces = 0;
  for await (const piece of contentOf(file, "rows", 2 ** 20)) {
    pieces += Math.min(1, piece.length);
    break;
  }
  expect(pieces).toBe(1);
});

test("a member is a whole path or its end, by folders", () => {
  expect(isMember("a/b", "a/b")).toBe(true);
  expect(isMember("x/a/b", "a/b")).toBe(true);
  expect(isMember("xa/b", "a/b")).toBe(false);
  expect(isMember("a/b/c", "a/b")).toBe(false);
});
