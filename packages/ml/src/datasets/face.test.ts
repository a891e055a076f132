import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import sharp from "sharp";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { face } from "./face.ts";
import { aTar, type Member } from "./formats/archives.fixture.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "face-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A picture of one grey level for each number of pictures of a person: 40 for most. */
const pictures = new Map<number, Uint8Array>();
beforeAll(async () => {
  for (const level of [0, 100, 200]) {
    const background = { r: level, g: level, b: level };
    pictures.set(
      level,
      await sharp({ create: { width: 250, height: 250, channels: 3, background } })
        .jpeg()
        .toBuffer(),
    );
  }
});

const nameOf = (person: number) => `Person_${String.fromCharCode(65 + person)}`;
const fileOf = (person: string, number: number) => `${person}/${person}_${String(number).padStart(4, "0")}.jpg`;

/** The pictures of 19 people, and 39 of one more, Person_T; the first of each is black, the others light or dark. */
function portraits(root = "lfw-deepfunneled"): Member[] {
  return Array.from({ length: 20 }, (_, person) =>
    Array.from({ length: person === 19 ? 39 : person === 3 ? 42 : 40 }, (_, at) => ({
      name: `${root}/${fileOf(nameOf(person), at + 1)}`,
      content: pictures.get(at === 0 ? 0 : 100 + 100 * (person % 2)) as Uint8Array,
    })),
  ).flat();
}

async function write(members: readonly Member[], place = "lfw", name = "lfw-deepfunneled.tgz"): Promise<void> {
  await mkdir(join(folder, place), { recursive: true });
  await writeFile(join(folder, place, name), gzipSync(await aTar(members)));
}

async function found() {
  const located = await face.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async () => face.inspect(await found());
const load = async () => face.load(await found());

test("people with 40 pictures, by name and number, in whatever order they are packed", async () => {
  await write(portraits().reverse());
  const { features, labels } = await load();
  expect(labels.length).toBe(19 * 40 + 2);
  expect([labels[39], labels[40], labels[3 * 40 + 41], labels[3 * 40 + 42]]).toEqual([0, 1, 3, 4]);
  const levelOf = (record: number) => (features as Uint8Array)[record * 32 * 32 * 3 + 1000];
  expect([0, 1, 39, 40, 41].map(levelOf)).toEqual([0, 100, 100, 0, 200]);
  expect((features as Uint8Array).length).toBe(labels.length * 32 * 32 * 3);
}, 30_000);

test("the checksum is of the pictures that are used, in whichever archive they are", async () => {
  await write(portraits());
  const inspected = await inspect();
  expect(inspected).toEqual({ records: 762, checksum: expect.stringMatching(/^[0-9a-f]{64}$/), largestGroup: 1 });
  await rm(join(folder, "lfw"), { recursive: true });
  const chosen = portraits("lfw").filter(({ name }) => !name.includes("Person_T"));
  await write([{ name: "lfw/pairs.txt", content: "10" }, ...chosen.reverse()], "face", "lfw.tgz");
  expect(await inspect()).toEqual(inspected);
  const other = chosen.map((member, at) => (at === 7 ? { ...member, content: "another" } : member));
  await write(other, "", "lfw.tgz");
  await rm(join(folder, "face"), { recursive: true });
  expect((await inspect()).checksum).not.toBe(inspected.checksum);
});

test("is looked for in face, in lfw and in the folder itself, deep-funneled pictures first", async () => {
  expect(await face.locate([folder])).toBeNull();
  for (const place of ["", "lfw", "face"]) {
    for (const name of ["lfw.tgz", "lfw-funneled.tgz", "lfw-deepfunneled-min40.tgz", "lfw-deepfunneled.tgz"]) {
      await write([], place, name);
      expect((await found()).files).toEqual([join(folder, place, name)]);
    }
  }
});

const without = (name: string) => portraits().filter((member) => !member.name.endsWith(name));

test.each([
  [
    "with too few people",
    () => without("Person_C_0001.jpg"),
    /holds 18 people with at least 40 pictures, not 19; download/,
  ],
  [
    "with a picture too few",
    () => without("Person_D_0007.jpg"),
    /lfw-deepfunneled.tgz lacks picture 7 of Person_D; download it again/,
  ],
  [
    "with a picture under another's name",
    () => [...portraits(), { name: "lfw-deepfunneled/Person_A/Person_B_0041.jpg" }],
    /tgz, lfw-deepfunneled\/Person_A\/Person_B_0041.jpg is not named as NAME\/NAME_0001.jpg is; download it again/,
  ],
  ["of nobody", () => [], /holds 0 people/],
  ["with a path out of it", () => [...portraits(), { name: "lfw/../../x.jpg" }], /a path out of its own folder/],
])("an archive %s is refused", async (_, members, problem) => {
  await write(members());
  const error = await inspect().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toMatch(problem);
});

test("a picture that does not decode is refused by name", async () => {
  const bad = "lfw-deepfunneled/Person_A/Person_A_0002.jpg";
  const cut = pictures.get(100)?.subarray(0, -2) as Uint8Array;
  await write(portraits().map((member) => (member.name === bad ? { ...member, content: cut } : member)));
  await expect(load()).rejects.toThrow(`lfw-deepfunneled.tgz, ${bad} is not a JPEG picture that decodes: `);
});

test.skipIf(real.length === 0)(
  "the 19 people of LFW (needs SHADOWFARM_DATASETS)",
  async () => {
    const located = await face.locate(real);
    if (located === null) throw new Error("no LFW in SHADOWFARM_DATASETS");
    const { records } = await face.inspect(located);
    expect(records).toBe(1867);
    const { features, labels } = await face.load(located);
    const counts = new Array<number>(19).fill(0);
    for (const label of labels) counts[label] = (counts[label] as number) + 1;
    // Ariel Sharon, …, George W Bush, …, Vladimir Putin.
    expect([counts[0], counts[4], counts[18], Math.min(...counts)]).toEqual([77, 530, 49, 41]);
    const pixels = features as Uint8Array;
    expect(pixels.length).toBe(1867 * 32 * 32 * 3);
    expect(pixels.reduce((sum, level) => sum + level, 0) / pixels.length / 255).toBeCloseTo(0.435, 2);
  },
  60_000,
);
