import { createRng } from "@shadowfarm/core/rng";
import { openVectors } from "@shadowfarm/engine/vectors";
import { describe, expect, test } from "vitest";
import { directionNumbers, directionsIn, type Subspace } from "./boundary-directions.ts";
import type { Geometry } from "./boundary-walk.ts";

const shape = [6, 5, 3];
const width = 90;

/** So many directions, each with its length. */
function draw(count: number, geometry: Geometry, subspace: Subspace, seed = 1) {
  const vectors = openVectors(3, directionNumbers(width));
  const next = directionsIn(vectors, shape, geometry, subspace, createRng(seed).child("noise"));
  const rng = createRng(seed).child("walk");
  return Array.from({ length: count }, () => {
    const { values, from, length } = next(rng);
    return { numbers: [...values.subarray(from, from + width)], length };
  });
}

describe.each([
  ["l2", "full"],
  ["linf", "full"],
  ["l2", "half"],
  ["linf", "half"],
] as const)("directions in %s, %s", (geometry, subspace) => {
  test("come with their length", () => {
    for (const { numbers, length } of draw(50, geometry, subspace)) {
      expect(Math.hypot(...numbers) / length).toBeCloseTo(1, 5);
    }
  });

  test("follow from the seed alone, and differ from each other", () => {
    const first = draw(3, geometry, subspace);
    expect(draw(3, geometry, subspace)).toEqual(first);
    expect(draw(3, geometry, subspace, 2)).not.toEqual(first);
    expect(first[0]).not.toEqual(first[1]);
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
