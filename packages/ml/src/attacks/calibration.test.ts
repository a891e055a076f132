import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, near, needsOf } from "./answers.fixture.ts";
import { calibration } from "./calibration.ts";

const { log } = Math;

// Record 0 is in the last of three references, record 1 in the first two.
const references = [
  knownAnswersOf([0.5, 0.99].map(confidence), [0, 1]),
  knownAnswersOf([0.2, 0.99].map(confidence), [0, 1]),
  knownAnswersOf([0.99, 0.4].map(confidence), [1, 0]),
];
const target = answersOf([0.8, 0.1].map(confidence));

test.each([
  { statistic: "log-confidence", scores: [log(0.8) - (log(0.5) + log(0.2)) / 2, log(0.1) - log(0.4)] },
  // The largest posterior, whichever class it is of.
  { statistic: "max", scores: [0.8 - (0.5 + 0.8) / 2, 0.9 - 0.6] },
  { statistic: "logit", scores: [log(4) - (log(1) + log(1 / 4)) / 2, log(1 / 9) - log(2 / 3)] },
])("$statistic minus its mean over the references without the record", async ({ statistic, scores }) => {
  const output = await attacked(calibration, { statistic }, { target, references });
  expect([...output.scores]).toEqual(near(scores));
  expect(output.threshold).toEqual({ by: "fixed", value: 0 });
});

test("a record that every model is sure of is no member for that", async () => {
  const easy = [0.95, 0.95].map(confidence);
  const input = { target: answersOf(easy), references: [knownAnswersOf(easy, [0, 0])] };
  expect([...(await attacked(calibration, {}, input)).scores]).toEqual([0, 0]);
});

test("a record that all references were trained on is refused", async () => {
  await expect(attacked(calibration, {}, { target, references: references.slice(0, 2) })).rejects.toThrow(
    "record 1 is in all reference models; use more of them",
  );
});

test("needs references, evenly many where records are shared", () => {
  expect(needsOf(calibration, { shadows: 3 })).toEqual({ access: "posteriors", references: 3 });
  expect(needsOf(calibration, {}, { split: "halves" })).toEqual({ access: "posteriors", references: 4 });
  expect(() => needsOf(calibration, { shadows: 3 }, { split: "halves" })).toThrow(
    "shadows is 3, an odd number, with which records are not in equally many; use an even one",
  );
});
