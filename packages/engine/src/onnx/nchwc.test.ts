import { expect, test } from "vitest";
import { firstRightBlock, probeBlock } from "./nchwc.ts";

test("finds the block size, and asks once", async () => {
  // Every x86-64 machine has one; elsewhere there may be none.
  expect(process.arch === "x64" ? [8, 16] : [0, 4, 8, 16]).toContain(await probeBlock());
  expect(probeBlock()).toBe(probeBlock());
});

test("takes no block size that computes something else", async () => {
  const right = await probeBlock();
  const wrong = [4, 8, 16, 32].filter((block) => block !== right);
  expect(await firstRightBlock(wrong)).toBe(0);
  expect(await firstRightBlock([...wrong, right])).toBe(right);
});
