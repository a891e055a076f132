import type { ResultRow } from "@shadowfarm/store/results";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

test("defended on a real farm: what was spent is in the results, labels stay, and who knew is told", async ({
  cli,
  folder,
}) => {
  const memguard = { name: "memguard", epochs: 5, iterations: 40, epsilon: [0.5, 1] };
  const file = await writeSpec(folder, {
    name: "defended",
    attacks: ["gap", "shadow"],
    attacker: ["aware", "unaware"],
    defenses: ["none", memguard, { name: "dp-sgd", epsilon: 8 }, "model-stacking"],
  });
  const planned = JSON.parse((await cli.run(["plan", file, "--json"])).stdout);
  // A target and a shadow of four trainings: both ε of MemGuard share one.
  expect(planned.jobs).toMatchObject({ train: 8 });
  const { code, stdout } = await cli.run(["run", file, "--json"]);
  expect(code).toBe(0);
  const rows = JSON.parse(stdout) as ResultRow[];
  const of = (defense: string, attack: string) =>
    rows.filter((row) => row.defense === defense && row.attack === attack);

  expect(of("none", "shadow").map(({ attacker }) => attacker)).toEqual(["aware"]);
  expect(of("model-stacking", "shadow").map(({ attacker }) => attacker)).toEqual(["aware", "unaware"]);
  expect(of("memguard", "shadow")).toHaveLength(4);

  const [undefended] = of("none", "gap");
  for (const { metrics } of of("memguard", "gap")) {
    expect(metrics.trainAccuracy).toBe(undefended?.metrics.trainAccuracy);
    expect(metrics.testAccuracy).toBe(undefended?.metrics.testAccuracy);
  }
  for (const { defense, metrics } of rows) {
    if (defense !== "dp-sgd") expect(metrics.privacy).toBeUndefined();
    else expect(metrics.privacy).toMatchObject({ delta: 1e-5, noiseMultiplier: expect.any(Number) });
  }
  const spent = of("dp-sgd", "gap")[0]?.metrics.privacy?.epsilon ?? Number.NaN;
  expect(spent).toBeGreaterThan(7.5);
  expect(spent).toBeLessThanOrEqual(8);

  const compared = await cli.run(["compare", "defended", "--frontier"]);
  expect(compared.stdout).toContain("shadow");
  expect(compared.code).toBe(0);
});
