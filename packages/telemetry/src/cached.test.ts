import { expect, test } from "vitest";
import { cached } from "./cached.ts";

test("a value is asked for once in its time, by all who want it", async () => {
  let now = 0;
  let asked = 0;
  const value = cached(
    5,
    async () => {
      asked += 1;
      return asked;
    },
    () => now,
  );
  expect(await Promise.all([value(), value()])).toEqual([1, 1]);
  now = 4_999;
  expect(await value()).toBe(1);
  now = 5_000;
  expect(await value()).toBe(2);
});

test("a failure is not kept", async () => {
  let asked = 0;
  const value = cached(5, async () => {
    asked += 1;
    if (asked === 1) throw new Error("away");
    return asked;
  });
  await expect(value()).rejects.toThrow("away");
  expect(await value()).toBe(2);
});
