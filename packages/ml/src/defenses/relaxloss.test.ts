import { openEngine } from "@shadowfarm/engine/backends";
import { describe, expect, test } from "vitest";
import type { Recipe } from "../lesson.ts";
import type { Weights } from "../network.ts";
import type { Objective } from "../objective.ts";
import { query } from "../query.ts";
import { trainAsUsual } from "../school.ts";
import { minimised, sigmoid, slope } from "./linear-batch.fixture.ts";
import { relaxloss } from "./relaxloss.ts";
import { aSchool } from "./school.fixture.ts";

/** A record that is right (logit 1.5), one that is wrong (logit −1), and the confidence in their true class. */
const batch = {
  x: [
    [1, 0.5],
    [0, 1],
  ] as [number, number][],
  labels: [0, 0],
  kernel: [2, -1] as [number, number],
};
const confidences = [sigmoid(1.5), sigmoid(-1)] as const;
const mean = -(Math.log(confidences[0]) + Math.log(confidences[1])) / 2;

/** Of the flattened loss, with targets that stay what they are at the batch's own kernel. */
function flattened([first, second]: readonly [number, number], upper: number): number {
  const [right, wrong] = [sigmoid(first + 0.5 * second), sigmoid(second)];
  const kept = Math.min(confidences[1], upper);
  const drawn = -(kept * Math.log(wrong) + (1 - kept) * Math.log(1 - wrong));
  return (0 + Math.log(right) + (drawn + Math.log(wrong))) / 2;
}

test("in even epochs the loss is its distance from α", async () => {
  const settings = { even: 1 };
  expect((await minimised(relaxloss, { alpha: 3 }, { ...batch, settings })).loss).toBeCloseTo(3 - mean, 5);
  expect((await minimised(relaxloss, { alpha: 0.1 }, { ...batch, settings })).loss).toBeCloseTo(mean - 0.1, 5);
});

test("in odd epochs it is the cross-entropy as long as that is above α", async () => {
  const { loss } = await minimised(relaxloss, { alpha: 0.1 }, { ...batch, settings: { even: 0 } });
  expect(loss).toBeCloseTo(mean, 5);
});

describe.each([1, 0.2])("below α in odd epochs, with a target of %f at most", (upper) => {
  const given = { ...batch, settings: { even: 0 } };

  test("wrong answers are drawn to the flattened target, and all from their class", async () => {
    const { loss } = await minimised(relaxloss, { alpha: 3, upper }, given);
    expect(loss).toBeCloseTo(flattened(batch.kernel, upper), 5);
  });

  test("the target is a constant of the gradient", async () => {
    const [a, b] = batch.kernel;
    const step = 1e-4;
    const expected = [
      (flattened([a + step, b], upper) - flattened([a - step, b], upper)) / (2 * step),
      (flattened([a, b + step], upper) - flattened([a, b - step], upper)) / (2 * step),
    ];
    const gradient = await slope(relaxloss, { alpha: 3, upper }, given);
    for (const [at, value] of expected.entries()) expect(gradient[at]).toBeCloseTo(value, 4);
  });
});

test("the gradient turns around at α in even epochs", async () => {
  const given = { ...batch, settings: { even: 1 } };
  const [above, below] = [await slope(relaxloss, { alpha: 0.1 }, given), await slope(relaxloss, { alpha: 3 }, given)];
  expect(below).toEqual(above.map((value) => expect.closeTo(-value, 6)));
});

test("epochs alternate, whatever the step", () => {
  const objective = relaxloss.objective?.(relaxloss.params.parse({}));
  expect([0, 1, 2, 3].map((epoch) => objective?.settings?.(7, 40, epoch).even)).toEqual([1, 0, 1, 0]);
});

test("holds the loss of a training at α, which would go to zero without it", async () => {
  const school = await aSchool({ members: 20, training: { epochs: 61 } });
  const of = relaxloss.objective?.(relaxloss.params.parse({ alpha: 0.5 })) as Objective;
  const input = { kind: "tabular", shape: school.recipe.inputShape, low: 0, high: 1 } as const;
  const lossUnder = async (recipe: Recipe) => {
    const { weights } = await trainAsUsual({ ...school, recipe });
    const { features, labels } = school.lesson;
    const answers = await query(school.engine, { ...recipe, weights, features });
    const losses = Array.from(labels, (label, record) => -Math.log(answers[3 * record + label] as number));
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  };
  expect(await lossUnder(school.recipe)).toBeLessThan(0.05);
  const held = await lossUnder({ ...school.recipe, objective: { of, input } });
  expect(held).toBeGreaterThan(0.3);
  expect(held).toBeLessThan(0.7);
});

test("compiles to what cpu makes of it", async () => {
  const of = relaxloss.objective?.(relaxloss.params.parse({ alpha: 0.8, upper: 0.6 })) as Objective;
  const weights = await Promise.all(
    (["onnx", "cpu"] as const).map(async (name) => {
      const school = await aSchool({ members: 30, training: { epochs: 4 }, engine: await openEngine(name) });
      const input = { kind: "tabular", shape: school.recipe.inputShape, low: 0, high: 1 } as const;
      return (await trainAsUsual({ ...school, recipe: { ...school.recipe, objective: { of, input } } })).weights;
    }),
  );
  const [compiled, cpu] = weights as [Weights, Weights];
  for (const [name, { data }] of Object.entries(cpu)) {
    for (const [at, value] of data.entries()) expect(compiled[name]?.data[at]).toBeCloseTo(value, 4);
  }
});
