import { expect, test } from "vitest";
import { answersOf, attacked, knownAnswersOf, logit, near, needsOf } from "./answers.fixture.ts";
import { attackR } from "./attack-r.ts";

// Logit-scaled confidences of three records in five references; record 1 was in the last two of them.
const references = [0, 4, 3, 1, 2].map((phi, model) =>
  knownAnswersOf([phi, phi, phi].map(logit), [0, model > 2 ? 1 : 0, 0]),
);
const target = answersOf([2.5, 2.5, 2].map(logit));

test("the share of references without the record that it beats; equal ones count half", async () => {
  const { scores, threshold } = await attacked(attackR, { alpha: 0.25 }, { target, references });
  expect([...scores]).toEqual(near([3 / 5, 1 / 3, 2.5 / 5]));
  expect(threshold).toEqual({ by: "fixed", value: 0.75 });
});

test("smoothed, it is ln Φ of how many deviations the record is above their mean", async () => {
  // Without record: OUT 0 and 4, mean 2, deviation 2; Φ from a table.
  const two = references.slice(0, 2);
  const own = answersOf([3, 4, 0].map(logit));
  const params = { smoothing: "normal", alpha: 0.25 };
  const { scores, threshold } = await attacked(attackR, params, { target: own, references: two });
  const cdf = [0.6914624612740131, 0.8413447460685429, 1 - 0.8413447460685429];
  expect([...scores]).toEqual(near(cdf.map(Math.log)));
  expect(threshold).toEqual({ by: "fixed", value: expect.closeTo(Math.log(0.75), 11) });
});

test("a record that all references were trained on is refused", async () => {
  const last = references.slice(3);
  await expect(attacked(attackR, {}, { target, references: last })).rejects.toThrow(
    "record 1 is in all reference models; use more of them",
  );
});

test("needs references, evenly many where records are shared and two without a record for a normal distribution", () => {
  expect(needsOf(attackR, { shadows: 3 })).toEqual({ access: "posteriors", references: 3 });
  expect(() => needsOf(attackR, { shadows: 3 }, { split: "halves" })).toThrow(
    "shadows is 3, an odd number, with which records are not in equally many; use an even one",
  );
  const smoothing = "normal";
  expect(needsOf(attackR, { smoothing, shadows: 2 })).toEqual({ access: "posteriors", references: 2 });
  expect(() => needsOf(attackR, { smoothing, shadows: 2 }, { split: "halves" })).toThrow(
    "shadows is 2, too few to fit a normal distribution; use 4 or more",
  );
  expect(() => needsOf(attackR, { smoothing, shadows: 1 })).toThrow(
    "shadows is 1, too few to fit a normal distribution; use 2 or more",
  );
});
