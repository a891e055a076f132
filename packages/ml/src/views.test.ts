import { expect, test } from "vitest";
import { viewsOf } from "./views.ts";

const image = Float32Array.of(1, 2, 3, 4, 5, 6);

test("one view is the record, two are it and its mirror image", () => {
  expect(viewsOf(image, [2, 3, 1], 1)).toBe(image);
  expect([...viewsOf(image, [2, 3, 1], 2)]).toEqual([1, 2, 3, 4, 5, 6, 3, 2, 1, 6, 5, 4]);
});

test("channels stay together, and records apart", () => {
  expect([...viewsOf(Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40), [1, 2, 2], 2)]).toEqual([
    1, 10, 2, 20, 2, 20, 1, 10, 3, 30, 4, 40, 4, 40, 3, 30,
  ]);
});

test("eighteen are both, where they are and shifted by a pixel, edges repeated", () => {
  const views = viewsOf(image, [2, 3, 1], 18);
  expect(views.length).toBe(18 * 6);
  const all = Array.from({ length: 18 }, (_, view) => views.slice(view * 6, view * 6 + 6).join(""));
  expect(all[0]).toBe("123456");
  expect(all).toContain("123123");
  expect(all).toContain("112445");
  expect(all).toContain("321321");
  expect(new Set(all).size).toBe(18);
});

test("what is no image has no views, and no other number is known", () => {
  expect(() => viewsOf(image, [6], 2)).toThrow("records of shape [6] have no views; only images do");
  expect(() => viewsOf(image, [2, 3, 1], 5)).toThrow("5 views are not known; use 1, 2 or 18");
});
