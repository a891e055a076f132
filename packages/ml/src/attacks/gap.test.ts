import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { gap } from "./gap.ts";

const engine = { name: "none", packs: false, compileLoop: unused, compileFn: unused, compileStep: unused };
function unused(): never {
  throw new Error("the gap attack computes nothing");
}

test.each([
  ["posteriors", Float32Array.of(0.6, 0.4, 0.1, 0.9, 0.3, 0.7)],
  ["labels", Float32Array.of(1, 0, 0, 1, 0, 1)],
])("right is 1 and wrong is 0, on %s", async (_, posteriors) => {
  const target = { classes: 2, views: 1, posteriors, labels: Int32Array.of(0, 0, 1) };
  const output = await gap.run(
    { target, shadows: [], references: [], population: null, randomPoints: null },
    {},
    { rng: createRng(1), engine },
  );
  expect(output).toEqual({ scores: Float64Array.of(1, 0, 1), threshold: { by: "fixed", value: 0.5 } });
});
