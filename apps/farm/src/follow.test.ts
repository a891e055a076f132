import { expect, test } from "vitest";
import { duration } from "./follow.ts";

test.each<[number | null, string]>([
  [null, "?"],
  [0, "0s"],
  [0.2, "1s"],
  [59, "59s"],
  [59.5, "1m00s"],
  [90, "1m30s"],
  [3599.5, "1h00m"],
  [3661, "1h01m"],
  [100 * 3600, "100h00m"],
])("%s seconds are written %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
