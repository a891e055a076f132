import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import { test as base, describe, expect } from "vitest";
import { type ArtifactRef, openArtifacts } from "./artifacts.ts";
import { type Bundle, encodeBundle } from "./tensors.ts";

const test = base.extend<{ folder: string }>({
  async folder({ task: _ }, use) {
    const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

function aBundle(value = 1): Bundle {
  return { meta: { value }, tensors: { scores: { shape: [3], data: Float64Array.of(value, 2, 3) } } };
}

function fileOf(folder: string, { sha256 }: ArtifactRef): string {
  return path.join(folder, sha256.slice(0, 2), `${sha256}.safetensors`);
}

/** Every file under a folder, relative to it. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

describe("an artifact", () => {
  test("is got as it was put, by the hash of its bytes", async ({ folder }) => {
    const artifacts = openArtifacts(folder);
    const ref = await artifacts.put(aBundle());
    const bytes = encodeBundle(aBundle());
    expect(ref).toEqual({ sha256: sha256Hex(bytes), bytes: bytes.length });
    expect(await artifacts.get(ref)).toEqual(aBundle());
    expect(new Uint8Array(await readFile(fileOf(folder, ref)))).toEqual(bytes);
  });

  test("is found by whoever opens the folder later", async ({ folder }) => {
    const ref = await openArtifacts(folder).put(aBundle());
    expect(await openArtifacts(folder).get(ref)).toEqual(aBundle());
  });

  test("is kept once when it is put twice, and written once", async ({ folder }) => {
    const artifacts = openArtifacts(folder);
    const ref = await artifacts.put(aBundle());
    const { ino, mtimeMs } = await stat(fileOf(folder, ref));
    expect(await artifacts.put(aBundle())).toEqual(ref);
    expect(await stat(fileOf(folder, ref))).toMatchObject({ ino, mtimeMs });
    expect(await filesIn(folder)).toHaveLength(1);
    await artifacts.put(aBundle(2));
    expect(await filesIn(folder)).toHaveLength(2);
  });

  test("is kept once when many put it at the same time", async ({ folder }) => {
    const refs = await Promise.all(Array.from({ length: 8 }, () => openArtifacts(folder).put(aBundle())));
    expect(new Set(refs.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(await filesIn(folder)).toHaveLength(1);
  });
});

describe("a damaged artifact is corrupt, and mended by being put again", () => {
  test.for<[string, (file: string) => Promise<void>, RegExp]>([
    ["missing", (file) => rm(file), /cannot be read \(ENOENT\)/],
    ["truncated", (file) => truncate(file, 20), /has SHA-256 \w{64} instead of \w{64}; it was altered/],
    ["empty", (file) => truncate(file, 0), /it was altered/],
    ["longer", (file) => writeFile(file, "more", { flag: "a" }), /it was altered/],
    [
      "altered in one byte",
      async (file) => {
        const bytes = await readFile(file);
        bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
        await writeFile(file, bytes);
      },
      /it was altered/,
    ],
  ])("%s", async ([, damage, message], { folder }) => {
    const artifacts = openArtifacts(folder);
    const ref = await artifacts.put(aBundle());
    const file = fileOf(folder, ref);
    await damage(file);
    const error = await artifacts.get(ref).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArtifactCorrupt);
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain(file);

    expect(await artifacts.put(aBundle())).toEqual(ref);
    expect(await artifacts.get(ref)).toEqual(aBundle());
  });
});

test("a file of the right hash that is no bundle is corrupt", async ({ folder }) => {
  const ref = { sha256: sha256Hex("garbage"), bytes: 7 };
  await mkdir(path.dirname(fileOf(folder, ref)));
  await writeFile(fileOf(folder, ref), "garbage");
  await expect(openArtifacts(folder).get(ref)).rejects.toThrow(ArtifactCorrupt);
});

describe("a write that fails leaves nothing", () => {
  const ref = { sha256: sha256Hex(encodeBundle(aBundle())), bytes: 0 };

  test("when the file cannot take its name", async ({ folder }) => {
    await mkdir(path.join(fileOf(folder, ref), "in the way"), { recursive: true });
    await expect(openArtifacts(folder).put(aBundle())).rejects.toThrow();
    expect(await filesIn(folder)).toEqual([]);
    expect(await readdir(path.dirname(fileOf(folder, ref)))).toEqual([path.basename(fileOf(folder, ref))]);
  });

  test("when there can be no folder for it", async ({ folder }) => {
    await writeFile(path.join(folder, "taken"), "");
    await expect(openArtifacts(path.join(folder, "taken")).put(aBundle())).rejects.toThrow();
    expect(await filesIn(folder)).toEqual(["taken"]);
  });
});
