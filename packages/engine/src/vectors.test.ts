import { expect, test } from "vitest";
import { openVectors, type Parts, type Vectors } from "./vectors.ts";

/** Numbers of both signs. */
function ramp(values: Float32Array, scale: number): Float32Array {
  return values.map((_, at) => scale * (((at * 7) % 11) - 5));
}

/** Vectors that begin at so many places of `values`. */
function partsAt(vectors: Vectors, values: Float32Array, places: readonly number[]): Parts {
  const firsts = vectors.int32(places.length);
  firsts.set(places);
  return { values, firsts, count: places.length };
}

test("steps are the start and so much of each direction, within the box, for any number of numbers", () => {
  for (let width = 1; width <= 35; width++) {
    const vectors = openVectors(5, 500);
    const start = vectors.float32(width);
    start.set(ramp(start, 0.1));
    const directions = vectors.float32(width + 2);
    directions.set(ramp(directions, 0.3));
    const [places, by] = [
      [2, 0, 1, 1, 2],
      [0.5, -1, 0, 2, 0.25],
    ];
    const strides = vectors.float32(by.length);
    strides.set(by);
    const out = vectors.float32(3 + by.length * width).fill(9);
    vectors.step(start, strides, partsAt(vectors, directions, places), { low: -0.4, high: 0.6 }, out, 3);
    expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
    out.subarray(3).forEach((value, at) => {
      const [row, place] = [Math.floor(at / width), at % width];
      const there = (directions[(places[row] as number) + place] as number) * (by[row] as number);
      expect(value).toBeCloseTo(Math.min(0.6, Math.max(-0.4, (start[place] as number) + there)), 6);
    });
  }
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
  for (let width = 1; width <= 35; width++) {
    const vectors = openVectors(4, 1200);
    const values = vectors.float32(width + 1).fill(0.1);
    const sum = vectors.float64(width);
    const next = vectors.float64(1).fill(7);
    vectors.add(sum, partsAt(vectors, values, new Array(1000).fill(1)));
    for (const one of sum) expect(one).toBeCloseTo(1000 * Math.fround(0.1), 9);
    expect(next[0]).toBe(7);
  }
});

test("vectors are added one after another to what is there", () => {
  const width = 21;
  const vectors = openVectors(3, 300);
  const values = vectors.float32(5 * width);
  values.set(values.map((_, at) => 10 ** ((at * 7) % 12)));
  const sum = vectors.float64(width).fill(0.1);
  const parts = partsAt(vectors, values, [3 * width, 0, 2, 4 * width, ...new Array(15).fill(width), 1]);
  const right = Array.from(sum, (before, at) =>
    parts.firsts.reduce((total, first) => total + (values[first + at] as number), before),
  );
  vectors.add(sum, parts);
  expect([...sum]).toEqual(right);
});

test("no vectors change nothing", () => {
  const vectors = openVectors(4, 100);
  const [values, sum] = [vectors.float32(20).fill(1), vectors.float64(20)];
  const none = partsAt(vectors, values, []);
  vectors.add(sum, none);
  vectors.step(values, values, none, { low: 0, high: 9 }, values, 0);
  expect([...sum, ...values]).toEqual([...new Array(20).fill(0), ...new Array(20).fill(1)]);
});

function placesOf(rows: readonly (readonly number[])[]): number[] {
  const vectors = openVectors(2, 100);
  const [values, out] = [vectors.float32(rows.flat().length), vectors.int32(rows.length)];
  values.set(rows.flat());
  vectors.largest(values, values.length / rows.length, rows.length, out);
  return [...out];
}

test("the largest of each row is found, the first of equal ones, and where nothing is larger the first number", () => {
  const [nothing, least] = [Number.NaN, Number.NEGATIVE_INFINITY];
  expect(placesOf([[1], [-1], [0], [nothing]])).toEqual([0, 0, 0, 0]);
  expect(
    placesOf([
      [1, 5, 5, 2, 3],
      [-3, -2, -1, -9, -1],
      [nothing, 1, 2, 3, 4],
      [0, nothing, 2, nothing, 1],
      [0, 1, 2, 3, 4],
      [least, least, least, least, least],
      [4, 3, 2, 1, 0],
      [0, 0, 0, 1e-30, 0],
    ]),
  ).toEqual([1, 2, 0, 2, 4, 0, 0, 3]);
});

test("arrays begin as zeros, and there are no more than were asked for", () => {
  const vectors = openVectors(2, 20_000);
  expect(vectors.float32(10_000).every((value) => value === 0)).toBe(true);
  expect(vectors.int32(10_000).every((value) => value === 0)).toBe(true);
  expect(() => vectors.float32(20_000)).toThrow(RangeError);
});
