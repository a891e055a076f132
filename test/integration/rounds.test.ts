import type { ResultRow } from "@shadowfarm/store/results";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

test("repeats are added until a mean is known well enough, and a second run adds none", async ({ cli, folder }) => {
  const precision = { metric: "testAccuracy", halfWidth: 0.05, least: 3, most: 8 };
  const file = await writeSpec(folder, { name: "precise", attacks: ["gap"], precision });
  const { code, stdout } = await cli.run(["run", file]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/precision: \d of 2 combinations know their testAccuracy to ± 0.05/);
  const results = async () => JSON.parse((await cli.run(["results", "--json"])).stdout) as ResultRow[];
  const rows = await results();
  for (const defense of ["none", "dropout"]) {
    const repeats = rows.filter((row) => row.defense === defense).map(({ repeat }) => repeat);
    expect(repeats.length).toBeGreaterThanOrEqual(3);
    expect(repeats).toEqual(Array.from({ length: repeats.length }, (_, repeat) => repeat));
  }
  const again = await cli.run(["run", file]);
  expect(again.stderr).toContain(": 0 jobs executed");
  expect(await results()).toHaveLength(rows.length);
});

test("a search trains few defenses in full, and all repeats of those", async ({ cli, folder }) => {
  const file = await writeSpec(folder, {
    name: "searched",
    attacks: ["gap"],
    repeats: 3,
    training: { epochs: 8, batch: 20 },
    defenses: ["none", { name: "dropout", hidden: [0.1, 0.3, 0.5, 0.7, 0.9] }],
    search: { budget: 0.7 },
  });
  const { code, stdout } = await cli.run(["run", file]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/search: \d of 6 combinations in full/);
  const rows = JSON.parse((await cli.run(["results", "--json"])).stdout) as ResultRow[];
  const full = rows.filter(({ training }) => training.epochs === 8);
  const repeats = new Map<string, number>();
  for (const { defense, defenseParams } of full) {
    const key = `${defense} ${JSON.stringify(defenseParams)}`;
    repeats.set(key, (repeats.get(key) ?? 0) + 1);
  }
  expect(repeats.size).toBeLessThan(6);
  expect(new Set(repeats.values())).toEqual(new Set([3]));
  expect(full.some(({ defense }) => defense === "none")).toBe(true);
});

test("a farm that is killed between two rounds goes on with the next", async ({ cli, folder }) => {
  const precision = { metric: "testAccuracy", halfWidth: 0.001, least: 3, most: 6 };
  const file = await writeSpec(folder, {
    name: "resumed",
    training: { epochs: 60, batch: 10 },
    attacks: ["gap"],
    defenses: ["none"],
    precision,
  });
  const { process: farm, finished } = cli.start(["run", file]);
  const store = await cli.store();
  await store.until("the first round is done", async ({ db }) => (await db.result.count()) >= 3);
  farm.kill("SIGKILL");
  await finished;
  const { code, stdout } = await cli.run(["run", file]);
  expect(code).toBe(0);
  expect(stdout).toContain(
    "precision: 0 of 1 combinations know their testAccuracy to ± 0.001; 1 are not, after 6 repeats",
  );
  expect(await store.db.attempt.count({ where: { outcome: "failed" } })).toBe(0);
  await store.close();
});
