import { expect, test } from "vitest";
import { look } from "./pictures.fixture.ts";
import { synthesizeYaleFace } from "./yale-face.ts";

test("192 × 168 pixels of all levels, of 38 people in random order", () => {
  const { pixels, counts, levels, leastClasses } = look(synthesizeYaleFace, 114);
  expect(pixels).toBe(192 * 168);
  expect(counts).toHaveLength(38);
  expect(counts.every((count) => count >= 2 && count <= 4)).toBe(true);
  expect(levels).toEqual({ lowest: 0, highest: 255, distinct: 256 });
  expect(leastClasses).toBeGreaterThan(5);
});

test("a path determines the pictures", () => {
  expect(look(synthesizeYaleFace, 20).bytes.equals(look(synthesizeYaleFace, 20).bytes)).toBe(true);
});

test("another path gives others", () => {
  expect(look(synthesizeYaleFace, 20, "other").bytes.equals(look(synthesizeYaleFace, 20).bytes)).toBe(false);
});
