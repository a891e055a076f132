import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { gpuNeeds, loaderError, shortened } from "./gpu-needs.ts";

test("what a GPU needs is there, or it is said what is missing and what to do", async () => {
  const needs = await gpuNeeds();
  expect(needs.map(({ name }) => name)).toEqual(["gpu driver", "gpu libraries", "gpu onnx-cuda", "gpu tensorflow-gpu"]);
  for (const { found, problem } of needs) {
    expect([found, problem].filter((one) => one !== null)).toHaveLength(1);
    if (problem !== null) expect(problem).toMatch(/driver, 525|install|script\/install\.js/);
  }
});

test.runIf(process.platform === "linux")(
  "a library that does not load says why in the loader's own words",
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-loader-"));
    const file = path.join(folder, "broken.so");
    await writeFile(file, "no library");
    expect(loaderError(file)).toMatch(/broken\.so: (file too short|invalid ELF header)/);
    expect(loaderError(path.join(folder, "absent.so"))).toMatch(/absent\.so: cannot open shared object file/);
    await rm(folder, { recursive: true });
    const runtime = path.dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
    expect(
      loaderError(path.join(runtime, "bin/napi-v6", process.platform, process.arch, "libonnxruntime.so.1")),
    ).toBeNull();
  },
);

test("long messages are cut to their first line", () => {
  expect(shortened("first\nsecond")).toBe("first");
  expect(shortened("x".repeat(900))).toHaveLength(500);
});
