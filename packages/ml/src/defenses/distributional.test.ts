import { expect, test } from "vitest";
import { distributional } from "./distributional.ts";
import { minimised, sigmoid } from "./linear-batch.fixture.ts";

test("one step by hand: gradients pull away, and their mean magnitude pulls back", async () => {
  const a = 0.5;
  const { prepared, loss } = await minimised(
    distributional,
    { a, steps: 1 },
    {
      x: [
        [0.5, 0.5],
        [0.6, 0.4],
      ],
      labels: [0, 1],
      kernel: [2, -1],
    },
  );
  // ∂ℓ/∂x of the first logit z = 2·x₁ − x₂: (p − 1)·w for class 0, p·w for class 1.
  const [first, second] = [sigmoid(0.5) - 1, sigmoid(0.8)];
  const changes = [first * 2, -first, second * 2, -second].map((gradient) => a * gradient);
  const pull = changes.reduce((sum, change) => sum + Math.abs(change), 0) / 4;
  const expected = [0.5, 0.5, 0.6, 0.4].map((value, at) => {
    const change = changes[at] as number;
    return Math.max(0, Math.min(1, value + change - pull * Math.sign(change)));
  });
  for (const [at, value] of expected.entries()) expect(prepared.perturbed?.[at]).toBeCloseTo(value, 5);
  const [z0, z1] = [
    2 * (expected[0] as number) - (expected[1] as number),
    2 * (expected[2] as number) - (expected[3] as number),
  ];
  expect(loss).toBeCloseTo(-(Math.log(sigmoid(z0)) + Math.log(1 - sigmoid(z1))) / 2, 5);
});
