import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { knownDatasets, lookUp } from "@shadowfarm/ml/known-datasets";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { byteDataset } from "./byte-dataset.fixture.ts";
import { datasetsNamed, firstFolder } from "./known-datasets.ts";

const mnist = byteDataset("mnist", [{ file: "images", urls: [], checksum: null, bytes: 1 }]);
const known = { mnist, adult: byteDataset("adult", []) };

test("datasets are found by name, each once; every unknown name is told, with what may be meant", () => {
  expect(datasetsNamed(["mnist", "adult", "mnist"], known)).toEqual([mnist, known.adult]);
  expect(() => datasetsNamed(["minst", "adult", "toString"], known)).toThrow(
    'unknown dataset "minst"; did you mean "mnist"?\nunknown dataset "toString"; known: mnist, adult',
  );
});

test("data are present, absent or damaged", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  expect(await lookUp(mnist, [folder])).toEqual({ state: "absent" });
  await writeFile(path.join(folder, "images"), "four");
  expect(await lookUp(mnist, [folder])).toMatchObject({ state: "present", inspected: { records: 4 } });
  await writeFile(path.join(folder, "images"), "damaged");
  expect(await lookUp(mnist, [folder])).toEqual({
    state: "damaged",
    message: `${path.join(folder, "images")} is damaged; download it again`,
  });
  await rm(folder, { recursive: true });
});

test("a damaged table is told, and hides no dataset that comes with Shadowfarm", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  expect(await knownDatasets([folder])).toMatchObject({ known: { mnist: { name: "mnist" } }, problems: [] });
  await mkdir(path.join(folder, "patients"));
  await writeFile(path.join(folder, "patients", "table.json"), "{");
  const { known, problems } = await knownDatasets([folder]);
  expect(Object.keys(known)).toContain("mnist");
  expect(problems).toEqual([expect.stringContaining(path.join(folder, "patients", "table.json"))]);
  await rm(folder, { recursive: true });
});

test("new data go to the first folder, which must be named", () => {
  const config = (folders: string) => readConfig({ SHADOWFARM_DATASETS: folders });
  expect(firstFolder(config(["/a", "/b"].join(path.delimiter)))).toBe(path.resolve("/a"));
  expect(() => firstFolder(config(path.delimiter))).toThrow(EnvironmentFault);
});
