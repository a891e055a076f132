import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compareWithPaper, paperSchema } from "@shadowfarm/core/paper";
import { summarize } from "@shadowfarm/core/summary";
import type { ResultRow } from "@shadowfarm/store/results";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Cli, cliAt } from "../cli.ts";

const folders = process.env.SHADOWFARM_DATASETS?.split(path.delimiter) ?? [];
const present = folders.some((folder) => existsSync(path.join(folder, "location")));
const experiments = fileURLToPath(new URL("../../apps/farm/experiments", import.meta.url));
let folder: string;
let cli: Cli;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-golden-"));
  await chmod(folder, 0o755);
  cli = cliAt(path.join(folder, "home"));
});
afterAll(async () => {
  await cli.killAll();
  await rm(folder, { recursive: true, force: true });
});

/** Runs an experiment file on the real data. */
async function run(name: string): Promise<{ file: string; rows: ResultRow[] }> {
  const file = path.join(experiments, name);
  const { code, stdout, stderr } = await cli.run(["run", file, "--json"], {
    SHADOWFARM_DATASETS: folders.join(path.delimiter),
  });
  expect(stderr).toContain("0 failed, 0 blocked");
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as ResultRow[];
  expect(new Set(rows.map(({ data }) => data))).toEqual(new Set(["real"]));
  return { file, rows };
}

const title = present
  ? "on the real check-ins of Location"
  : "on Location SKIPPED: it needs the real data; name their folder in SHADOWFARM_DATASETS";

describe.skipIf(!present)(title, () => {
  test.each([
    "ml-leaks/epochs.yaml",
    "ml-leaks/random-points.yaml",
    "ml-leaks/defenses.yaml",
    "shokri/shadow-records.yaml",
  ])("%s: every published number that has a bound is met within it", async (name) => {
    const { file, rows } = await run(name);
    const paper = paperSchema.array().parse(parse(await readFile(file, "utf8")).paper);
    const comparisons = compareWithPaper(paper, rows);
    const bounded = comparisons.filter(({ within }) => within !== undefined);
    expect(bounded.length).toBeGreaterThan(0);
    const beyond = bounded.flatMap(({ figure, where, metric, value, within = 0, ours }) => {
      const difference = (ours.mean ?? Number.NaN) - value;
      return Math.abs(difference) <= within ? [] : [`${figure} ${JSON.stringify(where)} ${metric}: ${difference}`];
    });
    expect(beyond).toEqual([]);
    const most = Math.max(...bounded.map(({ ours, value }) => Math.abs((ours.mean ?? 0) - value)));
    process.stdout.write(`${name}: ${bounded.length} numbers, largest difference ${most.toFixed(3)}\n`);
  });

  test("noisier shadow records make a weaker attack, whose recall does not fall", async () => {
    const { rows } = await run("shokri/shadow-records.yaml");
    const mean = (records: string, noise: number, pick: (metrics: ResultRow["metrics"]) => number) =>
      summarize(
        rows
          .filter(({ attackParams }) => attackParams.records === records && attackParams.noise === noise)
          .map(({ metrics }) => pick(metrics)),
      ).mean ?? Number.NaN;
    const over = (pick: (metrics: ResultRow["metrics"]) => number) => [
      mean("real", 0.1, pick),
      mean("noise", 0.1, pick),
      mean("noise", 0.2, pick),
    ];
    const [real, little, much] = over(({ precision }) => precision) as [number, number, number];
    expect(real).toBeGreaterThan(little);
    expect(little).toBeGreaterThan(much);
    const recalls = over(({ recall }) => recall);
    expect([...recalls].sort((a, b) => a - b)).toEqual(recalls);
  });

  test("reference attacks: LiRA with one variance beats adversary 1, and RMIA with two references is as good as LiRA", async () => {
    const { rows } = await run("reference-attacks/location.yaml");
    const aucOf = (attack: string, params: Record<string, unknown> = {}) => {
      const found = rows.find(
        (row) =>
          row.attack === attack && Object.entries(params).every(([name, value]) => row.attackParams[name] === value),
      );
      return found?.metrics.auc ?? Number.NaN;
    };
    const online = aucOf("lira", { variant: "online", spread: "centered", shadows: 64 });
    process.stdout.write(`LiRA with 64 models ${online.toFixed(4)}, adversary 1 ${aucOf("shadow").toFixed(4)}\n`);
    expect(online).toBeGreaterThan(aucOf("shadow"));
    expect(aucOf("rmia", { shadows: 2 })).toBeGreaterThanOrEqual(aucOf("lira", { shadows: 2 }));
  });
});
