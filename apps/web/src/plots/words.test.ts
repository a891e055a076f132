import { expect, test } from "vitest";
import { countText, linesOf, shortened, shortNumber, widthOf, write } from "./words.ts";

test("a text that has no room is cut, and says in full what it is", () => {
  const room = widthOf("boundary", 10);
  expect(shortened("boundary", room, 10)).toBe("boundary");
  expect(shortened("boundary(norm=l1)", room, 10)).toBe("boundar…");
  expect(write("boundary(norm=l1)", { x: 0, y: 0, size: 10, room })).toContain(
    "<title>boundary(norm=l1)</title>boundar…",
  );
});

test("lines are broken at spaces, and no line is too long", () => {
  const room = widthOf("mnist mlp,", 10);
  expect(linesOf("mnist mlp, real data", room, 10, 2)).toEqual(["mnist mlp,", "real data"]);
  expect(linesOf("mnist mlp, real data, dropout", room, 10, 2)).toEqual(["mnist mlp,", "real data…"]);
  expect(linesOf("boundary(norm=l1)", room, 10, 2)).toEqual(["boundary(…"]);
  expect(linesOf("", room, 10, 2)).toEqual([""]);
});

test.each([
  [0.001, "0.001"],
  [0.1 + 0.2, "0.3"],
  [-3, "−3"],
  [2500, "2.5k"],
  [1e6, "1M"],
])("%d is written %s", (value, text) => {
  expect(shortNumber(value)).toBe(text);
});

test("repeats are counted as a range when they differ", () => {
  expect(countText([3, 3])).toBe("n 3");
  expect(countText([3, 5, 4])).toBe("n 3–5");
});
