import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidInput } from "@shadowfarm/core/errors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aTar, aZip, type Member } from "./formats/archives.fixture.ts";
import { gtsrb } from "./gtsrb.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gtsrb-"));
  await mkdir(join(folder, "gtsrb"));
});
afterEach(() => rm(folder, { recursive: true }));

const digits = (value: number) => String(value).padStart(5, "0");
const inFolder = (label: number, name: string) => `GTSRB/Final_Training/Images/${digits(label)}/${name}`;

/** A picture in one colour. */
function aPicture(width: number, height: number, colour: readonly number[]): Uint8Array {
  const pixels = Buffer.alloc(width * height * 3, Uint8Array.from(colour));
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
}

/** 43 classes of one track, two frames each, and a second track of three frames in the last class. */
const benchmark: readonly Member[] = Array.from({ length: 43 }, (_, label) => {
  const frames = [
    [0, 0],
    [0, 1],
    ...(label === 42
      ? [
          [1, 0],
          [1, 1],
          [1, 2],
        ]
      : []),
  ] as [number, number][];
  const rows = frames.map(([track, frame]) => `${digits(track)}_${digits(frame)}.ppm;29;30;5;6;24;25;${label}`);
  return [
    {
      name: inFolder(label, `GT-${digits(label)}.csv`),
      content: `Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n${rows.join("\r\n")}\r\n`,
    },
    ...frames.map(([track, frame]) => ({
      name: inFolder(label, `${digits(track)}_${digits(frame)}.ppm`),
      content: aPicture(frame === 0 ? 32 : 15 + label, 32, [label, track, frame]),
    })),
  ];
}).flat();

const write = (members: readonly Member[]) =>
  writeFile(join(folder, "gtsrb", "GTSRB_Final_Training_Images.zip"), aZip(members, true));

async function found() {
  const located = await gtsrb.locate(["/nowhere", folder]);
  if (located === null) throw new Error("nothing was found");
  return located;
}
const inspect = async () => gtsrb.inspect(await found());
const load = async () => gtsrb.load(await found());

test("frames by class, track and number, scaled; a track is a group", async () => {
  await write([{ name: "GTSRB/Readme-Images.txt", content: "" }, ...benchmark.toReversed()]);
  expect(await inspect()).toMatchObject({ records: 89, largestGroup: 3 });
  const { features, labels, groups } = await load();
  const pixels = features as Uint8Array;
  expect(pixels.length).toBe(89 * 32 * 32 * 3);
  expect([...labels.subarray(0, 4), ...labels.subarray(84)]).toEqual([0, 0, 1, 1, 42, 42, 42, 42, 42]);
  expect([...(groups as Int32Array).subarray(0, 4), ...(groups as Int32Array).subarray(84)]).toEqual([
    0, 0, 1, 1, 42, 42, 43, 43, 43,
  ]);
  const colourOf = (record: number) => [...pixels.subarray(record * 3072 + 1500, record * 3072 + 1503)];
  expect([0, 1, 3, 84, 85, 86, 88].map(colourOf)).toEqual([
    [0, 0, 0],
    [0, 0, 1],
    [1, 0, 1],
    [42, 0, 0],
    [42, 0, 1],
    [42, 1, 0],
    [42, 1, 2],
  ]);
});

test("any archive of the same tree: the official one first, and the same checksum for the same pictures", async () => {
  expect(await gtsrb.locate([folder])).toBeNull();
  await writeFile(join(folder, "GTSRB_Final_Training_Images-some.tar.gz"), gzipSync(await aTar(benchmark)));
  await writeFile(join(folder, "GTSRB_Final_Test_Images.zip"), "");
  expect((await found()).origin).toBe("archive GTSRB_Final_Training_Images-some.tar.gz");
  const inspected = await inspect();
  await writeFile(join(folder, "gtsrb", "GTSRB_Final_Training_Images-a.tar"), "");
  await write(benchmark);
  expect((await found()).origin).toBe("archive GTSRB_Final_Training_Images.zip");
  expect(await inspect()).toEqual(inspected);
});

const changed = (name: string, change: (member: Member) => Member[]) =>
  benchmark.flatMap((member) => (member.name.endsWith(name) ? change(member) : [member]));
const withTable = (from: string, to: string) =>
  changed("GT-00007.csv", (member) => [{ ...member, content: String(member.content).replace(from, to) }]);

test.each([
  [
    "lacks a picture",
    changed("00007/00000_00001.ppm", () => []),
    "holds no 00007/00000_00001.ppm, which its table lists",
  ],
  [
    "lacks a row",
    withTable("00000_00001.ppm;29;30;5;6;24;25;7\r\n", ""),
    "holds no row for 00007/00000_00001.ppm in its table",
  ],
  ["lacks a table", changed("GT-00007.csv", () => []), "holds no GTSRB/Final_Training/Images/00007/GT-00007.csv"],
  [
    "has a row of another class",
    withTable("25;7", "25;8"),
    "00007/GT-00007.csv, row 2: expected 8 cells and the class 7, and found 00000_00000.ppm;29;30;5;6;24;25;8",
  ],
  ["has a short row", withTable(";30;5;6", ""), "GT-00007.csv, row 2: expected 8 cells"],
  [
    "has another table",
    withTable("Filename", "File"),
    "GT-00007.csv, row 1: the columns Filename and ClassId are not there",
  ],
  [
    "has a class too many",
    [...benchmark, { name: inFolder(43, "00000_00000.ppm") }],
    "00043/00000_00000.ppm is not named as 000NN/TRACK_FRAME.ppm is",
  ],
  [
    "has a picture elsewhere",
    [...benchmark, { name: "GTSRB/00000_00000.ppm" }],
    "GTSRB/00000_00000.ppm is not named as",
  ],
  ["has nothing", [], "holds no GTSRB/Final_Training/Images/00000/GT-00000.csv"],
])("an archive that %s is refused", async (_, members, problem) => {
  await write(members);
  for (const refuse of [inspect, load]) {
    const error = await refuse().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(String(error)).toContain(problem);
    expect(String(error)).toMatch(/GTSRB_Final_Training_Images.zip.*; download it again$/);
  }
});

test("an archive with a path out of it, or cut short, is refused", async () => {
  await write([...benchmark, { name: "GTSRB/../../x.ppm" }]);
  await expect(inspect()).rejects.toThrow("a path out of its own folder; do not trust this archive");
  const whole = aZip(benchmark);
  await writeFile(join(folder, "gtsrb", "GTSRB_Final_Training_Images.zip"), whole.subarray(0, whole.length - 99));
  await expect(inspect()).rejects.toThrow("GTSRB_Final_Training_Images.zip cannot be unpacked: ");
});

test.each([
  ["cut short", aPicture(30, 30, [1, 2, 3]).subarray(0, 1000), "announces 2700 bytes (30 × 30 × 3), but 987 follow"],
  ["grey", Buffer.concat([Buffer.from("P5 1 1 255 "), Uint8Array.of(1)]), "is not a picture in colour"],
  ["another format", Buffer.from("<html>"), 'begins with "<html>", not with the header'],
])("a picture that is %s is refused by name", async (_, content, problem) => {
  await write(changed("00007/00000_00001.ppm", (member) => [{ ...member, content }]));
  const error = await load().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInput);
  expect(String(error)).toMatch("GTSRB_Final_Training_Images.zip, GTSRB/Final_Training/Images/00007/00000_00001.ppm");
  expect(String(error)).toContain(problem);
});

test.skipIf(real.length === 0)(
  "every tenth frame of the benchmark (needs SHADOWFARM_DATASETS)",
  async () => {
    const located = await gtsrb.locate(real);
    if (located === null) throw new Error("no GTSRB in SHADOWFARM_DATASETS");
    expect(await gtsrb.inspect(located)).toMatchObject({ records: 3921, largestGroup: 3 });
    const { features, labels, groups = new Int32Array() } = await gtsrb.load(located);
    expect((features as Uint8Array).length).toBe(3921 * 3072);
    const counts = new Array<number>(43).fill(0);
    for (const label of labels) counts[label] = (counts[label] as number) + 1;
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([21, 225]);
    expect(new Set(groups).size).toBe(1307);
    expect(groups.every((group, at) => group === Math.floor(at / 3))).toBe(true);
  },
  60_000,
);
