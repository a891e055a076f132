import { expect, test } from "vitest";
import { aDefended } from "./defended.fixture.ts";
import { intervalBounds as defense } from "./interval-bounds.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";

test("the loss is κ times that of the record, and the rest that of the ball's worst corner in range", async () => {
  const { loss } = await minimised(
    defense,
    {},
    { x: [[0.5, 0.98]], labels: [0], kernel: [2, -1], settings: { epsilon: 0.1, kappa: 0.25 } },
  );
  const [own, worst] = [sigmoid(2 * 0.5 - 0.98), sigmoid(2 * 0.4 - 1)];
  expect(loss).toBeCloseTo(-0.25 * Math.log(own) - 0.75 * Math.log(worst), 5);
});

test("after a warm-up on records alone epsilon grows, and κ falls from 1", () => {
  const objective = defense.objective?.(defense.params.parse({ epsilon: 0.1, kappa: 0.6, warmup: 0.1, ramp: 0.4 }));
  const settings = [0, 100, 300, 500, 999].map((step) => objective?.settings?.(step, 1000, 0));
  expect(settings.map((at) => at?.epsilon)).toEqual([0, 0, 0.05, 0.1, 0.1].map((epsilon) => expect.closeTo(epsilon)));
  expect(settings.map((at) => at?.kappa)).toEqual([1, 1, 0.8, 0.6, 0.6].map((kappa) => expect.closeTo(kappa)));
});

test("balls that would not be whole before the end are refused", () => {
  const params = defense.params.parse({ warmup: 0.5, ramp: 0.6 });
  expect(() => defense.check?.(aDefended(), params)).toThrow(
    "warmup 0.5 and ramp 0.6 are more than the whole training",
  );
});
