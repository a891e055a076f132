import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { synthesizeTexas } from "./texas.ts";

test("6,169 bits a stay, of which some 30 are ones", () => {
  const bits = synthesizeTexas(createRng("texas/1"), 500).features;
  expect(bits).toBeInstanceOf(Uint8Array);
  expect(bits).toHaveLength(500 * 6169);
  let ones = 0;
  for (const bit of bits as Uint8Array) {
    if (bit > 1) throw new Error(`${bit} is not a bit`);
    ones += bit;
  }
  expect(ones / 500).toBeGreaterThan(25);
  expect(ones / 500).toBeLessThan(35);
});

test("100 procedures in random order, the first ten times as frequent as the last", () => {
  const { labels } = synthesizeTexas(createRng("texas/1"), 2000);
  const sizes = new Array<number>(100).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  expect(sizes[0]).toBeGreaterThan(9 * (sizes[99] as number));
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  expect(new Set(labels.subarray(0, 50)).size).toBeGreaterThan(20);
});

test("a path determines the records, another path gives others", () => {
  const bytes = (path: string) => {
    const { features, labels } = synthesizeTexas(createRng(path), 30);
    return Buffer.concat([features as Uint8Array, Buffer.from(labels.buffer)]);
  };
  expect(bytes("texas/1").equals(bytes("texas/1"))).toBe(true);
  expect(bytes("texas/2").equals(bytes("texas/1"))).toBe(false);
});
