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
    const vectors = openVectors(4, 500);
    const start = vectors.float32(width);
    start.set(ramp(start, 0.1));
    const directions = vectors.float32(width + 2);
    directions.set(ramp(directions, 0.3));
    const places = [2, 0, 1, 1, 2];
    const out = vectors.float32(3 + places.length * width).fill(9);
    vectors.step(start, 0.5, partsAt(vectors, directions, places), { low: -0.4, high: 0.6 }, out, 3);
    expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
    out.subarray(3).forEach((value, at) => {
      const [row, place] = [Math.floor(at / width), at % width];
      const there = 0.5 * (directions[(places[row] as number) + place] as number);
      expect(value).toBeCloseTo(Math.min(0.6, Math.max(-0.4, (start[place] as number) + there)), 6);
    });
  }
});

test("vectors are combined, and the sum of the squares is of them alone, for any number of numbers", () => {
  for (let count = 1; count <= 35; count++) {
    const vectors = openVectors(3, 150);
    const [one, other, out] = [vectors.float32(count), vectors.float32(count), vectors.float32(count + 3).fill(9)];
    one.set(ramp(one, 0.1));
    other.set(ramp(other, -0.7).map((value) => value + 1));
    const squares = vectors.combine(2, one, -0.5, other, out, 3);
    const right = Array.from(one, (value, at) => 2 * value - 0.5 * (other[at] as number));
    expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
    right.forEach((value, at) => {
      expect(out[3 + at]).toBeCloseTo(value, 6);
    });
    expect(squares).toBeCloseTo(
      right.reduce((sum, value) => sum + value ** 2, 0),
      4,
    );
  }
});

test("numbers are clipped to a box, those before are left alone", () => {
  const vectors = openVectors(1, 50);
  const out = vectors.float32(25);
  out.set(out.map((_, at) => at / 10));
  vectors.clip({ low: 0.5, high: 1.5 }, out, 3, 22);
  const right = Array.from(out, (_, at) => (at < 3 ? at / 10 : Math.min(1.5, Math.max(0.5, at / 10))));
  expect([...out]).toEqual(right.map(Math.fround));
});

/** More pairs than are written in one call, and a row for each. */
function pairsOf(vectors: Vectors, width: number) {
  const pairs = Array.from({ length: 130 }, (_, pair) => {
    const [start, end] = [vectors.float32(width), vectors.float32(width)];
    start.set(ramp(start, 0.1 + pair));
    end.set(ramp(end, -0.7).map((value) => value + 1));
    return { start, end, part: [0, 0.3, 1][pair % 3] as number };
  });
  return { pairs, out: vectors.float32(3 + pairs.length * width).fill(9) };
}

test("between two points lies so much of the way, and all of it is the second one itself, for any number of numbers", () => {
  for (let width = 1; width <= 18; width++) {
    const vectors = openVectors(261, 7500);
    const { pairs, out } = pairsOf(vectors, width);
    vectors.between(pairs, out, 3);
    expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
    pairs.forEach(({ start, end, part }, pair) => {
      const row = out.subarray(3 + pair * width, 3 + (pair + 1) * width);
      const right = start.map((value, at) => Math.fround(1 - part) * value + part * (end[at] as number));
      row.forEach((value, at) => {
        expect(value).toBeCloseTo(right[at] as number, 4);
      });
      if (part === 1) expect(row).toEqual(end);
    });
  }
});

test("within so much of a point is what of another one is no farther from it, for any number of numbers", () => {
  for (let width = 1; width <= 18; width++) {
    const vectors = openVectors(261, 7500);
    const { pairs, out } = pairsOf(vectors, width);
    vectors.within(pairs, out, 3);
    expect([...out.subarray(0, 3)]).toEqual([9, 9, 9]);
    pairs.forEach(({ start, end, part }, pair) => {
      start.forEach((value, at) => {
        const clipped = Math.min(value + part, Math.max(value - part, end[at] as number));
        expect(out[3 + pair * width + at]).toBeCloseTo(clipped, 4);
      });
    });
  }
});

test("what vectors are more than a point is added up, to the last bit where it is little, for any number of numbers", () => {
  for (let width = 1; width <= 35; width++) {
    const vectors = openVectors(5, 1200);
    const values = vectors.float32(width + 1).fill(0.75 + 2 ** -20);
    const [sum, start] = [vectors.float32(width), vectors.float32(width).fill(0.75)];
    const next = vectors.float32(1).fill(7);
    vectors.add(sum, start, partsAt(vectors, values, new Array(1000).fill(1)));
    expect([...sum]).toEqual(new Array(width).fill(1000 * 2 ** -20));
    expect(next[0]).toBe(7);
  }
});

test("vectors are added to what is there", () => {
  const width = 21;
  const vectors = openVectors(4, 300);
  const values = vectors.float32(5 * width);
  values.set(values.map((_, at) => 2 ** ((at * 7) % 12)));
  const [sum, start] = [vectors.float32(width).fill(0.5), vectors.float32(width).fill(2)];
  const parts = partsAt(vectors, values, [3 * width, 0, 2, 4 * width, ...new Array(15).fill(width), 1]);
  const right = Array.from(sum, (before, at) =>
    parts.firsts.reduce((total, first) => total + (values[first + at] as number) - 2, before),
  );
  vectors.add(sum, start, parts);
  expect([...sum]).toEqual(right);
});

test("no vectors change nothing", () => {
  const vectors = openVectors(4, 100);
  const [values, sum] = [vectors.float32(20).fill(1), vectors.float32(20)];
  const none = partsAt(vectors, values, []);
  vectors.add(sum, values, none);
  vectors.step(values, 1, none, { low: 0, high: 9 }, values, 0);
  vectors.between([], values, 0);
  vectors.within([], values, 0);
  expect([...sum, ...values]).toEqual([...new Array(20).fill(0), ...new Array(20).fill(1)]);
});

test("distances are measured in four ways, for any number of numbers", () => {
  for (let count = 1; count <= 9; count++) {
    const vectors = openVectors(3, 50);
    const [one, other, norms] = [vectors.float32(count), vectors.float32(count), vectors.float64(4)];
    one.set(ramp(one, 0.25));
    other.set(ramp(other, -0.5));
    vectors.measure(one, other, 0.75, norms);
    const apart = Array.from(one, (value, at) => Math.abs(value - (other[at] as number)));
    const [changed, sum, root, largest] = norms as unknown as number[];
    expect(changed).toBe(apart.filter((value) => value > 0.75).length);
    expect(sum).toBeCloseTo(
      apart.reduce((total, value) => total + value, 0),
      12,
    );
    expect(root).toBeCloseTo(Math.hypot(...apart), 12);
    expect(largest).toBe(Math.max(...apart));
  }
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
