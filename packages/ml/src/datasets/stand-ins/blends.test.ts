import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { synthesizeBlends } from "./blends.ts";

/** The different pictures of each class, of which each shows one class alone; two families of two. */
function picturesOf(doubt: number): Set<string>[] {
  const { features, labels } = synthesizeBlends(createRng(1), 400, {
    shape: [8, 8, 1],
    classSizes: [1, 1, 1, 1],
    family: 2,
    blended: 2,
    views: 1,
    backgrounds: 1,
    background: 0,
    strongest: [1, 1],
    doubt,
    middle: [128, 128],
    contrast: 40,
    grain: 0,
  });
  const pictures = Array.from({ length: 4 }, () => new Set<string>());
  labels.forEach((label, record) => {
    pictures[label]?.add((features as Uint8Array).subarray(record * 64, (record + 1) * 64).join());
  });
  return pictures;
}

test("without doubt a picture shows its own class, at one of nine shifts", () => {
  const pictures = picturesOf(0);
  expect(pictures.map(({ size }) => size)).toEqual([9, 9, 9, 9]);
  expect(new Set(pictures.flatMap((some) => [...some])).size).toBe(36);
});

test("in doubt it shows another class of the family, and none of another family", () => {
  const [a, b, c, d] = picturesOf(0);
  expect(picturesOf(1)).toEqual([b, a, d, c]);
});
