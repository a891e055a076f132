import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { labelTransfer } from "./label-transfer.ts";

test("the score is the relabelled models' confidence in the true class, on what the target gets right", async () => {
  // Labels alone; the target is wrong about the last one.
  const target = answersOf(
    [
      [1, 0],
      [0, 1],
      [0, 1],
    ],
    { labels: [0, 1, 0] },
  );
  const shadow = (...p: number[]) => knownAnswersOf(p.map(confidence), [1, 0, 0], { labels: [1, 1, 1] });
  const { scores } = await attacked(
    labelTransfer,
    {},
    { target, shadows: [shadow(0.5, 0.25, 1), shadow(0.25, 0.5, 1)] },
  );
  expect(scores[0]).toBeCloseTo((Math.log(0.5) + Math.log(0.25)) / 2, 6);
  expect(scores[1]).toBeCloseTo((Math.log(0.75) + Math.log(0.5)) / 2, 6);
  expect(scores[2]).toBeLessThan(-200);
  const byMax = await attacked(labelTransfer, { statistic: "max" }, { target, shadows: [shadow(0.25, 0.5, 1)] });
  expect([...byMax.scores].slice(0, 2)).toEqual([0.75, 0.5]);
});

test("its models learn what the target says, and are asked about the target's records", () => {
  expect(needsOf(labelTransfer, { shadowModel: "cnn" }, { dataset: "mnist" })).toEqual({
    access: "labels",
    shadows: [{ count: 1, records: { kind: "relabelled" }, about: "target", model: { name: "cnn", params: {} } }],
  });
});
