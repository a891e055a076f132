import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aZip, type Member } from "./formats/archives.fixture.ts";
import { yaleFace } from "./yale-face.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "yale-face-"));
});
afterEach(() => rm(folder, { recursive: true }));

function aPicture(level: number, width = 168, height = 192): Uint8Array {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), Buffer.alloc(width * height, level)]);
}

const person = (number: number) => `yaleB${String(number).padStart(2, "0")}`;
const path = (number: number, light: string) => `CroppedYale/${person(number)}/${person(number)}_P00A${light}.pgm`;
const numbers = Array.from({ length: 39 }, (_, at) => at + 1).filter((number) => number !== 14);

/** 38 people under two lights, and what is beside their pictures in the archive. */
function aDatabase(): Member[] {
  return [
    { name: "CroppedYale/", type: "directory" },
    ...numbers.flatMap((number) => [
      { name: path(number, "-005E+10"), content: aPicture(100 + number) },
      { name: path(number, "+000E+00"), content: aPicture(number) },
      { name: `CroppedYale/${person(number)}/${person(number)}_P00_Ambient.pgm`, content: "none" },
      { name: `CroppedYale/${person(number)}/${person(number)}_P00.info`, content: "" },
    ]),
    { name: `${path(11, "+050E-40")}.bad`, content: "none" },
  ];
}

async function writeZip(members: readonly Member[]): Promise<void> {
  await mkdir(join(folder, "yale-face"), { recursive: true });
  await writeFile(join(folder, "yale-face", "CroppedYale.zip"), aZip(members, true));
}

async function found() {
  const located = await yaleFace.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}

test("packed or not: the same records, by person and name", async () => {
  expect(await yaleFace.locate([folder])).toBeNull();
  for (const { name, content } of aDatabase().slice(1).reverse()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content as Uint8Array);
  }
  expect((await found()).origin).toBe("folder CroppedYale");
  const inspected = await yaleFace.inspect(await found());
  expect(inspected).toEqual({ records: 76, checksum: expect.stringMatching(/^[0-9a-f]{64}$/), largestGroup: 1 });
  const { features, labels } = await yaleFace.load(await found());
  expect(labels).toEqual(Int32Array.from({ length: 76 }, (_, at) => Math.floor(at / 2)));
  const pixels = features as Uint8Array;
  expect(pixels.length).toBe(76 * 192 * 168);
  const levels = Array.from({ length: 76 }, (_, record) => pixels[record * 192 * 168 + 99]);
  expect(levels).toEqual(numbers.flatMap((number) => [number, 100 + number]));

  await writeZip(aDatabase());
  expect((await found()).origin).toBe("archive CroppedYale.zip");
  expect(await yaleFace.inspect(await found())).toEqual(inspected);
  const packed = await yaleFace.load(await found());
  expect(Buffer.from(packed.features as Uint8Array).equals(pixels)).toBe(true);
});

const withPicture = (content: Uint8Array) =>
  aDatabase().map((member) => (member.name === path(20, "+000E+00") ? { ...member, content } : member));

test.each([
  [
    "without a person",
    aDatabase().filter(({ name }) => !name.includes("yaleB20")),
    "CroppedYale.zip holds pictures of 37 people, not 38",
  ],
  ["of number 14", [...aDatabase(), { name: path(14, "+000E+00") }], "yaleB14_P00A+000E+00.pgm is not named as"],
  ["of number 40", [...aDatabase(), { name: path(40, "+000E+00") }], "yaleB40_P00A+000E+00.pgm is not named as"],
  [
    "with another name",
    [...aDatabase(), { name: "CroppedYale/yaleB20/yaleB21_P00A+000E+00.pgm" }],
    "is not named as yaleBNN/yaleBNN_P00A+000E+00.pgm",
  ],
  [
    "with a picture of another size",
    withPicture(aPicture(1, 192, 168)),
    "CroppedYale.zip, CroppedYale/yaleB20/yaleB20_P00A+000E+00.pgm has 168 × 192 × 1 pixels, not 192 × 168 × 1",
  ],
  [
    "with a picture cut short",
    withPicture(aPicture(1).subarray(0, 9999)),
    "yaleB20_P00A+000E+00.pgm: the header announces 32256 bytes (192 × 168 × 1), but 9984 follow",
  ],
  ["with no picture", withPicture(Buffer.from("<html>")), 'yaleB20_P00A+000E+00.pgm begins with "<html>"'],
])("an archive %s is refused", async (_, members, problem) => {
  await writeZip(members);
  const error = await yaleFace.load(await found()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toContain(problem);
  expect(String(error)).toMatch(/; download it again$/);
});

test("an archive with a path out of it is refused", async () => {
  await writeZip([...aDatabase(), { name: "../x.pgm" }]);
  await expect(yaleFace.inspect(await found())).rejects.toThrow("a path out of its own folder");
});
