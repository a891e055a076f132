import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { synthesizePurchase } from "./purchase.ts";

test.each([2, 10, 20, 50, 100] as const)("%i clusters, the last three times the first, in random order", (classes) => {
  const { features, labels } = synthesizePurchase(classes, createRng("purchase/1"), 3000);
  expect(features).toBeInstanceOf(Uint8Array);
  expect(features).toHaveLength(3000 * 600);
  expect(labels).toHaveLength(3000);
  const sizes = new Array<number>(classes).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  expect(sizes).toHaveLength(classes);
  expect((sizes[0] as number) / (3000 / classes)).toBeCloseTo(1 / 2, 1);
  expect((sizes[classes - 1] as number) / (3000 / classes)).toBeCloseTo(3 / 2, 1);
  expect(new Set(labels.subarray(0, 50)).size).toBeGreaterThan(Math.min(1, classes / 5));
});

test("an eighth of the bits are ones, some products sell far better than others", () => {
  const bits = synthesizePurchase(100, createRng("purchase/2"), 3000).features as Uint8Array;
  expect(bits.every((bit) => bit === 0 || bit === 1)).toBe(true);
  expect(bits.reduce((sum, bit) => sum + bit, 0) / bits.length).toBeCloseTo(0.12, 1);
  const sold = new Array<number>(600).fill(0);
  bits.forEach((bit, at) => {
    sold[at % 600] = (sold[at % 600] as number) + bit;
  });
  expect(Math.max(...sold)).toBeGreaterThan(10 * Math.min(...sold));
});

test("a path determines the records, another path gives others", () => {
  const bytes = (path: string) => {
    const { features, labels } = synthesizePurchase(10, createRng(path), 200);
    return Buffer.concat([features as Uint8Array, Buffer.from(labels.buffer)]);
  };
  expect(bytes("purchase/1").equals(bytes("purchase/1"))).toBe(true);
  expect(bytes("purchase/2").equals(bytes("purchase/1"))).toBe(false);
});
