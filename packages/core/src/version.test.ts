import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { VERSION } from "./version.ts";

test("the version that results are kept with is the one that the checkout names", async () => {
  const manifest = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
  expect(VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
});
