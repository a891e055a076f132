import { EnvironmentFault } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { chooseEngine, engineNames, openEngine, type Starters, tryEngine } from "./backends.ts";
import type { Engine } from "./engine.ts";

const unused = () => {
  throw new Error("not used here");
};
const anEngine = (name: string): Engine => ({
  name,
  packs: false,
  compileLoop: unused,
  compileFn: unused,
  compileStep: unused,
});
const broken = async () => Promise.reject(new Error("no SIMD\n  and a long explanation"));

/** Starters of which only these work. */
const only = (...names: string[]): Starters =>
  Object.fromEntries(
    engineNames.map((name) => [name, names.includes(name) ? async () => anEngine(name) : broken]),
  ) as unknown as Starters;

test.each([
  { works: ["onnx", "wasm", "cpu"], name: "onnx" },
  { works: ["wasm", "cpu"], name: "wasm" },
  { works: ["tensorflow-gpu", "onnx-cuda", "onnx"], name: "tensorflow-gpu" },
  { works: ["onnx-cuda", "onnx"], name: "onnx-cuda" },
])("auto with $works: $name", async ({ works, name }) => {
  expect((await openEngine("auto", {}, only(...works))).name).toBe(name);
});

test("an engine that does not run says why and what to do", async () => {
  await expect(openEngine("wasm", {}, only("cpu"))).rejects.toThrow(
    new EnvironmentFault('engine "wasm" does not run here: no SIMD; choose engine "auto"'),
  );
  await expect(openEngine("auto", {}, only())).rejects.toThrow("reinstall with npm ci");
  expect(await tryEngine("cpu", {}, only())).toEqual({ name: "cpu", engine: null, reason: "no SIMD" });
});

test("planning for another machine takes a named engine on trust, for this one it must run", async () => {
  expect(await chooseEngine("onnx-cuda", false)).toBe("onnx-cuda");
  expect(await chooseEngine("auto", true)).toBe("onnx");
});

test.each([
  ["onnx-cuda", /CUDA 12 and cuDNN 9 must be installed, and .* ONNXRUNTIME_NODE_INSTALL=cuda12/],
  ["tensorflow-gpu", /@tensorflow\/tfjs-node-gpu is not installed; npm install @tensorflow\/tfjs-node-gpu@4\.22\.0/],
  ["tensorflow", /@tensorflow\/tfjs-node is not installed; npm install/],
] as const)("%s where it is absent: what to install", async (name, message) => {
  const { engine, reason } = await tryEngine(name);
  // On a machine that has it, there is nothing to say.
  if (engine === null) expect(reason).toMatch(message);
});
