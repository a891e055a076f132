import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { add, expose, type Shape, texture } from "./textures.ts";

test("a texture has mean 0 and mean square 1, and goes on over its borders", () => {
  const [height, width, channels] = [20, 12, 2] as const;
  const pattern = texture(createRng(1), [height, width, channels], 2);
  const mean = (of: Float32Array) => of.reduce((sum, value) => sum + value, 0) / of.length;
  expect(pattern).toHaveLength(height * width * channels);
  expect(mean(pattern)).toBeCloseTo(0, 5);
  expect(mean(pattern.map((value) => value * value))).toBeCloseTo(1, 5);
  const row = (at: number) => pattern.subarray(at * width * channels, (at + 1) * width * channels);
  const largestStep = (from: number, to: number) =>
    Math.max(...row(from).map((value, at) => Math.abs(value - (row(to)[at] as number))));
  const inside = Array.from({ length: height - 1 }, (_, at) => largestStep(at, at + 1));
  expect(largestStep(height - 1, 0)).toBeLessThan(1.2 * Math.max(...inside));
});

test.each([
  { move: undefined, moved: [1, 2, 3, 4, 5, 6] },
  { move: [1, 0], moved: [5, 6, 1, 2, 3, 4] },
  { move: [0, -1], moved: [2, 3, 4, 5, 6, 1] },
  { move: [-1, 1], moved: [2, 3, 4, 5, 6, 1] },
] as const)("a pattern moved by $move is added with its weight", ({ move, moved }) => {
  const shape: Shape = [3, 2, 1];
  const picture = new Float32Array(6).fill(10);
  add(picture, shape, Float32Array.of(1, 2, 3, 4, 5, 6), 2, move);
  expect([...picture]).toEqual(moved.map((value) => 10 + 2 * value));
});

test("bytes are levels around the middle, cut off beyond 0 … 255, with grain within its bounds", () => {
  const picture = Float32Array.of(-9, -1, 0, 1, 9, 0.2);
  const bytes = new Uint8Array(6);
  expose(picture, bytes, { middle: 100, contrast: 20, grain: 0 }, createRng(1));
  expect([...bytes]).toEqual([0, 80, 100, 120, 255, 104]);

  const many = new Uint8Array(4000);
  expose(new Float32Array(4000), many, { middle: 100, contrast: 20, grain: 10 }, createRng(1));
  expect([Math.min(...many), Math.max(...many)]).toEqual([90, 110]);
  expect(many.reduce((sum, level) => sum + level, 0) / many.length).toBeCloseTo(100, 0);
});
