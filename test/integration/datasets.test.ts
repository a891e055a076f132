import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createRng } from "@shadowfarm/core/rng";
import type { ResultRow } from "@shadowfarm/store/results";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

test("a dataset that two experiments ask for at once is prepared once", async ({ cli, folder }) => {
  const specs = [
    await writeSpec(folder, { name: "one", seed: 1, attacks: ["gap"] }),
    await writeSpec(folder, { name: "two", seed: 2, attacks: ["gap"], training: { epochs: 2 } }),
  ];
  expect(await cli.run(["run", ...specs])).toMatchObject({ code: 0 });
  const store = await cli.store();
  const attempts = await store.db.attempt.findMany({ where: { job: { kind: "prepare" } } });
  expect(attempts).toHaveLength(1);
  await store.close();
});

test("a lab's own table is imported, named in an experiment, and attacked", async ({ cli, folder }) => {
  const csv = path.join(folder, "Patients 2024.csv");
  await writeFile(csv, patients(600));
  const imported = await cli.run(["data", "import", "--csv", csv, "--label", "outcome"]);
  expect(imported).toMatchObject({ code: 0 });
  const spec = await writeSpec(folder, {
    name: "own-table",
    datasets: ["patients-2024"],
    records: 140,
    training: { epochs: 30, batch: 20 },
    attacks: ["gap", "threshold", "shadow"],
  });
  const { code, stdout, stderr } = await cli.run(["run", spec, "--json"]);
  expect(stderr).toContain("0 failed");
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as ResultRow[];
  expect(rows).toHaveLength(6);
  for (const row of rows) {
    expect(row).toMatchObject({ dataset: "patients-2024", data: "real", records: 140, split: "quarters" });
    expect(row.metrics.trainAccuracy).toBeGreaterThan(0.6);
  }
});

test("text is encoded by each model's own vocabulary, whose size is swept; and records are split in any way", async ({
  cli,
  folder,
}) => {
  const spec = await writeSpec(folder, {
    name: "text",
    datasets: [{ name: "news", data: "synthetic", vocabulary: [50, 200] }],
    split: ["pools", "halves"],
    records: 100,
    attacks: ["gap", "threshold", "shadow"],
    defenses: ["none"],
  });
  const { code, stdout } = await cli.run(["run", spec, "--json"]);
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as ResultRow[];
  expect(new Set(rows.map(({ datasetParams, split }) => `${datasetParams.vocabulary} ${split}`))).toEqual(
    new Set(["50 pools", "50 halves", "200 pools", "200 halves"]),
  );
  expect(new Set(rows.map(({ data }) => data))).toEqual(new Set(["synthetic"]));
  const store = await cli.store();
  expect(await store.db.job.count({ where: { kind: "prepare" } })).toBe(1);
  await store.close();
});

/** People of three outcomes, which their age and drug say something of. */
function patients(count: number): string {
  const rng = createRng("patients");
  const rows = Array.from({ length: count }, () => {
    const outcome = rng.int(3);
    const age = 40 + 15 * outcome + 10 * rng.normal();
    const drug = ["a", "b", "c"][rng.uniform() < 0.6 ? outcome : rng.int(3)];
    return `${age.toFixed(1)},${rng.int(5)},${drug},${["well", "same", "worse"][outcome]}`;
  });
  return `${["age,visits,drug,outcome", ...rows].join("\n")}\n`;
}
