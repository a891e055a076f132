import { expect, test } from "vitest";
import { adjustWindow, openWindow, type Window } from "./window.ts";

/** Looks at a farm that takes `pace` jobs between two looks. */
function after(looks: number, slots: number, pace: number): Window {
  let window = openWindow(slots);
  let waiting = 0;
  for (let look = 0; look < looks; look++) {
    const handed = window.size - waiting;
    window = adjustWindow(window, handed, slots);
    waiting = Math.max(0, waiting + handed - pace);
  }
  return window;
}

test("long jobs wait in the queue once for every slot, and two more", () => {
  expect(openWindow(8).size).toBe(10);
  expect(after(100, 8, 0).size).toBe(10);
  expect(after(100, 8, 2).size).toBeLessThanOrEqual(12);
});

test("short jobs are handed out far enough ahead that the queue does not run empty", () => {
  const { size } = after(20, 8, 100);
  expect(size).toBeGreaterThan(100);
  expect(size).toBeLessThan(300);
});

test("the window narrows when the jobs grow longer, and opens without a worker", () => {
  let window: Window = { size: 500, extra: 490 };
  for (let look = 0; look < 100; look++) window = adjustWindow(window, 1, 8);
  expect(window.size).toBeLessThan(20);
  expect(openWindow(0).size).toBe(2);
});
