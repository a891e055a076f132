import { expect, test } from "vitest";
import { countOf, durationText } from "./words.ts";

test.each([
  [0, "0 s"],
  [0.2, "< 1 s"],
  [59.4, "59 s"],
  [59.6, "60 s"],
  [90, "2 min"],
  [3_600, "1 h"],
  [7_800, "2 h 10 min"],
  [172_800, "2 d"],
  [356_400, "4 d 3 h"],
])("%d seconds are %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test("one is not many", () => {
  expect([countOf(1, "job"), countOf(12_000, "job"), countOf(0, "job")]).toEqual(["1 job", "12,000 jobs", "0 jobs"]);
});
