import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { chooser, quantileAt } from "./draws.ts";

test("a quantile lies on the straight line between its knots", () => {
  const knots = [
    [0, 10],
    [0.5, 20],
    [1, 100],
  ] as const;
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantileAt(knots, share))).toEqual([10, 15, 20, 60, 100]);
});

test("places are drawn in proportion to their weights, and never one without weight", () => {
  const draw = chooser([0, 3, 0, 1, 0]);
  const rng = createRng(1);
  const drawn = Array.from({ length: 4000 }, () => draw(rng));
  expect(new Set(drawn)).toEqual(new Set([1, 3]));
  expect(drawn.filter((place) => place === 1).length / 4000).toBeCloseTo(0.75, 1);
});
