import { expect, test } from "vitest";
import { synthesizeFace } from "./face.ts";
import { look } from "./pictures.fixture.ts";

test("32 × 32 pixels in colour, of all levels; at full size as many pictures of each person as the real data have", () => {
  const { pixels, counts, levels, leastClasses } = look(synthesizeFace, 1867);
  expect(pixels).toBe(32 * 32 * 3);
  expect(counts).toEqual([77, 42, 236, 121, 530, 109, 44, 71, 52, 55, 42, 53, 60, 41, 41, 48, 52, 144, 49]);
  expect(levels).toEqual({ lowest: 0, highest: 255, distinct: 256 });
  expect(leastClasses).toBeGreaterThan(15);
});

test("a path determines the pictures, another path gives others", () => {
  const { bytes } = look(synthesizeFace, 20);
  expect(look(synthesizeFace, 20).bytes.equals(bytes)).toBe(true);
  expect(look(synthesizeFace, 20, "other").bytes.equals(bytes)).toBe(false);
});
