import fc from "fast-check";
import { expect, test } from "vitest";
import { answersOf, attacked, confidence, near, needsOf } from "./answers.fixture.ts";
import { attackP } from "./attack-p.ts";

const { log } = Math;
const target = answersOf([0.97, 0.2].map(confidence));

async function thresholdOf(others: readonly number[], alpha: number): Promise<number> {
  const population = { target: answersOf(others.map(confidence)), references: [] };
  const { threshold } = await attacked(attackP, { alpha }, { target, population });
  return threshold.by === "population" ? (threshold.value as number) : Number.NaN;
}

test.each([
  { alpha: 0.1, confidence: 0.9 },
  { alpha: 0.29, confidence: 0.8 },
  { alpha: 0.3, confidence: 0.75 },
  { alpha: 0.99, confidence: 0.1 },
])("an FPR of $alpha on ten population records has its threshold at the confidence $confidence", async (row) => {
  const others = [0.3, 0.8, 0.1, 0.9, 0.75, 0.5, 0.4, 0.05, 0.6, 0.2];
  expect(await thresholdOf(others, row.alpha)).toBeCloseTo(log(row.confidence), 11);
});

test("of equal population records all are called members or none", async () => {
  expect(await thresholdOf([0.9, 0.8, 0.8, 0.8, 0.5], 0.5)).toBeCloseTo(log(0.9), 11);
  expect(await thresholdOf([0.9, 0.8, 0.8, 0.8, 0.5], 0.8)).toBeCloseTo(log(0.8), 11);
});

test("none is called a member where one of them would be more than α, also at a confidence of exactly 1", async () => {
  expect(await thresholdOf([0.9, 0.5, 0.1], 0.1)).toBeGreaterThan(log(0.9));
  expect(await thresholdOf([0.9, 0.5, 0.1], 0.1)).toBeCloseTo(log(0.9), 11);
  expect(await thresholdOf([1, 1, 1, 0.1, 0.1], 0.4)).toBeGreaterThan(0);
});

test("on the population itself the FPR is at most α, and no smaller threshold among its records keeps it so", async () => {
  const others = fc.array(fc.constantFrom(0.1, 0.3, 0.5, 0.7, 0.9, 1), { minLength: 1, maxLength: 30 });
  const alphas = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  await fc.assert(
    fc.asyncProperty(others, alphas, async (confidences, alpha) => {
      const threshold = await thresholdOf(confidences, alpha);
      const scores = confidences.map(log);
      const fprAt = (value: number) => scores.filter((score) => score >= value).length / scores.length;
      expect(fprAt(threshold)).toBeLessThanOrEqual(alpha);
      for (const score of scores) if (score < threshold) expect(fprAt(score)).toBeGreaterThan(alpha);
    }),
  );
});

test("the score is the negated loss, and it needs a population", async () => {
  const population = { target: answersOf([confidence(0.5)]), references: [] };
  expect([...(await attacked(attackP, {}, { target, population })).scores]).toEqual(near([log(0.97), log(0.2)]));
  expect(needsOf(attackP, { population: 30 })).toEqual({ access: "posteriors", population: 30 });
});
