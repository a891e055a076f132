import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchCpu } from "./stuck.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a process that uses no CPU time for the whole time is stuck, once", () => {
  let cpu: number | null = 5;
  let stuck = 0;
  watchCpu(
    1,
    1_000,
    () => stuck++,
    () => cpu,
  );
  vi.advanceTimersByTime(900);
  cpu = 5.1;
  vi.advanceTimersByTime(1_000);
  expect(stuck).toBe(0);
  // Waking now and then is not computing.
  cpu = 5.11;
  vi.advanceTimersByTime(100);
  expect(stuck).toBe(1);
  vi.advanceTimersByTime(5_000);
  expect(stuck).toBe(1);
});

test("nothing is known of one whose CPU time is not told", () => {
  let stuck = 0;
  const { stop } = watchCpu(
    1,
    1_000,
    () => stuck++,
    () => null,
  );
  vi.advanceTimersByTime(10_000);
  expect(stuck).toBe(0);
  stop();
});
