import { expect, test } from "vitest";
import { countBelow, deviationOf, meanOf, medianOf } from "./moments.ts";

test("mean, median and the deviation of a population", () => {
  expect(meanOf([1, 2, 6])).toBe(3);
  expect(medianOf([6, 1, 2])).toBe(2);
  expect(medianOf([6, 1, 2, 3])).toBe(2.5);
  expect(deviationOf([1, 3])).toBe(1);
  expect(deviationOf(Float64Array.of(2))).toBe(0);
});

test.each([
  [0, 0],
  [1, 0],
  [1.5, 1],
  [2, 1],
  [3, 3],
  [9, 4],
])("below %d there are %i", (limit, count) => {
  expect(countBelow(Float64Array.of(1, 2, 2, 3), limit)).toBe(count);
});
