import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import { test as base, describe, expect } from "vitest";
import type { ArtifactRef } from "./artifacts.ts";
import { openFolder } from "./folder-artifacts.ts";
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
    const artifacts = openFolder(folder);
    const ref = await artifacts.put(aBundle());
    const bytes = new Uint8Array(Buffer.concat(encodeBundle(aBundle())));
    expect(ref).toEqual({ sha256: sha256Hex(bytes), bytes: bytes.length });
    expect(await artifacts.get(ref)).toEqual(aBundle());
    expect(new Uint8Array(await readFile(fileOf(folder, ref)))).toEqual(bytes);
  });

  test("is found by whoever opens the folder later", async ({ folder }) => {
    const ref = await openFolder(folder).put(aBundle());
    expect(await openFolder(folder).get(ref)).toEqual(aBundle());
  });

  test("is kept once when it is put twice, and written once", async ({ folder }) => {
    const artifacts = openFolder(folder);
    const ref = await artifacts.put(aBundle());
    const { ino, mtimeMs } = await stat(fileOf(folder, ref));
    expect(await artifacts.put(aBundle())).toEqual(ref);
    expect(await stat(fileOf(folder, ref))).toMatchObject({ ino, mtimeMs });
    expect(await filesIn(folder)).toHaveLength(1);
    await artifacts.put(aBundle(2));
    expect(await filesIn(folder)).toHaveLength(2);
  });

  test("is kept once when many put it at the same time", async ({ folder }) => {
    const refs = await Promise.all(Array.from({ length: 8 }, () => openFolder(folder).put(aBundle())));
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
    const artifacts = openFolder(folder);
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
  await expect(openFolder(folder).get(ref)).rejects.toThrow(ArtifactCorrupt);
});

describe("a write that fails leaves nothing", () => {
  const ref = { sha256: sha256Hex(Buffer.concat(encodeBundle(aBundle()))), bytes: 0 };

  test("when the file cannot take its name", async ({ folder }) => {
    await mkdir(path.join(fileOf(folder, ref), "in the way"), { recursive: true });
    await expect(openFolder(folder).put(aBundle())).rejects.toThrow();
    expect(await filesIn(folder)).toEqual([]);
    expect(await readdir(path.dirname(fileOf(folder, ref)))).toEqual([path.basename(fileOf(folder, ref))]);
  });

  test("when there can be no folder for it", async ({ folder }) => {
    await writeFile(path.join(folder, "taken"), "");
    await expect(openFolder(path.join(folder, "taken")).put(aBundle())).rejects.toThrow();
    expect(await filesIn(folder)).toEqual(["taken"]);
  });
});

describe("an artifact that is opened", () => {
  const rows = 1000;
  const width = 300;
  const large: Bundle = {
    meta: { of: "pixels" },
    tensors: {
      pixels: { shape: [rows, width], data: Uint8Array.from({ length: rows * width }, (_, at) => (at * 7) % 251) },
      labels: { shape: [rows], data: Int32Array.from({ length: rows }, (_, at) => at) },
      values: { shape: [rows, 2], data: Float32Array.from({ length: 2 * rows }, (_, at) => at / 4) },
    },
  };

  test("gives its arrays, whole or by rows in any order, as they were put", async ({ folder }) => {
    const artifacts = openFolder(folder);
    const opened = await artifacts.open(await artifacts.put(large));
    expect(opened.meta).toEqual(large.meta);
    expect(opened.shapes).toEqual({ pixels: [rows, width], labels: [rows], values: [rows, 2] });
    expect(await opened.read("labels")).toEqual(large.tensors.labels);
    const pixels = large.tensors.pixels as { data: Uint8Array };
    const values = large.tensors.values as { data: Float32Array };
    for (const indices of [[], [999], [5, 4, 4, 999, 0], Array.from({ length: rows }, (_, at) => (at * 17) % rows)]) {
      const asked = Uint32Array.from(indices);
      const drawn = await opened.rows("pixels", asked);
      expect(drawn.shape).toEqual([indices.length, width]);
      const expected = Buffer.concat(indices.map((row) => pixels.data.subarray(row * width, (row + 1) * width)));
      // Compared as bytes: a quarter of a million numbers take a matcher seconds.
      expect(expected.equals(drawn.data as Uint8Array)).toBe(true);
      expect(await opened.rows("values", asked)).toEqual({
        shape: [indices.length, 2],
        data: Float32Array.from(indices.flatMap((row) => [...values.data.subarray(row * 2, (row + 1) * 2)])),
      });
    }
    await opened.close();
  });

  test("has no other arrays and no other rows", async ({ folder }) => {
    const artifacts = openFolder(folder);
    const opened = await artifacts.open(await artifacts.put(large));
    await expect(opened.read("pixel")).rejects.toThrow(/has no array "pixel"/);
    await expect(opened.rows("pixels", Uint32Array.of(0, rows))).rejects.toThrow(/has 1000 rows and no row 1000/);
    await opened.close();
  });

  test("is corrupt when it was altered, also between two times that it is opened", async ({ folder }) => {
    const artifacts = openFolder(folder);
    const ref = await artifacts.put(large);
    await (await artifacts.open(ref)).close();
    const bytes = await readFile(fileOf(folder, ref));
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await rm(fileOf(folder, ref));
    await writeFile(fileOf(folder, ref), bytes);
    await expect(artifacts.open(ref)).rejects.toThrow(/it was altered after it was written/);
    await rm(fileOf(folder, ref));
    await expect(artifacts.open(ref)).rejects.toThrow(ArtifactCorrupt);
  });
});
