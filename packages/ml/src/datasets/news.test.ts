import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { test as base, describe, expect } from "vitest";
import type { TermCounts } from "../unit.ts";
import { aTar } from "./formats/archives.fixture.ts";
import { sha256Of } from "./formats/files.ts";
import { news } from "./news.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

interface Fixtures {
  folder: string;
  /** Writes messages as the two folders, in a place of the folder. */
  unpack(place: string, messages: Messages): Promise<void>;
  /** Writes messages as an archive, in the order that they are given in. */
  pack(place: string, messages: Messages, end?: number): Promise<void>;
}
type Messages = Readonly<Record<string, string>>;

const test = base.extend<Fixtures>({
  async folder({ task: _ }, use) {
    const folder = await mkdtemp(join(tmpdir(), "news-"));
    await use(folder);
    await rm(folder, { recursive: true });
  },
  async unpack({ folder }, use) {
    await use(async (place, messages) => {
      for (const [path, content] of Object.entries(messages)) {
        const file = join(folder, place, path);
        await mkdir(join(file, ".."), { recursive: true });
        await writeFile(file, content, "latin1");
      }
    });
  },
  async pack({ folder }, use) {
    await use(async (place, messages, end) => {
      const members = Object.entries(messages).map(([name, content]) => ({
        name,
        content: Buffer.from(content, "latin1"),
      }));
      await mkdir(join(folder, place), { recursive: true });
      await writeFile(join(folder, place, "20news-bydate.tar.gz"), gzipSync(await aTar(members)).subarray(0, end));
    });
  },
});

const header = "From: someone@example.org\nSubject: words of the header\n\n";
/** In the order in which the records are numbered. */
const messages = {
  "20news-bydate-train/alt.atheism/9": `${header}reason and reason\n`,
  "20news-bydate-train/alt.atheism/51060": `${header}In article <1> someone writes:\n> nothing else\n`,
  "20news-bydate-train/sci.med/100": `${header}Caf\xe9 doctor\n\n--\nsigned\n`,
  "20news-bydate-test/alt.atheism/10": `${header}Reason\n`,
  "20news-bydate-test/talk.religion.misc/7": `${header}doctor and reason`,
};
const reversed = Object.fromEntries(Object.entries(messages).reverse());

async function found(folder: string) {
  const located = await news.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async (folder: string) => news.inspect(await found(folder));
const load = async (folder: string) => news.load(await found(folder));

test("unpacked or not, and in whatever order: the same messages, by part, group and number", async ({
  folder,
  pack,
  unpack,
}) => {
  await unpack("news", messages);
  expect((await found(folder)).origin).toBe("folders 20news-bydate-train and -test");
  const unpacked = await inspect(folder);
  const lines = Object.entries(messages).map(([path, text]) => `${sha256Of(Buffer.from(text, "latin1"))}  ${path}\n`);
  expect(unpacked).toEqual({ records: 5, checksum: sha256Of(lines.join("")), largestGroup: 1 });
  const records = await load(folder);
  expect(records).toEqual({
    features: {
      offsets: Uint32Array.of(0, 2, 2, 4, 5, 8),
      terms: Uint32Array.of(0, 3, 1, 2, 3, 0, 2, 3),
      counts: Uint32Array.of(1, 2, 1, 1, 1, 1, 1, 1),
      distinct: 4,
    },
    labels: Int32Array.of(0, 0, 13, 0, 19),
    dictionary: ["and", "café", "doctor", "reason"],
  });

  for (const written of [messages, reversed]) {
    await pack("news", written);
    expect((await found(folder)).origin).toBe("archive 20news-bydate.tar.gz");
    expect(await inspect(folder)).toEqual(unpacked);
    expect(await load(folder)).toEqual(records);
  }
  await pack("news", Object.fromEntries(Object.entries(messages).map(([path, text]) => [`./20news/${path}`, text])));
  expect(await inspect(folder)).toEqual(unpacked);
});

test("another content, path or message is another checksum, even of a message without terms", async ({
  folder,
  pack,
}) => {
  const checksums = new Set<string>();
  const { "20news-bydate-test/alt.atheism/10": moved, ...others } = messages;
  for (const altered of [
    messages,
    others,
    { ...messages, "20news-bydate-train/alt.atheism/51060": `${header}> nothing more\n` },
    { ...others, "20news-bydate-test/alt.atheism/11": moved },
    { ...others, "20news-bydate-test/comp.graphics/10": moved },
    { ...others, "20news-bydate-train/alt.atheism/10": moved },
  ]) {
    await pack("", altered);
    checksums.add((await inspect(folder)).checksum);
  }
  expect(checksums.size).toBe(6);
});

test("is looked for in news and in the folder itself, in this order", async ({ folder, pack, unpack }) => {
  expect(await news.locate([])).toBeNull();
  expect(await news.locate([folder])).toBeNull();
  await unpack("", messages);
  expect((await found(folder)).files).toEqual([
    join(folder, "20news-bydate-train"),
    join(folder, "20news-bydate-test"),
  ]);
  for (const place of ["", "news"]) {
    await pack(place, messages);
    expect((await found(folder)).files).toEqual([join(folder, place, "20news-bydate.tar.gz")]);
  }
});

describe("what is not the collection is refused", () => {
  const train = "20news-bydate-train/sci.med/1";
  const tested = "20news-bydate-test/sci.med/2";
  const both = { [train]: header, [tested]: header };

  async function complaint(read: () => Promise<unknown>): Promise<string> {
    const error = await read().catch((thrown: unknown) => thrown);
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }

  test.for([
    ["another group", "20news-bydate-train/alt.pumps/1"],
    ["another part", "20news-bydate-dev/sci.med/1"],
    ["no number", "20news-bydate-train/sci.med/README"],
    ["a number with more to it", "20news-bydate-train/sci.med/1.txt"],
    ["a file beside the groups", "20news-bydate-train/README"],
  ])("%s, in an archive", async ([, path], { folder, pack }) => {
    await pack("", { ...both, [path as string]: header });
    for (const read of [inspect, load]) {
      expect(await complaint(() => read(folder))).toBe(
        `${join(folder, "20news-bydate.tar.gz")}: ${path} is not 20news-bydate-train or 20news-bydate-test, one of the 20 groups and a number; download it again`,
      );
    }
  });

  test("a file of another name among the messages, in folders", async ({ folder, unpack }) => {
    await unpack("", { ...both, "20news-bydate-test/sci.med/notes": "" });
    expect(await complaint(() => inspect(folder))).toMatch(/: 20news-bydate-test\/sci\.med\/notes is not 20news-/);
  });

  test("a part without messages", async ({ folder, pack, unpack }) => {
    await pack("", { [train]: header });
    expect(await complaint(() => inspect(folder))).toBe(
      `${join(folder, "20news-bydate.tar.gz")} has no message of 20news-bydate-test; download it again`,
    );
    await pack("", {});
    expect(await complaint(() => load(folder))).toMatch(/has no message of 20news-bydate-train; download it again/);
    await unpack("news", { [tested]: header });
    await mkdir(join(folder, "news", "20news-bydate-train"));
    expect(await complaint(() => load(folder))).toMatch(/has no message of 20news-bydate-train; download it again/);
  });

  test("one folder without the other", async ({ folder, unpack }) => {
    await unpack("news", { [tested]: header });
    expect(await complaint(() => found(folder))).toBe(
      `${join(folder, "news", "20news-bydate-test")} is there, but not 20news-bydate-train beside it; add the missing folder`,
    );
  });

  test("an archive that is cut short, has a path out of it, or holds a message twice", async ({ folder, pack }) => {
    await pack("", messages, 200);
    expect(await complaint(() => inspect(folder))).toMatch(/tar\.gz cannot be unpacked: unexpected end of file/);
    await pack("", { ...both, "20news-bydate-test/../sci.med/1": header });
    expect(await complaint(() => inspect(folder))).toMatch(/a path out of its own folder; do not trust this archive/);
    await pack("", { ...both, [`./${train}`]: header });
    expect(await complaint(() => inspect(folder))).toMatch(/twice; do not trust this archive/);
    await pack("", { ...both, [`copy/${train}`]: header });
    expect(await complaint(() => inspect(folder))).toMatch(
      /holds 20news-bydate-train\/sci\.med\/1 twice; download it again/,
    );
    await pack("", { ...both, "20news-bydate-train/sci.med/01": header });
    expect(await complaint(() => load(folder))).toMatch(
      /holds 20news-bydate-train\/sci\.med\/1 twice; download it again/,
    );
  });
});

test("a model is given tf-idf of as many terms as it is told", () => {
  expect(news.input(news.params.parse({}))).toMatchObject({ kind: "text", shape: [5000] });
  expect(news.input({ vocabulary: 77 }).shape).toEqual([77]);
  expect(news.encoding({ vocabulary: 77 })).toEqual({ kind: "tf-idf" });
  expect(news.params.safeParse({ vocabulary: 9 }).success).toBe(false);
});

test.skipIf(real.length === 0)(
  "the official messages (needs SHADOWFARM_DATASETS)",
  async () => {
    const located = await news.locate(real);
    if (located === null) throw new Error("no News in SHADOWFARM_DATASETS");
    expect(await news.inspect(located)).toEqual({
      records: 11_314 + 7532,
      checksum: "3aace1bc98cf56cde53e81efd710063d97852cc17ddebd82461fdece1d89e6a5",
      largestGroup: 1,
    });
    const { features, labels, dictionary } = await news.load(located);
    const sizes = (of: Int32Array) =>
      Array.from({ length: 20 }, (_, group) => of.filter((one) => one === group).length);
    expect([sizes(labels)[0], sizes(labels)[19]]).toEqual([799, 628]);
    const trained = sizes(labels.subarray(0, 11_314));
    expect([trained[0], trained[10], trained[19]]).toEqual([480, 600, 377]);

    // The same numbers of terms as scikit-learn's TfidfVectorizer finds, in all messages and in the training part.
    const { offsets, terms, counts, distinct } = features as TermCounts;
    expect([distinct, dictionary?.length]).toEqual([134_410, 134_410]);
    expect(new Set(terms.subarray(0, offsets[11_314])).size).toBe(101_631);
    expect([terms.length, counts.reduce((sum, count) => sum + count, 0)]).toEqual([1_806_111, 3_443_663]);
    const withoutTerms = labels.filter((_, record) => offsets[record] === offsets[record + 1]);
    expect(withoutTerms).toHaveLength(535);
    const the = dictionary?.indexOf("the");
    expect(terms.filter((term) => term === the)).toHaveLength(15_749);
  },
  60_000,
);
