import { expect, test } from "vitest";
import { synthesizeFashionMnist } from "./fashion-mnist.ts";
import { look } from "./pictures.fixture.ts";

test("28 × 28 pixels of all levels, equally many of ten classes in random order", () => {
  const { pixels, counts, levels, leastClasses } = look(synthesizeFashionMnist, 300);
  expect(pixels).toBe(28 * 28);
  expect(counts).toEqual(new Array(10).fill(30));
  expect(levels).toEqual({ lowest: 0, highest: 255, distinct: 256 });
  expect(leastClasses).toBeGreaterThan(6);
});

test("a path determines the pictures, another path gives others", () => {
  const { bytes } = look(synthesizeFashionMnist, 20);
  expect(look(synthesizeFashionMnist, 20).bytes.equals(bytes)).toBe(true);
  expect(look(synthesizeFashionMnist, 20, "other").bytes.equals(bytes)).toBe(false);
});
