import { expect, test } from "vitest";
import { openVectors } from "./vectors.ts";

/** Numbers of both signs. */
function ramp(values: Float32Array, scale: number): Float32Array {
  return values.map((_, at) => scale * (((at * 7) % 11) - 5));
}

test("a step is the start and so much of the direction, within the box, for any number of numbers", () => {
  for (let count = 1; count <= 18; count++) {
    const vectors = openVectors(3, 100);
    const start = vectors.float32(count);
    start.set(ramp(start, 0.1));
    const directions = vectors.float32(count + 2);
    directions.set(ramp(directions, 0.3));
    const out = vectors.float32(count + 3).fill(9);
    vectors.step(start, 0.5, directions, 2, { low: -0.4, high: 0.6 }, out, 3);
    const right = start.map((value, at) => Math.min(0.6, Math.max(-0.4, value + 0.5 * (directions[at + 2] as number))));
    expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
    out.subarray(3).forEach((value, at) => {
      expect(value).toBeCloseTo(right[at] as number, 6);
    });
  }
});

test("a step may be written over its direction", () => {
  const vectors = openVectors(2, 16);
  const start = vectors.float32(5).fill(1);
  const rows = vectors.float32(10);
  rows.set([1, 2, 3, 4, 5], 5);
  vectors.step(start, 2, rows, 5, { low: 0, high: 9 }, rows, 5);
  expect([...rows]).toEqual([0, 0, 0, 0, 0, 3, 5, 7, 9, 9]);
});

test("between two points lies so much of the way, and all of it is the second one itself, for any number of numbers", () => {
  for (let count = 1; count <= 18; count++) {
    const vectors = openVectors(3, 100);
    const [start, end] = [vectors.float32(count), vectors.float32(count)];
    start.set(ramp(start, 0.1));
    end.set(ramp(end, -0.7).map((value) => value + 1));
    const out = vectors.float32(count + 3).fill(9);
    for (const part of [0, 0.3, 1]) {
      vectors.between(start, end, part, out, 3);
      expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
      out.subarray(3).forEach((value, at) => {
        expect(value).toBeCloseTo((1 - part) * (start[at] as number) + part * (end[at] as number), 6);
      });
      if (part === 1) expect(out.subarray(3)).toEqual(end);
    }
  }
});

test("sums are added up in double precision, for any number of numbers", () => {
  for (let count = 1; count <= 18; count++) {
    const vectors = openVectors(3, 100);
    const values = vectors.float32(count + 1).fill(0.1);
    const sum = vectors.float64(count);
    const next = vectors.float64(1).fill(7);
    for (let times = 0; times < 1000; times++) vectors.add(sum, values, 1);
    for (const one of sum) expect(one).toBeCloseTo(1000 * Math.fround(0.1), 9);
    expect(next[0]).toBe(7);
  }
});

test("arrays begin as zeros, and there are no more than were asked for", () => {
  const vectors = openVectors(2, 20_000);
  expect(vectors.float32(10_000).every((value) => value === 0)).toBe(true);
  expect(vectors.int32(10_000).every((value) => value === 0)).toBe(true);
  expect(() => vectors.float32(20_000)).toThrow(RangeError);
});
