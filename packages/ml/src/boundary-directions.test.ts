import { createRng } from "@shadowfarm/core/rng";
import { openVectors } from "@shadowfarm/engine/vectors";
import { describe, expect, test } from "vitest";
import { directionNumbers, directionsIn, GradientSum, type Subspace } from "./boundary-directions.ts";
import { type Geometry, startWalk } from "./boundary-walk.ts";

const shape = [6, 5, 3];
const width = 90;

/** So many directions, each with the length that they have on average, `together` at once. */
function draw(count: number, geometry: Geometry, subspace: Subspace, { seed = 1, together = 50 } = {}) {
  const vectors = openVectors(5, directionNumbers(width, together, subspace));
  const next = directionsIn(vectors, shape, together, geometry, subspace, createRng(seed).child("noise"));
  const rng = createRng(seed).child("walk");
  const drawn: { numbers: number[]; length: number }[] = [];
  while (drawn.length < count) {
    const { values, firsts, length, count: some } = next(rng, Math.min(together, count - drawn.length));
    for (let at = 0; at < some; at++) {
      const first = firsts[at] as number;
      drawn.push({ numbers: [...values.subarray(first, first + width)], length });
    }
  }
  return drawn;
}

describe.each([
  ["l2", "full"],
  ["linf", "full"],
  ["l2", "half"],
  ["linf", "half"],
] as const)("directions in %s, %s", (geometry, subspace) => {
  test("have about the length that they come with", () => {
    const count = 2000;
    const squares = draw(count, geometry, subspace).map(
      ({ numbers, length }) => (Math.hypot(...numbers) / length) ** 2,
    );
    const mean = squares.reduce((sum, one) => sum + one, 0) / count;
    const variance = squares.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1);
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(variance / count));
    // Of the mean of so many squares: of normal numbers, or uniform ones; in the half subspace of a quarter as many.
    const ofOne = geometry === "l2" ? 2 : 0.8;
    expect(variance).toBeLessThan((1.3 * ofOne * (subspace === "full" ? 1 : 4)) / width);
  });

  test("follow from the seed alone, and differ from each other", () => {
    const first = draw(3, geometry, subspace);
    expect(draw(3, geometry, subspace)).toEqual(first);
    expect(draw(3, geometry, subspace, { seed: 2 })).not.toEqual(first);
    expect(first[0]).not.toEqual(first[1]);
  });

  test("are the same, however many are drawn at once", () => {
    const together = draw(7, geometry, subspace);
    for (const few of [1, 3]) expect(draw(7, geometry, subspace, { together: few })).toEqual(together);
  });

  test("favour no side", () => {
    const count = 4000;
    const drawn = draw(count, geometry, subspace);
    for (let at = 0; at < width; at++) {
      const mean = drawn.reduce((sum, { numbers }) => sum + (numbers[at] as number), 0) / count;
      expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(count));
    }
  });
});

test("in the full space the coordinates hang together no more than drawn ones do", () => {
  const count = 20_000;
  const drawn = draw(count, "l2", "full");
  for (const apart of [1, 2, 45]) {
    const mean =
      drawn.reduce((sum, { numbers }) => sum + (numbers[0] as number) * (numbers[apart] as number), 0) / count;
    // Of the draws, and of the block that they are drawn from.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / count + 2 ** -16));
  }
});

test("a gradient's direction leads from the mean of the points with the record's label to that of the others", () => {
  const vectors = openVectors(8, 100);
  const gradient = new GradientSum(vectors, 3, 8);
  const walk = startWalk(
    { width: 3, low: 0, high: 1, geometry: "l2", vectors, point: vectors.float32(3), measured: vectors.float64(4) },
    {
      record: new Float32Array(3),
      label: 1,
      rng: createRng(1),
      room: {
        record: vectors.float32(3),
        anchor: vectors.float32(3).fill(0.5),
        direction: vectors.float32(3),
        estimate: new Float32Array(0),
      },
      checkpoints: new Float32Array(4),
    },
  );
  walk.spread = 1;
  const rows = vectors.float32(24);
  rows.set([9, 9, 9, 1, 0, 0, 0, 3, 0, 1, 4, 0, 2, 8, 8]);
  gradient.add({ walk, first: 1, count: 2 }, rows, Int32Array.of(1, 2, 1, 1, 1));
  gradient.add({ walk, first: 3, count: 1 }, rows, Int32Array.of(1, 2, 1, 0, 1));
  expect([walk.others, walk.sames]).toEqual([2, 1]);
  gradient.writeDirection(walk, "l2");
  const towards = [1, 2 - 3, 0]; // (1, 0, 0) and (1, 4, 0) have other labels, (0, 3, 0) the record's
  towards.forEach((value, at) => {
    expect(walk.direction[at]).toBeCloseTo(value / Math.SQRT2, 6);
  });

  // With one label for all the anchor stands for the other; nothing of the last estimate is left.
  [walk.others, walk.sames] = [0, 0];
  gradient.add({ walk, first: 1, count: 1 }, rows, Int32Array.of(1, 1, 1));
  gradient.writeDirection(walk, "l2");
  const length = Math.sqrt(0.75);
  [-0.5, 0.5, 0.5].forEach((value, at) => {
    expect(walk.direction[at]).toBeCloseTo(value / length, 6);
  });
});
