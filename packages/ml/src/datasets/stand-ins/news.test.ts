import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import type { TermCounts } from "../../unit.ts";
import { synthesizeNews } from "./news.ts";

const { features, labels, dictionary } = synthesizeNews(createRng("news/1"), 2000);
const { offsets, terms, counts, distinct } = features as TermCounts;

test("terms ascend within a message, and all are of the dictionary of made-up words", () => {
  expect(offsets).toHaveLength(2001);
  expect(offsets[0]).toBe(0);
  expect(offsets[2000]).toBe(terms.length);
  expect(counts).toHaveLength(terms.length);
  const starts = new Set(offsets);
  expect(terms.every((term, at) => starts.has(at) || term > (terms[at - 1] as number))).toBe(true);
  expect(terms.every((term) => term < distinct)).toBe(true);
  expect(counts.every((count) => count > 0)).toBe(true);
  expect(dictionary).toHaveLength(distinct);
  expect([dictionary?.[17], dictionary?.[distinct - 1]]).toEqual(["term00017", "term49999"]);
});

test("messages are as long, and words as unequal, as in the real data", () => {
  const lengths = Array.from({ length: 2000 }, (_, message) =>
    counts.subarray(offsets[message], offsets[message + 1]).reduce((sum, count) => sum + count, 0),
  ).sort((a, b) => a - b);
  expect(lengths[1000]).toBeGreaterThan(70);
  expect(lengths[1000]).toBeLessThan(90);
  expect(lengths[1900]).toBeGreaterThan(400);
  const used = new Float64Array(distinct);
  terms.forEach((term, at) => {
    used[term] = (used[term] as number) + (counts[at] as number);
  });
  used.sort().reverse();
  const words = used.reduce((sum, count) => sum + count, 0);
  expect((used[0] as number) / words).toBeGreaterThan(0.01);
  expect((used[999] as number) / words).toBeLessThan(0.0005);
});

test("20 groups of the real sizes, in random order", () => {
  const sizes = new Array<number>(20).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  expect(Math.abs((sizes[19] as number) - (2000 * 628) / 18_846)).toBeLessThanOrEqual(1);
  expect(Math.abs((sizes[10] as number) - (2000 * 999) / 18_846)).toBeLessThanOrEqual(1);
  expect(new Set(labels.subarray(0, 50)).size).toBeGreaterThan(12);
});

test("a path determines the records, another path gives others", () => {
  const bytes = (path: string) => {
    const { features, labels } = synthesizeNews(createRng(path), 20);
    const { terms, counts, offsets } = features as TermCounts;
    return Buffer.concat([terms, counts, offsets, labels].map(({ buffer }) => Buffer.from(buffer)));
  };
  expect(bytes("news/1").equals(bytes("news/1"))).toBe(true);
  expect(bytes("news/2").equals(bytes("news/1"))).toBe(false);
});
