import { expect, test } from "vitest";
import { models } from "../models/index.ts";
import { aDefended } from "./defended.fixture.ts";
import { dualBounds as defense } from "./dual-bounds.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";

test.each(["interval", "dual"])(
  "the loss is that of the ball's worst corner in range alone: %s",
  async (intermediate) => {
    const batch = { x: [[0.5, 0.98]] as [number, number][], labels: [0], kernel: [2, -1] as [number, number] };
    const { loss } = await minimised(defense, { intermediate }, { ...batch, settings: { epsilon: 0.1 } });
    expect(loss).toBeCloseTo(-Math.log(sigmoid(2 * 0.4 - 1)), 5);
  },
);

test("epsilon grows from zero after a warm-up", () => {
  const objective = defense.objective?.(defense.params.parse({ epsilon: 0.1, warmup: 0.2, ramp: 0.5 }));
  const epsilons = [0, 200, 450, 700, 999].map((step) => objective?.settings?.(step, 1000, 0).epsilon);
  expect(epsilons).toEqual([0, 0, 0.05, 0.1, 0.1].map((epsilon) => expect.closeTo(epsilon)));
});

test("a network with layers that have no such bounds is refused when it is planned", () => {
  const input = { kind: "image", shape: [28, 28, 1], low: 0, high: 1 } as const;
  const layers = models.cnn.layers(input, 10, models.cnn.params.parse({}));
  expect(() => defense.check?.(aDefended({ layers, input }), defense.params.parse({}))).toThrow(
    "max-pool1 has no dual bounds: use a convolution with a stride",
  );
});
