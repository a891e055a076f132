import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import { test as base, describe, expect } from "vitest";
import { importedTables, parseManifest, TABLE_FILES, tableDataset } from "./table.ts";
import { planTable } from "./table-plan.ts";

interface Fixtures {
  folder: string;
  /** Writes a table and returns its file. */
  write(...rows: string[]): Promise<string>;
}

const test = base.extend<Fixtures>({
  async folder({ task: _ }, use) {
    const folder = await mkdtemp(join(tmpdir(), "table-"));
    await use(folder);
    await rm(folder, { recursive: true });
  },
  async write({ folder }, use) {
    await use(async (...rows) => {
      const file = join(folder, "people.csv");
      await writeFile(file, `${rows.join("\n")}\n`);
      return file;
    });
  },
});

const header = "age,job,ill,weight";
const people = [
  ...["30,baker,no,70.5", "41,smith,yes,80", "52,baker,yes,65", '23,"nurse, night",no,55'],
  ...["30,smith,no,70", "61,baker,yes,-1e1", "72,smith,yes,90", "18,baker,no,60"],
];

/** What a table is refused for, its path shortened to `people`. */
async function complaint(file: string, label = "ill"): Promise<string> {
  const error = await planTable(file, label, "people").catch((thrown: unknown) => thrown);
  if (error instanceof InvalidInput) return error.message.replaceAll(file, "people");
  throw error;
}

test("a table becomes numbers, then choices, and classes in order", async ({ write }) => {
  const file = await write(header, ...people);
  const manifest = await planTable(file, "ill", "people");
  expect(manifest).toMatchObject({
    name: "people",
    label: "ill",
    classes: ["no", "yes"],
    columns: [
      { name: "age", low: 18, high: 72 },
      { name: "weight", low: -10, high: 90 },
      { name: "job", choices: ["baker", "nurse, night", "smith"] },
    ],
    records: 8,
    importedFrom: "people.csv",
  });
  expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);

  const dataset = tableDataset(manifest);
  const located = { files: [file], origin: "here" };
  expect(await dataset.inspect(located)).toEqual({
    records: 8,
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    largestGroup: 1,
  });
  const { features, labels } = await dataset.load(located);
  expect(labels).toEqual(Int32Array.of(0, 1, 1, 0, 0, 1, 1, 0));
  expect((features as Float32Array).subarray(0, 10)).toEqual(Float32Array.of(30, 70.5, 1, 0, 0, 41, 80, 0, 0, 1));
  expect((features as Float32Array).subarray(15, 20)).toEqual(Float32Array.of(23, 55, 0, 1, 0));
  expect(dataset.input({})).toMatchObject({ kind: "tabular", shape: [5] });
  expect(dataset.encoding({})).toEqual({ kind: "standardize", features: 2, leastDeviation: 0 });
});

test("spaces, a byte order mark, Windows line ends and empty lines are no part of the values", async ({
  folder,
  write,
}) => {
  const plain = await planTable(await write(header, ...people), "ill", "people");
  const file = join(folder, "windows.csv");
  await writeFile(file, `\ufeff${[header, "", ...people].join(" \r\n ")}\r\n\r\n`);
  const { sha256: _1, importedFrom: _2, ...same } = await planTable(file, "ill", "people");
  expect(plain).toMatchObject(same);
});

test("classes that are numbers are in the order of the numbers", async ({ write }) => {
  const rows = [10, 9, 2, 10, 9, 2, 10, 9].map((label, at) => `${at},${label}`);
  expect((await planTable(await write("x,y", ...rows), "y", "people")).classes).toEqual(["2", "9", "10"]);
});

describe("a table is refused with row and column", () => {
  test.for<[string, string[], string]>([
    ["no rows", [header], "people has 0 records; give at least 8"],
    ["few rows", [header, ...people.slice(1)], "people has 7 records; give at least 8"],
    ["nothing", [], "people is empty; give a CSV file with a header"],
    [
      "a missing value",
      [header, ...people, "30,,no,1"],
      'people, row 10, column job: no value (""); fill it in or remove the row',
    ],
    [
      "a value that stands for none",
      [header, "NA,a,no,1"],
      'people, row 2, column age: no value ("NA"); fill it in or remove the row',
    ],
    [
      "an infinite number",
      [header, "1,a,no,-inf"],
      "people, row 2, column weight: -inf is not a finite number; correct it or remove the row",
    ],
    [
      "a number beyond float32",
      [header, "1,a,no,1e39"],
      "people, row 2, column weight: 1e39 is not a finite number; correct it or remove the row",
    ],
    [
      "a short row",
      [header, ...people, "30,baker,no"],
      "people, row 10: 3 values for 4 columns; correct or remove the row",
    ],
    ["a long row", [header, "30,baker,no,1,2"], "people, row 2: 5 values for 4 columns; correct or remove the row"],
    ["a column twice", ["age,age,ill"], 'people, row 1: two columns "age"; rename one of them'],
    ["a column without name", ["age,,ill"], "people, row 1: column 2 has no name; give every column one"],
    [
      "one class",
      [header, ...people.map((row) => row.replace(/no|yes/, "no"))],
      'people, column ill: all records are of one class, "no"; give two or more',
    ],
    ["another label", ["age,job,sick,weight", ...people], 'people has no column "ill"; known: age, job, sick, weight'],
    ["nothing but a label", ["ill", ..."01010101"], "people has no column besides ill; give some to predict it from"],
  ])("%s", async ([, rows, message], { write }) => {
    expect(await complaint(await write(...rows))).toBe(message);
  });

  test("quotes that do not end", async ({ write }) => {
    expect(await complaint(await write(header, ...people, '30,"baker,no,1'))).toMatch(
      /^people cannot be read as CSV: Quote Not Closed/,
    );
  });

  test("words that are too many for choices, with the first of them", async ({ write }) => {
    const rows = Array.from({ length: 120 }, (_, at) => `${at},${at === 0 ? "1" : `name${at}`},${at % 2},1`);
    expect(await complaint(await write(header, ...rows))).toBe(
      'people, column job: "name1" in row 3 is no number, and more than 100 different values are not choices; correct or leave out the column',
    );
  });

  test("labels that are too many for classes", async ({ write }) => {
    const rows = Array.from({ length: 1001 }, (_, at) => `${at},a,${at},1`);
    expect(await complaint(await write(header, ...rows))).toMatch(/more than 1000 different values are not classes/);
  });
});

describe("imported tables", () => {
  async function place(folder: string, name: string, rows: readonly string[] = people): Promise<void> {
    const file = join(folder, name, TABLE_FILES.csv);
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(file, `${[header, ...rows].join("\n")}\n`);
    await writeFile(join(folder, name, TABLE_FILES.manifest), JSON.stringify(await planTable(file, "ill", name)));
  }

  test("are found by name in the folders, the first of one name alone", async ({ folder }) => {
    await place(join(folder, "one"), "people");
    await place(join(folder, "two"), "people", [...people, "1,baker,no,2"]);
    await place(join(folder, "two"), "others");
    const tables = await importedTables([join(folder, "none"), join(folder, "one"), join(folder, "two")]);
    expect(Object.keys(tables).sort()).toEqual(["others", "people"]);
    expect(tables.people?.records).toBe(8);
    expect(await tables.people?.locate([join(folder, "two")])).toMatchObject({ origin: "imported table table.csv" });
    expect(await tables.people?.locate([folder])).toBeNull();
  });

  test("that were altered since are refused", async ({ folder }) => {
    await place(folder, "people");
    const { people: table } = await importedTables([folder]);
    await writeFile(join(folder, "people", TABLE_FILES.csv), `${header}\n`);
    const located = await table?.locate([folder]);
    await expect(table?.inspect(located as never)).rejects.toThrow(/table.csv was altered since it was imported/);
    await expect(table?.load(located as never)).rejects.toThrow(/has 0 rows, not 8/);
  });

  test("with a manifest that is none are refused by name", async ({ folder }) => {
    await place(folder, "people");
    const file = join(folder, "people", TABLE_FILES.manifest);
    await writeFile(file, "{");
    await expect(importedTables([folder])).rejects.toThrow(`${file} is not JSON; import the table again`);
    await writeFile(file, '{"format": 1}');
    await expect(importedTables([folder])).rejects.toThrow(InvalidInput);
  });
});
