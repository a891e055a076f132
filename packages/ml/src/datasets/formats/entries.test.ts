import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aTar } from "./archives.fixture.ts";
import { entriesOf } from "./entries.ts";
import { checksumOf, type Digest, digestOf, sha256Of } from "./files.ts";

const limits = { maxBytes: 2 ** 20 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "entries-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function digests(source: string): Promise<[path: string, place: string, digest: Digest][]> {
  const found: [string, string, Digest][] = [];
  for await (const entry of entriesOf(source, limits))
    found.push([entry.path, entry.place, await digestOf(entry.stream())]);
  return found;
}

test("an archive and the folder that it unpacks to have the same files", async () => {
  await mkdir(join(folder, "x", "b"), { recursive: true });
  await writeFile(join(folder, "x", "b", "2"), "two");
  await writeFile(join(folder, "x", "a"), "");
  const source = join(folder, "x.tar");
  await writeFile(source, await aTar([{ name: "x/a" }, { name: "x/b/2", content: "two" }]));
  const [nothing, two] = ["", "two"].map((content) => ({ sha256: sha256Of(content), bytes: content.length }));
  expect(await digests(source)).toEqual([
    ["x/a", `${source}, x/a`, nothing],
    ["x/b/2", `${source}, x/b/2`, two],
  ]);
  expect(await digests(join(folder, "x"))).toEqual([
    ["x/a", join(folder, "x", "a"), nothing],
    ["x/b/2", join(folder, "x", "b", "2"), two],
  ]);
});

test("a file that cannot be read is refused by name, and a folder that is gone", async () => {
  await symlink("nowhere", join(folder, "broken"));
  await expect(digests(folder)).rejects.toThrow(/entries-\w+\/broken cannot be read: ENOENT.*; correct its folder/);
  await expect(digests(join(folder, "none"))).rejects.toThrow(/none cannot be read: ENOENT.*; correct its folder/);
});

test("a checksum tells names and order", () => {
  const checksum = checksumOf([
    ["a", "1"],
    ["b", "2"],
  ]);
  expect(checksum).toBe(sha256Of("1  a\n2  b\n"));
  expect(
    checksumOf([
      ["b", "2"],
      ["a", "1"],
    ]),
  ).not.toBe(checksum);
});
