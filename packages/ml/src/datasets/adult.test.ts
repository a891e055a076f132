import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test as base, describe, expect } from "vitest";
import { adult } from "./adult.ts";
import { adultColumns } from "./adult-columns.ts";

const real = process.env.SHADOWFARM_DATASETS?.split(delimiter) ?? [];

const person =
  "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, United-States, <=50K";
const other = "25, ?, 226802, 11th, 7, Never-married, ?, Own-child, Black, Female, 0, 0, 40, ?, >50K.";

const test = base.extend<{ place: (data: string, tested: string) => Promise<string> }>({
  async place({ task: _ }, use) {
    const folder = await mkdtemp(join(tmpdir(), "adult-"));
    await mkdir(join(folder, "adult"));
    await use(async (data, tested) => {
      await writeFile(join(folder, "adult", "adult.data"), data);
      await writeFile(join(folder, "adult", "adult.test"), tested);
      return folder;
    });
    await rm(folder, { recursive: true });
  },
});

/** What the two files are as records. */
async function read(folder: string) {
  const located = await adult.locate([folder]);
  if (located === null) throw new Error("nothing was found");
  return { inspected: await adult.inspect(located), records: await adult.load(located) };
}

test("numbers come first, each choice is a feature, and the unknown is a choice", async ({ place }) => {
  const { inspected, records } = await read(await place(`${person}\n\n`, `|1x3 Cross validator\n${other}\n\n`));
  expect(inspected).toMatchObject({ records: 2, largestGroup: 1 });
  expect(records.labels).toEqual(Int32Array.of(0, 1));
  const features = records.features as Float32Array;
  const width = features.length / 2;
  expect(adult.input({}).shape).toEqual([width]);
  expect([...features.subarray(0, 6)]).toEqual([39, 77516, 13, 2174, 0, 40]);
  expect([...features.subarray(width, width + 6)]).toEqual([25, 226802, 7, 0, 0, 40]);
  for (const [record, unknown] of [
    [0, []],
    [1, ["workclass", "occupation", "native-country"]],
  ] as const) {
    let at = record * width + 6;
    for (const column of adultColumns.slice(6)) {
      if (!("choices" in column)) throw new Error("a number among the choices");
      const block = [...features.subarray(at, at + column.choices.length)];
      expect(block.filter((value) => value === 1)).toHaveLength(1);
      expect(column.choices[block.indexOf(1)] === "?").toBe((unknown as readonly string[]).includes(column.name));
      at += column.choices.length;
    }
  }
});

describe("a bad row is refused by its place", () => {
  test.for<[string, string, RegExp]>([
    ["cut short", person.slice(0, 60), /adult\.data, row 2: 7 values, not 15; download it again/],
    [
      "an unknown choice",
      person.replace("Bachelors", "Bachelor"),
      /row 2, column education: "Bachelor" is not one of its choices/,
    ],
    ["no number", person.replace("39", "old"), /row 2, column age: "old" is not a number from 17 to 90/],
    ["a number out of range", person.replace("39", "391"), /row 2, column age: "391" is not a number from 17 to 90/],
    ["no label", person.replace("<=50K", "50K"), /row 2: the label "50K" is not <=50K or >50K/],
    ["quotes that do not end", `"${person}`, /adult\.data cannot be read: Quote Not Closed/],
  ])("%s", async ([, row, message], { place }) => {
    await expect(read(await place(`${person}\n${row}\n`, `${other}\n`))).rejects.toThrow(message);
  });

  test("a file without any, or one without the other", async ({ place }) => {
    const folder = await place("\n", `${other}\n`);
    await expect(read(folder)).rejects.toThrow(/adult\.data has no records/);
    await rm(join(folder, "adult", "adult.test"));
    await expect(read(folder)).rejects.toThrow(/adult\.data is there, but not adult\.test beside it; add that file/);
  });
});

test.skipIf(real.length === 0)("the official files (needs SHADOWFARM_DATASETS)", async () => {
  const located = await adult.locate(real);
  if (located === null) throw new Error("no Adult in SHADOWFARM_DATASETS");
  expect((await adult.inspect(located)).records).toBe(32_561 + 16_281);
  const { labels } = await adult.load(located);
  const rich = (from: number, to: number) =>
    labels.subarray(from, to).reduce((sum, label) => sum + label, 0) / (to - from);
  expect(rich(0, 32_561)).toBeCloseTo(0.2408, 4);
  expect(rich(32_561, 48_842)).toBeCloseTo(0.2362, 4);
});
