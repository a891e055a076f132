import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, near, needsOf } from "./answers.fixture.ts";
import { attackS } from "./attack-s.ts";

const { log } = Math;
const target = answersOf([0.97, 0.2].map(confidence));

// Members of the shadows, which count for nothing here, are surer than all their non-members.
const shadows = [
  knownAnswersOf([0.99, 0.9, 0.5, 0.3].map(confidence), [1, 0, 0, 0]),
  knownAnswersOf([0.8, 0.6, 0.98].map(confidence), [0, 0, 1]),
];

test.each([
  { alpha: 0.2, confidence: 0.9 },
  { alpha: 0.4, confidence: 0.8 },
  { alpha: 0.59, confidence: 0.8 },
  { alpha: 0.6, confidence: 0.6 },
])("an FPR of $alpha on all shadows' non-members has its threshold at the confidence $confidence", async (row) => {
  const { scores, threshold } = await attacked(attackS, { alpha: row.alpha }, { target, shadows });
  expect([...scores]).toEqual(near([log(0.97), log(0.2)]));
  expect(threshold).toEqual({ by: "shadow", value: expect.closeTo(log(row.confidence), 11) });
});

test("of equal non-members all are called members or none", async () => {
  const equal = [knownAnswersOf([0.9, 0.8, 0.8, 0.8, 0.5].map(confidence), [0, 0, 0, 0, 0])];
  const thresholdAt = async (alpha: number) =>
    (await attacked(attackS, { alpha }, { target, shadows: equal })).threshold;
  expect(await thresholdAt(0.5)).toEqual({ by: "shadow", value: expect.closeTo(log(0.9), 11) });
  expect(await thresholdAt(0.8)).toEqual({ by: "shadow", value: expect.closeTo(log(0.8), 11) });
});

test("saturated non-members are not called members where they are more than α", async () => {
  const saturated = [knownAnswersOf([1, 1, 0.5].map(confidence), [0, 0, 0])];
  const { threshold } = await attacked(attackS, { alpha: 0.5 }, { target, shadows: saturated });
  expect(threshold).toEqual({ by: "shadow", value: expect.toSatisfy((value: number) => value > 0 && value < 1e-9) });
});

test("needs shadows alone", () => {
  expect(needsOf(attackS, { shadows: 3 })).toEqual({ access: "posteriors", shadows: [{ count: 3 }] });
});
