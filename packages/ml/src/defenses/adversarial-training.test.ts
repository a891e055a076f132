import { expect, test } from "vitest";
import { adversarialTraining as defense } from "./adversarial-training.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";

test("the loss is that of the examples at the ball's corner, from a random place or from the record", async () => {
  const batch = { x: [[0.5, 0.98]] as [number, number][], labels: [0], kernel: [2, -1] as [number, number] };
  for (const randomStart of [true, false]) {
    const { prepared, loss } = await minimised(defense, { randomStart }, { ...batch, settings: { epsilon: 0.1 } });
    expect(prepared.perturbed?.[0]).toBeCloseTo(0.4, 6);
    expect(prepared.perturbed?.[1]).toBeCloseTo(1, 6);
    expect(loss).toBeCloseTo(-Math.log(sigmoid(2 * 0.4 - 1)), 5);
  }
});

test("steps are reach · epsilon / steps long, and begin where the random numbers say", async () => {
  const batch = { x: [[0.5, 0.5]] as [number, number][], labels: [0], kernel: [1, 1] as [number, number] };
  const settings = { epsilon: 0.2 };
  const { prepared } = await minimised(defense, { steps: 4, reach: 0.5, randomStart: false }, { ...batch, settings });
  expect(prepared.perturbed?.[0]).toBeCloseTo(0.5 - 0.1, 6);
  const moved = await minimised(defense, { steps: 4, reach: 0.5 }, { ...batch, settings, uniform: [0.75] });
  expect(moved.prepared.perturbed?.[0]).toBeCloseTo(0.5 + 0.1 - 0.1, 6);
});

test("epsilon grows from zero in the first part of the training", () => {
  const settings = (params: object, step: number) =>
    defense.objective?.(defense.params.parse(params)).settings?.(step, 1000, 0).epsilon;
  expect([0, 25, 50, 999].map((step) => settings({ epsilon: 0.1 }, step))).toEqual([0, 0.05, 0.1, 0.1]);
  expect(settings({ epsilon: 0.1, ramp: 0 }, 0)).toBe(0.1);
});
