import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { randomPoints } from "./random-points.ts";
import type { TermCounts } from "./unit.ts";

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test("random points of binary data are fair coins", () => {
  const bits = randomPoints({ kind: "binary", shape: [446], low: 0, high: 1 }, 0, 200, createRng(1)) as Float32Array;
  expect(bits).toHaveLength(200 * 446);
  expect(new Set(bits)).toEqual(new Set([0, 1]));
  expect(mean(bits)).toBeCloseTo(0.5, 1);
});

test("random points of images are uniform over the range of a pixel", () => {
  const input = { kind: "image", shape: [8, 8, 3], low: -1, high: 3 } as const;
  const pixels = randomPoints(input, 0, 50, createRng(1)) as Float32Array;
  expect(pixels).toHaveLength(50 * 192);
  expect(Math.min(...pixels)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...pixels)).toBeLessThan(3);
  expect(mean(pixels)).toBeCloseTo(1, 1);
});

test("random points of a table are uniform over each column's range or choices", () => {
  const columns = [
    { name: "age", low: 20, high: 40 },
    { name: "colour", choices: ["red", "green", "blue"] },
  ];
  const input = { kind: "tabular", shape: [4], low: 0, high: 1, columns } as const;
  const values = randomPoints(input, 0, 3000, createRng(1)) as Float32Array;
  const column = (at: number) => Float32Array.from({ length: 3000 }, (_, row) => values[row * 4 + at] as number);
  expect(mean(column(0))).toBeCloseTo(30, 0);
  expect(Math.min(...column(0))).toBeGreaterThanOrEqual(20);
  expect(Math.max(...column(0))).toBeLessThan(40);
  for (const at of [1, 2, 3]) expect(mean(column(at))).toBeCloseTo(1 / 3, 1);
  for (let row = 0; row < 3000; row++) {
    expect([...values.subarray(row * 4 + 1, row * 4 + 4)].sort()).toEqual([0, 0, 1]);
  }
});

test("random texts are words of the dictionary, all equally likely", () => {
  const input = { kind: "text", shape: [50], low: 0, high: 1 } as const;
  const { offsets, terms, counts, distinct } = randomPoints(input, 1000, 300, createRng(1)) as TermCounts;
  expect([offsets.length, offsets.at(-1), distinct]).toEqual([301, 30_000, 1000]);
  expect(new Set(counts)).toEqual(new Set([1]));
  for (let text = 0; text < 300; text++) {
    const own = [...terms.subarray(offsets[text], offsets[text + 1])];
    expect(own).toEqual([...new Set(own)].sort((a, b) => a - b));
  }
  expect(mean(Float32Array.from(terms))).toBeCloseTo(499.5, -1.5);
  expect((randomPoints(input, 5, 2, createRng(1)) as TermCounts).terms).toHaveLength(10);
});

test("random points follow from the seed", () => {
  const input = { kind: "image", shape: [5], low: 0, high: 1 } as const;
  expect(randomPoints(input, 0, 3, createRng(1))).toEqual(randomPoints(input, 0, 3, createRng(1)));
  expect(randomPoints(input, 0, 3, createRng(1))).not.toEqual(randomPoints(input, 0, 3, createRng(2)));
});
