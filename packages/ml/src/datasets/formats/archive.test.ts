import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archiveNames, filesIn } from "./archive.ts";
import { aTar, aZip, type Member } from "./archives.fixture.ts";

const limits = { maxBytes: 2 ** 20 };
const rng = createRng(1);
/** More than streams hold at once, and not compressible. */
const long = Buffer.from(Uint32Array.from({ length: 60_000 }, () => rng.uint32()).buffer);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "archive-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function written(name: string, content: Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

async function read(archive: string, bounds = limits): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const file of filesIn(archive, bounds)) {
    found.push([file.path, Buffer.from(await file.read()).toString("latin1")]);
  }
  return found;
}

const formats: { name: string; write: (members: readonly Member[]) => Promise<Uint8Array> }[] = [
  { name: "x.tar", write: aTar },
  { name: "x.tgz", write: async (members) => gzipSync(await aTar(members)) },
  { name: "x.tar.gz", write: async (members) => gzipSync(await aTar(members)) },
  { name: "x.zip", write: async (members) => aZip(members) },
  { name: "stored.zip", write: async (members) => aZip(members, true) },
];

describe.each(formats)("$name", ({ name, write }) => {
  const archive = async (members: readonly Member[]) => written(name, await write(members));

  test("files in their order, folders left out", async () => {
    expect(name).toMatch(archiveNames);
    const file = await archive([
      { name: "b/", type: "directory" },
      { name: "b/é.txt", content: "one" },
      { name: "./a.txt", content: "" },
      { name: `b/${"long".repeat(40)}`, content: long },
    ]);
    expect(await read(file)).toEqual([
      ["b/é.txt", "one"],
      ["a.txt", ""],
      [`b/${"long".repeat(40)}`, long.toString("latin1")],
    ]);
  });

  test("files that are not read, or read in part, are passed over", async () => {
    const file = await archive(["a", "b", "c", "d"].map((path) => ({ name: path, content: long })));
    const found: [string, number][] = [];
    for await (const { path, read: whole, stream } of filesIn(file, limits)) {
      let bytes = 0;
      if (path === "b") {
        for await (const chunk of stream()) {
          bytes = chunk.length;
          break;
        }
        expect(bytes).toBeLessThan(long.length);
        bytes = 1;
      }
      if (path === "d") bytes = (await whole()).length;
      found.push([path, bytes]);
    }
    expect(found).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 0],
      ["d", long.length],
    ]);
  });

  test("whoever stops reading, stops", async () => {
    const file = await archive(["a", "b"].map((path) => ({ name: path, content: long })));
    for await (const { path } of filesIn(file, limits)) {
      expect(path).toBe("a");
      break;
    }
    const failing = async () => {
      for await (const { stream } of filesIn(file, limits)) {
        for await (const _ of stream()) throw new RangeError("the reader's own");
      }
    };
    await expect(failing()).rejects.toThrow(RangeError);
  });

  test("a file is not read twice, nor when the archive is past it", async () => {
    const file = await archive(["a", "b"].map((path) => ({ name: path, content: path })));
    const files = filesIn(file, limits);
    const { value: first } = await files.next();
    await files.next();
    await expect(first.read()).rejects.toThrow("a was read before, or the archive is past it");
    await files.return(undefined);
  });

  test.each([
    ["/etc/passwd", "a path out of its own folder"],
    ["a/../../b", "a path out of its own folder"],
    ["..\\b", "a path out of its own folder"],
    ["C:\\b", "a path out of its own folder"],
  ])("the path %s is refused", async (path, problem) => {
    const error = await archive([{ name: "ok" }, { name: path, content: "x" }])
      .then((file) => read(file))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(String(error)).toMatch(`${problem}; do not trust this archive`);
    expect(String(error)).toMatch(name);
  });

  test("a link, a path twice, too many files and too many bytes are refused", async () => {
    const link = await archive([{ name: "l", type: "symlink", linkname: "/etc/passwd" }]);
    await expect(read(link)).rejects.toThrow('holds "l", a link; do not trust this archive');
    const twice = await archive([
      { name: "a", content: "1" },
      { name: "./a", content: "2" },
    ]);
    await expect(read(twice)).rejects.toThrow('holds "./a" twice; do not trust this archive');
    const many = await archive(["a", "b", "c"].map((path) => ({ name: path })));
    await expect(read(many, { ...limits, maxFiles: 2 } as typeof limits)).rejects.toThrow("holds more than 2 files;");
    const bomb = await archive([{ name: "zeros", content: new Uint8Array(2 ** 22) }]);
    await expect(read(bomb)).rejects.toThrow(`${name} holds more than 1048576 bytes decompressed; do not trust`);
  });

  test("an archive that is cut short anywhere is refused", async () => {
    const whole = await write([
      { name: "a", content: "a".repeat(600) },
      { name: "b", content: long },
    ]);
    for (const length of [0, 1, 512, 1024, 1536, 2048, 9999, whole.length - 1500, whole.length - 1]) {
      const error = await read(await written(name, whole.subarray(0, length))).catch((thrown: unknown) => thrown);
      expect(error, `${length} of ${whole.length} bytes`).toBeInstanceOf(InvalidInput);
      expect(String(error)).toMatch(/cannot be unpacked: .*; download it again/);
    }
  });

  test("another file under that name is refused, and one that is not there", async () => {
    await expect(read(await written(name, Buffer.from("<html>not found</html>".repeat(99))))).rejects.toThrow(
      "cannot be unpacked",
    );
    await expect(read(join(folder, "none", name))).rejects.toThrow(/cannot be unpacked: ENOENT/);
  });
});

test.each([true, false])("a changed byte of a zip archive is noticed (stored: %s)", async (stored) => {
  const content = aZip([{ name: "a", content: "a".repeat(10) + long.toString("latin1") }], stored);
  content[5000] = (content[5000] as number) ^ 1;
  await expect(read(await written("x.zip", content))).rejects.toThrow(
    /x.zip cannot be unpacked: .*; download it again/,
  );
});

test("a hard link in a tar archive is refused", async () => {
  const file = await written("x.tar", await aTar([{ name: "a" }, { name: "h", type: "link", linkname: "a" }]));
  await expect(read(file)).rejects.toThrow('holds "h", a link');
});
