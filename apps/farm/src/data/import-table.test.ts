import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { importedTables } from "@shadowfarm/ml/datasets/table";
import { afterEach, beforeEach, expect, test } from "vitest";
import { importTable } from "./import-table.ts";

let folder: string;
let data: string;
let csv: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  data = path.join(folder, "data");
  csv = path.join(folder, "My Patients (2024).csv");
  await writeFile(csv, table(10));
});
afterEach(() => rm(folder, { recursive: true }));

function table(rows: number): string {
  const lines = Array.from({ length: rows }, (_, at) => `${at},${["a", "b"][at % 2]},${at % 3}`);
  return `age,ward,ill\n${lines.join("\n")}\n`;
}

const { signal } = new AbortController();
const take = (changes: { label?: string; name?: string } = {}) =>
  importTable({ csv, label: "ill", ...changes }, data, signal);

test("a table is copied with what is known of it, under a name made of its file's", async () => {
  const imported = await take();
  expect(imported).toMatchObject({
    ...{ dataset: "my-patients-2024", state: "imported", records: 10, files: ["table.csv", "table.json"] },
    table: {
      label: "ill",
      classes: ["0", "1", "2"],
      columns: [{ name: "age" }, { name: "ward", choices: ["a", "b"] }],
    },
  });
  expect(await readdir(data)).toEqual(["my-patients-2024"]);
  expect(await readFile(path.join(data, "my-patients-2024", "table.csv"), "utf8")).toBe(table(10));
  const dataset = (await importedTables([data]))["my-patients-2024"];
  const located = await dataset?.locate([data]);
  expect(located && (await dataset?.inspect(located))).toMatchObject({ records: 10, checksum: imported.checksum });
});

test("the same table again is there already; another of its name is refused", async () => {
  const first = await take();
  expect(await take()).toEqual({ ...first, state: "present" });
  const goal = path.join(data, "my-patients-2024");
  const refusal = `${goal} has other data under the name "my-patients-2024"; choose another with --name, or move it away`;
  await expect(take({ label: "ward" })).rejects.toThrow(refusal);
  await writeFile(csv, table(12));
  await expect(take()).rejects.toThrow(refusal);
  expect(await take({ name: "others" })).toMatchObject({ dataset: "others", records: 12 });
  expect((await readdir(data)).sort()).toEqual(["my-patients-2024", "others"]);
  expect(await readFile(path.join(goal, "table.csv"), "utf8")).toBe(table(10));
});

test("a damaged copy is replaced by the same table", async () => {
  await take();
  await writeFile(path.join(data, "my-patients-2024", "table.csv"), "damaged");
  expect(await take()).toMatchObject({ state: "imported" });
  expect(await readFile(path.join(data, "my-patients-2024", "table.csv"), "utf8")).toBe(table(10));
  expect(await readdir(data)).toEqual(["my-patients-2024"]);
});

test("something else in its place is left there", async () => {
  await mkdir(path.join(data, "my-patients-2024"), { recursive: true });
  await writeFile(path.join(data, "my-patients-2024", "notes"), "");
  await expect(take()).rejects.toThrow('has other data under the name "my-patients-2024"');
  expect(await readdir(data)).toEqual(["my-patients-2024"]);
});

test.each([
  ["of a dataset that comes with Shadowfarm", "mnist", /"mnist" is a dataset that Shadowfarm brings/],
  ["that is a path", "../elsewhere", /"..\/elsewhere" cannot be a table's name/],
])("a name %s is refused", async (_, name, message) => {
  await expect(take({ name })).rejects.toThrow(message);
});

test("a label that does not exist is refused, and nothing is written", async () => {
  await expect(take({ label: "il" })).rejects.toThrow(/did you mean "ill"\?/);
  expect((await readdir(folder)).sort()).toEqual(["My Patients (2024).csv"]);
});

test("a folder that cannot be written is named", async () => {
  await writeFile(data, "a file");
  await expect(take()).rejects.toThrow(EnvironmentFault);
});

test("when it is interrupted, nothing is left", async () => {
  const reason = new Error("interrupted");
  await expect(importTable({ csv, label: "ill" }, data, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await readdir(data)).toEqual([]);
});
