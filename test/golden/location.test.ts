import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { summarize } from "@shadowfarm/core/summary";
import type { ResultRow } from "@shadowfarm/store/results";
import { expect, test } from "vitest";
import { cliAt } from "../cli.ts";
import { writeSpec } from "../specs.ts";

const folders = process.env.SHADOWFARM_DATASETS?.split(path.delimiter) ?? [];
const present = folders.some((folder) => existsSync(path.join(folder, "location")));

/** Salem et al. 2019 on the real check-ins: 50 epochs, quarters of 1,252. Figures 1, 7 and 9 were read off the paper's drawings. */
const published = { macroPrecision: 0.88, macroRecall: 0.86, thresholdAuc: 0.891 };

test.skipIf(!present)(
  `ML-Leaks on Location${present ? "" : " (needs the real data: name their folder in SHADOWFARM_DATASETS)"}`,
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-golden-"));
    await chmod(folder, 0o755);
    const cli = cliAt(path.join(folder, "home"));
    try {
      const spec = await writeSpec(folder, {
        name: "location",
        seed: 1,
        repeats: 3,
        datasets: ["location"],
        records: 1252,
        model: "mlp",
        training: { epochs: 50, batch: 100 },
        attacks: ["shadow", "threshold"],
        defenses: ["none"],
      });
      const { code, stdout, stderr } = await cli.run(["run", spec, "--json"], {
        SHADOWFARM_DATASETS: folders.join(path.delimiter),
      });
      expect(stderr).toContain(": 22 jobs executed");
      expect(code).toBe(0);
      const rows = JSON.parse(stdout) as ResultRow[];
      expect(new Set(rows.map((row) => row.data))).toEqual(new Set(["real"]));
      const mean = (attack: string, pick: (metrics: ResultRow["metrics"]) => number) =>
        summarize(rows.filter((row) => row.attack === attack).map((row) => pick(row.metrics))).mean ?? Number.NaN;
      const measured = {
        testAccuracy: mean("shadow", (metrics) => metrics.testAccuracy),
        macroPrecision: mean("shadow", (metrics) => metrics.precisionMacro),
        macroRecall: mean("shadow", (metrics) => metrics.recallMacro),
        thresholdAuc: mean("threshold", (metrics) => metrics.auc),
      };
      process.stdout.write(`measured ${JSON.stringify(measured)}, published ${JSON.stringify(published)}\n`);
      expect(Math.abs(measured.macroPrecision - published.macroPrecision)).toBeLessThanOrEqual(0.05);
      expect(Math.abs(measured.macroRecall - published.macroRecall)).toBeLessThanOrEqual(0.05);
      expect(Math.abs(measured.thresholdAuc - published.thresholdAuc)).toBeLessThanOrEqual(0.04);
    } finally {
      await cli.killAll();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
