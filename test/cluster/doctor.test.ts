import { engineNames } from "@shadowfarm/engine/backends";
import { expect } from "vitest";
import { test } from "../fixtures.ts";

test("doctor says of each engine whether it runs or why not, and what a GPU would need", async ({ cli }) => {
  const json = await cli.run(["doctor", "--json"]);
  expect(json.code).toBe(0);
  const findings: { check: string; status: string; detail: string }[] = JSON.parse(json.stdout);
  const found = new Map(findings.map((finding) => [finding.check, finding]));
  for (const name of engineNames) expect(found.get(`engine ${name}`)?.detail).toMatch(/^runs|install/);
  const gpu = ["gpu driver", "gpu libraries", "gpu onnx-cuda", "gpu tensorflow-gpu"];
  for (const check of gpu) {
    const { status, detail } = found.get(check) ?? {};
    if (status === "warn") expect(detail).toMatch(/install|driver/);
    else expect(status).toBe("ok");
  }
  const { stdout } = await cli.run(["doctor"]);
  for (const check of gpu) expect(stdout).toContain(found.get(check)?.detail);
});
