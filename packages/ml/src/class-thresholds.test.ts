import { expect, test } from "vitest";
import { classThresholds } from "./class-thresholds.ts";

function thresholdsOf(members: number[], others: number[]): number[] {
  const scores = Float64Array.of(...members, ...others);
  const isMember = Uint8Array.from(scores, (_, record) => (record < members.length ? 1 : 0));
  return classThresholds({ scores, isMember, labels: new Int32Array(scores.length) }, 2);
}

test("parts the sides where balanced accuracy is best", () => {
  expect(thresholdsOf([5, 4, 3], [3.5, 1, 0])[0]).toBe(4);
  expect(thresholdsOf([5, 4, 3, 3], [3.5, 1, 0, 0])[0]).toBe(3);
});

test("of equally good values takes the first, members before the others", () => {
  // 4 misses a member and lets no other in; 2 has all members and one other of three.
  expect(thresholdsOf([2, 4, 5], [3, 1, 0])[0]).toBe(2);
  expect(thresholdsOf([4, 2, 5], [3, 1, 0])[0]).toBe(4);
});

test("is 0 for a class of which nothing is known", () => {
  expect(thresholdsOf([5], [1])[1]).toBe(0);
});

test("with one side alone calls as many right as there are", () => {
  expect(thresholdsOf([3, 2], [])[0]).toBe(2);
  expect(thresholdsOf([], [2, 3])[0]).toBe(3);
});
