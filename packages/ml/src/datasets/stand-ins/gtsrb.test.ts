import { expect, test } from "vitest";
import { longestTrack, synthesizeGtsrb } from "./gtsrb.ts";
import { look } from "./pictures.fixture.ts";

/** Of the official training set, divided by 30 (one track of class 33 has 29 frames). */
const tracks = [
  7, 74, 75, 47, 66, 62, 14, 48, 47, 49, 67, 44, 70, 72, 26, 21, 14, 37, 40, 7, 12, 11, 13, 17, 9, 50, 20, 8, 18, 9, 15,
  26, 8, 23, 14, 40, 13, 7, 69, 10, 12, 8, 8,
];

/** Records of each group. */
function sizesOf(groups: Int32Array | undefined): number[] {
  const sizes: number[] = [];
  for (const group of groups ?? []) sizes[group] = (sizes[group] ?? 0) + 1;
  return sizes;
}

test("32 × 32 × 3 pixels of all levels; 1,307 tracks in the proportions of the official training set", () => {
  const { pixels, counts, levels, labels, groups, leastClasses } = look(synthesizeGtsrb, 3921);
  expect(pixels).toBe(32 * 32 * 3);
  expect(counts).toEqual(tracks.map((count) => 3 * count));
  expect(levels).toEqual({ lowest: 0, highest: 255, distinct: 256 });
  expect(leastClasses).toBeGreaterThan(35);
  expect(sizesOf(groups)).toEqual(new Array(1307).fill(3));
  expect([longestTrack(3921), longestTrack(3922), longestTrack(39_209)]).toEqual([3, 4, 30]);

  const classOf = new Map<number, number>();
  groups?.forEach((group, record) => {
    classOf.set(group, labels[record] as number);
  });
  expect(groups?.every((group, record) => classOf.get(group) === labels[record])).toBe(true);
});

test("the one track that is a frame shorter is of class 33, as in the official training set", () => {
  const { counts, labels, groups } = look(synthesizeGtsrb, 2 * 1307 - 1);
  expect(counts).toEqual(tracks.map((count, label) => 2 * count - (label === 33 ? 1 : 0)));
  const sizes = sizesOf(groups);
  expect(sizes.toSorted()).toEqual([1, ...new Array(1306).fill(2)]);
  expect(labels[groups?.indexOf(sizes.indexOf(1)) ?? 0]).toBe(33);
});

test("fewer records than tracks are a track each; a path determines them, another path gives others", () => {
  const { bytes, groups } = look(synthesizeGtsrb, 100);
  expect(sizesOf(groups)).toEqual(new Array(100).fill(1));
  expect(look(synthesizeGtsrb, 100).bytes.equals(bytes)).toBe(true);
  expect(look(synthesizeGtsrb, 100, "other").bytes.equals(bytes)).toBe(false);
});
