import { expect, test } from "vitest";
import { rotations, translations, viewsOf } from "./views.ts";

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
  expect(() => viewsOf(image, [6], 2)).toThrow("records of shape [6] have no altered copies; only images do");
  expect(() => viewsOf(image, [2, 3, 1], 5)).toThrow("5 views are not known; use 1, 2 or 18");
});

test("translations by d pixels are the image and its 4 d shifts of that length", () => {
  const { count, of } = translations(1);
  expect(count).toBe(5);
  const made = of(image, [2, 3, 1]);
  const all = Array.from({ length: count }, (_, copy) => made.slice(copy * 6, copy * 6 + 6).join(""));
  expect(all).toEqual(["123456", "456456", "112445", "233566", "123123"]);
  expect(translations(3).count).toBe(13);
});

test("rotations are the image and it turned both ways, a quarter turn being exact", () => {
  const square = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const made = Array.from(rotations(90).of(square, [3, 3, 1]), Math.round).join("");
  expect(made.slice(0, 9)).toBe("123456789");
  expect(new Set([made.slice(9, 18), made.slice(18)])).toEqual(new Set(["741852963", "369258147"]));
  const slight = rotations(5).of(square, [3, 3, 1]);
  expect(slight[9 + 4]).toBeCloseTo(5, 5);
  expect(Math.max(...slight)).toBeLessThanOrEqual(9);
});
