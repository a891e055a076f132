import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { DatasetUse } from "@shadowfarm/core/catalog";
import { parseExperiment } from "@shadowfarm/core/experiment";
import { compilePlan } from "@shadowfarm/core/plan";
import { catalog } from "@shadowfarm/ml/catalog";
import { expect, test } from "vitest";
import { parse } from "yaml";

const folder = fileURLToPath(new URL("../experiments", import.meta.url));
const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".yaml")).sort();

/** The datasets of the experiment as they are when their official files are there. */
function present(names: readonly string[]): DatasetUse[] {
  return names.map((name) => {
    const { version = 0, records = 0 } = catalog.datasets[name] ?? {};
    return { ...{ name, version, records }, source: "real", checksum: name, largestGroup: 1, origin: "official files" };
  });
}

test.each(files)("%s can be planned, and its published numbers are about what it computes", async (file) => {
  const experiment = parseExperiment(parse(await readFile(`${folder}/${file}`, "utf8")), catalog);
  const names = experiment.datasets.map(({ name }) => name);
  const { cells } = compilePlan(experiment, catalog, { datasets: present(names), engine: "test" });
  expect(cells.length).toBeGreaterThan(0);
  if (file.includes("/")) expect(experiment.spec.name).toMatch(/^[a-z0-9-]+$/);
});

test("no two experiment files have one name", async () => {
  const names = await Promise.all(files.map(async (file) => parse(await readFile(`${folder}/${file}`, "utf8")).name));
  expect(new Set(names).size).toBe(files.length);
});
