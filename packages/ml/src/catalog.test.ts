import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { UnitInfo } from "@shadowfarm/core/catalog";
import { expect, test } from "vitest";
import { catalog } from "./catalog.ts";

const units = Object.entries<Readonly<Record<string, UnitInfo>>>({ ...catalog }).flatMap(([kind, registry]) =>
  Object.entries(registry).map(([name, unit]) => ({ kind, name, unit })),
);

test.each(units)(
  "$kind $name: named as it is registered, with a source, a version and documented parameters",
  ({ name, unit }) => {
    expect(unit.name).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(unit.title).not.toBe("");
    expect(unit.paper).not.toBe("");
    expect(unit.version).toBeGreaterThanOrEqual(1);
    expect(() => unit.params.parse({})).not.toThrow();
    expect(() => unit.params.parse({ surely: "unknown" })).toThrow();
    const values = Object.values(unit.params.parse({}));
    expect(values.every((value) => ["number", "string", "boolean"].includes(typeof value))).toBe(true);
    for (const [param, schema] of Object.entries(unit.params.shape)) {
      expect([param, (schema as { description?: string }).description]).toEqual([param, expect.any(String)]);
    }
  },
);

test("an attack's needs come from its parameters and the dataset", () => {
  const { threshold, shadow } = catalog.attacks;
  const { location } = catalog.datasets;
  if (!threshold || !shadow || !location) throw new Error("units are missing");
  expect(threshold.needs({ points: 50 }, location)).toEqual({ access: "posteriors", shadows: 0, randomPoints: 50 });
  expect(shadow.needs({ shadows: 2 }, location)).toEqual({ access: "posteriors", shadows: 2, randomPoints: 0 });
  expect(() => shadow.needs({ posteriors: 31 }, location)).toThrow(
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
