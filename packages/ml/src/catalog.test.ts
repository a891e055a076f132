import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { UnitInfo } from "@shadowfarm/core/catalog";
import { trainingSchema } from "@shadowfarm/core/training";
import { expect, test } from "vitest";
import { catalog } from "./catalog.ts";

const units = Object.entries<Readonly<Record<string, UnitInfo>>>({ ...catalog }).flatMap(([kind, registry]) =>
  Object.entries(registry).map(([name, unit]) => ({ kind, name, unit })),
);

/** Parameters without a default. */
const requiredOf: Readonly<Record<string, object>> = {
  transfer: { from: "location" },
  combined: { first: "dropout", second: "rounding" },
};

test.each(units)(
  "$kind $name: named as it is registered, with a source, a version and documented parameters",
  ({ name, unit }) => {
    expect(unit.name).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(unit.title).not.toBe("");
    expect(unit.paper).not.toBe("");
    expect(unit.version).toBeGreaterThanOrEqual(1);
    const required = requiredOf[unit.name] ?? {};
    expect(() => unit.params.parse({ ...required, surely: "unknown" })).toThrow();
    const values = Object.values(unit.params.parse(required));
    // Only what is made of other units has parameters of its own kind: those units.
    const simple = unit.name === "combined" ? ["object"] : ["number", "string", "boolean"];
    expect(values.every((value) => simple.includes(typeof value))).toBe(true);
    for (const [param, schema] of Object.entries(unit.params.shape)) {
      expect([param, (schema as { description?: string }).description]).toEqual([param, expect.any(String)]);
    }
  },
);

test("an attack's needs come from its parameters and the target", () => {
  const { threshold, shadow } = catalog.attacks;
  const { location } = catalog.datasets;
  if (!threshold || !shadow || !location) throw new Error("units are missing");
  const model = { name: "mlp", version: 1, params: {} };
  const setting = {
    dataset: location,
    model,
    training: trainingSchema.parse({}),
    split: "quarters" as const,
    side: 100,
  };
  expect(threshold.needs({ points: 50 }, setting)).toEqual({ access: "posteriors", randomPoints: 50 });
  expect(shadow.needs({ shadows: 2 }, setting)).toEqual({ access: "posteriors", shadows: [{ count: 2 }] });
  expect(() => shadow.needs({ posteriors: 31 }, setting)).toThrow(
    "posteriors is 31, but there are 30 classes; use 30 or less",
  );
});

test("planning does not load TF.js", () => {
  const catalogUrl = new URL("./catalog.ts", import.meta.url).href;
  const backendsUrl = new URL("../../engine/src/backends.ts", import.meta.url).href;
  const script = `
    const { createRequire } = await import("node:module");
    await import(${JSON.stringify(catalogUrl)});
    await (await import(${JSON.stringify(backendsUrl)})).chooseEngine("auto", true);
    const loaded = Object.keys(createRequire("/").cache).filter((path) => path.includes("tensorflow"));
    process.stdout.write(JSON.stringify(loaded));`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  expect(execFileSync(process.execPath, args, { cwd, encoding: "utf8" })).toBe("[]");
});
