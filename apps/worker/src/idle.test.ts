import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leaveWhenIdle } from "./idle.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a worker leaves when it has had no job for so long, and once", () => {
  let idleSince: number | null = Date.now();
  let left = 0;
  leaveWhenIdle(
    () => idleSince,
    5,
    () => {
      left += 1;
    },
  );
  vi.advanceTimersByTime(4_000);
  idleSince = null; // a job that takes longer than the limit
  vi.advanceTimersByTime(20_000);
  idleSince = Date.now();
  vi.advanceTimersByTime(4_000);
  expect(left).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(left).toBe(1);
});

test("a worker that is stopped otherwise is not stopped again", () => {
  let left = 0;
  leaveWhenIdle(
    () => 0,
    1,
    () => {
      left += 1;
    },
  ).stop();
  vi.advanceTimersByTime(10_000);
  expect(left).toBe(0);
});
