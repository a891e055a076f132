import { expect, test } from "vitest";
import { synthesizeCifar10, synthesizeCifar100 } from "./cifar.ts";
import { look } from "./pictures.fixture.ts";

const both = [
  { title: "CIFAR-10", synthesize: synthesizeCifar10, classes: 10 },
  { title: "CIFAR-100", synthesize: synthesizeCifar100, classes: 100 },
];

test.each(both)(
  "$title: 32 × 32 × 3 pixels of all levels, equally many of each class in random order",
  ({ synthesize, classes }) => {
    const { pixels, counts, levels, leastClasses } = look(synthesize, 300);
    expect(pixels).toBe(32 * 32 * 3);
    expect(counts).toEqual(new Array(classes).fill(300 / classes));
    expect(levels).toEqual({ lowest: 0, highest: 255, distinct: 256 });
    expect(leastClasses).toBeGreaterThan(6);
  },
);

test.each(both)("$title: a path determines the pictures, another path gives others", ({ synthesize }) => {
  const { bytes } = look(synthesize, 20);
  expect(look(synthesize, 20).bytes.equals(bytes)).toBe(true);
  expect(look(synthesize, 20, "other").bytes.equals(bytes)).toBe(false);
});
