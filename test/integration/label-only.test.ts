import type { ResultRow } from "@shadowfarm/store/results";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

test("label-only attacks do not notice a defense that leaves labels alone, and every query is counted", async ({
  cli,
  folder,
}) => {
  const attacks = [
    { name: "boundary", queries: [200, 400], norm: ["l1", "l2"], points: 10 },
    { name: "noise", queries: 50 },
    { name: "augmentation", attackModel: "random-forest" },
    "label-transfer",
    { name: "threshold", threshold: "oracle" },
  ];
  const spec = await writeSpec(folder, {
    ...{ name: "labels", records: 40, attacks, defenses: ["none", "memguard-stand-in"] },
    model: { name: "mlp", hidden: 16 },
    training: { epochs: 30, batch: 10 },
  });
  const { code, stdout, stderr } = await cli.run(["run", spec, "--json"]);
  expect(stderr).toContain("0 failed, 0 blocked");
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as ResultRow[];
  const ofDefense = (name: string) => rows.filter(({ defense }) => defense === name);
  const labelOnly = (name: string) =>
    ofDefense(name)
      .filter(({ attack }) => attack !== "threshold")
      .map(({ attack, attackParams, metrics }) => ({ attack, attackParams, metrics }));
  expect(labelOnly("none")).toHaveLength(7);
  expect(labelOnly("memguard-stand-in")).toEqual(labelOnly("none"));
  const byPosteriors = ofDefense("memguard-stand-in").find(({ attack }) => attack === "threshold");
  expect(byPosteriors?.metrics).toMatchObject({ auc: 0.5, noSignal: true });

  const boundaries = ofDefense("none").filter(({ attack }) => attack === "boundary");
  for (const { attackParams, metrics } of boundaries) {
    expect(metrics.byQueries?.at(-1)).toMatchObject({ queries: attackParams.queries, auc: metrics.auc });
    // One search served all four, up to the largest budget: 80 records and ten random points, and a plain look at each.
    expect(metrics.queries).toBeLessThanOrEqual(80 + 10 + 90 * 400);
    expect(metrics.queries).toBe(boundaries[0]?.metrics.queries);
  }
});

test("an attack that cannot ask about a dataset's records is refused before anything is written", async ({
  cli,
  folder,
}) => {
  const tables = await writeSpec(folder, {
    name: "tables",
    datasets: ["adult"],
    data: "synthetic",
    attacks: ["boundary"],
  });
  expect(await cli.run(["run", tables])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "boundary on adult: it asks about image or binary records, but adult has tabular ones",
    ),
  });
});
