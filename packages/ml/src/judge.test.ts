import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import type { AttackInput } from "./unit.ts";

/** Four records in two views; the first one's class decides whether the target is right. */
const input: AttackInput = {
  target: {
    classes: 2,
    views: 2,
    posteriors: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1),
    labels: Int32Array.of(0, 1, 0, 0),
  },
  shadows: [],
  references: [],
  population: {
    target: { classes: 2, views: 2, posteriors: new Float32Array(12), labels: new Int32Array(3) },
    references: [],
  },
  randomPoints: new Float32Array(10),
};

test("the target's accuracy on both sides, from the first view; and all that it was asked", () => {
  const output = { scores: Float64Array.of(4, 3, 2, 1), threshold: { by: "fixed", value: 3 } } as const;
  const metrics = judge(output, input, Uint8Array.of(1, 1, 0, 0), 100);
  expect(metrics).toMatchObject({ trainAccuracy: 0.5, testAccuracy: 0.5, auc: 1, balancedAccuracy: 1 });
  // Eight views, a population of three in two views, five points, and what was made up.
  expect(metrics.queries).toBe(8 + 6 + 5 + 100);
});
