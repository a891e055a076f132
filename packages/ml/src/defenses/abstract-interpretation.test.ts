import { expect, test } from "vitest";
import { abstractInterpretation as defense } from "./abstract-interpretation.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";

const softplus = (x: number) => Math.log1p(Math.exp(x));

test.each(["box", "hybrid-zonotope"])(
  "%s: the record's loss and, by its weight, the softplus of the largest margin",
  async (domain) => {
    const { loss } = await minimised(
      defense,
      { domain },
      { x: [[0.5, 0.98]], labels: [0], kernel: [2, -1], settings: { epsilon: 0.1, weight: 0.5 } },
    );
    const [own, margin] = [sigmoid(2 * 0.5 - 0.98), 1 - 2 * 0.4];
    expect(loss).toBeCloseTo((-Math.log(own) + 0.5 * softplus(margin)) / 1.5, 5);
  },
);

test("a margin below −1 counts as −1", async () => {
  const { loss } = await minimised(
    defense,
    {},
    { x: [[0.5, 0.5]], labels: [0], kernel: [5, 5], settings: { epsilon: 0.1, weight: 1 } },
  );
  expect(loss).toBeCloseTo((-Math.log(sigmoid(5)) + softplus(-1)) / 2, 5);
});

test("records alone are trained on first, then balls that grow", () => {
  const objective = defense.objective?.(defense.params.parse({ epsilon: 0.1, weight: 0.4 }));
  const settings = [0, 199, 200, 350, 500, 999].map((step) => objective?.settings?.(step, 1000, 0));
  expect(settings.map((at) => at?.weight)).toEqual([0, 0, 0.4, 0.4, 0.4, 0.4]);
  expect(settings.map((at) => at?.epsilon)).toEqual(
    [0, 0, 0, 0.05, 0.1, 0.1].map((epsilon) => expect.closeTo(epsilon)),
  );
});
