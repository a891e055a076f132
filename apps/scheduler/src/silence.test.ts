import { expect, test } from "vitest";
import { SCHEDULER_DEFAULTS, SILENCE_LOOK_MS } from "./scheduler.ts";
import { openSilence } from "./silence.ts";

const a = (at: number, fence = 1) => ({ key: "a", fence, at });

test("a job is silent once its sign has not changed for so long", () => {
  const silentAt = openSilence(3_000);
  expect(silentAt([a(100)], 0)).toEqual([]);
  expect(silentAt([a(100)], 2_999)).toEqual([]);
  expect(silentAt([a(100)], 3_000)).toEqual([a(100)]);
  expect(silentAt([a(101)], 4_000)).toEqual([]);
});

test("whatever the database's clock says", () => {
  const silentAt = openSilence(3_000);
  silentAt([a(3_600_000)], 0);
  expect(silentAt([a(-3_600_000)], 2_000)).toEqual([]);
  expect(silentAt([a(-3_600_000)], 4_999)).toEqual([]);
  expect(silentAt([a(-3_600_000)], 5_000)).toHaveLength(1);
});

test("another claim starts anew, and what runs no longer is forgotten", () => {
  const silentAt = openSilence(3_000);
  silentAt([a(100, 1)], 0);
  expect(silentAt([a(100, 2)], 3_000)).toEqual([]);
  silentAt([], 4_000);
  expect(silentAt([a(100, 2)], 6_000)).toEqual([]);
});

test("a time in which nobody could look counts for nothing", () => {
  const silentAt = openSilence(3_000);
  silentAt([a(100)], 0);
  expect(silentAt([a(100)], 30_000)).toEqual([]);
  expect(silentAt([a(100)], 33_000)).toHaveLength(1);
});

test("the job of a worker that died runs again within 15 seconds of its last sign", () => {
  expect(SCHEDULER_DEFAULTS.silentSeconds * 1_000 + 2 * SILENCE_LOOK_MS).toBeLessThan(15_000);
});
