import { EnvironmentFault } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { engineFor, openEngine, type Starters } from "./backends.ts";
import type { Engine } from "./engine.ts";

const unused = () => {
  throw new Error("not used here");
};
const anEngine = (name: string): Engine => ({ name, compileLoop: unused, compileFn: unused });
const broken = async () => Promise.reject(new Error("no SIMD"));

const bothStart: Starters = { wasm: async () => anEngine("wasm"), cpu: async () => anEngine("cpu") };
const wasmFails: Starters = { ...bothStart, wasm: broken };

test("auto stands for the best engine, in planning as in opening", async () => {
  expect(engineFor("auto")).toBe("wasm");
  expect(engineFor("cpu")).toBe("cpu");
  expect((await openEngine("auto", bothStart)).name).toBe("wasm");
});

test("auto falls back when the best engine does not load", async () => {
  expect((await openEngine("auto", wasmFails)).name).toBe("cpu");
});

test("a named engine that does not load says why and what to do", async () => {
  await expect(openEngine("wasm", wasmFails)).rejects.toThrow(
    new EnvironmentFault('engine "wasm" does not load: no SIMD; choose engine "cpu"'),
  );
  await expect(openEngine("auto", { wasm: broken, cpu: broken })).rejects.toThrow("reinstall with npm ci");
});
