import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, near, needsOf } from "./answers.fixture.ts";
import { metric } from "./metric.ts";

const { log } = Math;

test("every class has the threshold that parts the shadows' records of that class best", async () => {
  // A row of three classes with this confidence in the class.
  const row = (label: number, p: number) => [0, 1, 2].map((at) => (at === label ? p : (1 - p) / 2));
  const shadowOf = (records: [label: number, p: number, isMember: number][]) =>
    knownAnswersOf(
      records.map(([label, p]) => row(label, p)),
      records.map(([, , isMember]) => isMember),
      { labels: records.map(([label]) => label) },
    );
  const shadows = [
    shadowOf([
      [0, 0.9, 1],
      [0, 0.6, 0],
      [1, 0.5, 1],
    ]),
    // One shadow alone would put class 0's threshold at 0.9, and know nothing of class 1's non-members.
    shadowOf([
      [0, 0.8, 1],
      [1, 0.2, 0],
      [1, 0.4, 1],
      [0, 0.3, 0],
      [1, 0.3, 0],
    ]),
  ];
  const target = answersOf([row(0, 0.7), row(1, 0.45), row(2, 0.1)], { labels: [0, 1, 2] });
  const output = await attacked(metric, { statistic: "confidence" }, { target, shadows });
  // Class 1 has members at confidences that class 0's non-members have; of class 2 the shadows know nothing.
  expect(output.threshold).toEqual({ by: "shadow", value: [0.8, 0.4, 0] });
  expect([...output.scores]).toEqual(near([0.7, 0.45, 0.1]));
});

test.each([
  // Right with ¾, and wrong with ¾: the entropy is the same, the modified entropy is not.
  { statistic: "entropy", scores: [0.75 * log(0.75) + 0.25 * log(0.25), 0.75 * log(0.75) + 0.25 * log(0.25)] },
  { statistic: "modified-entropy", scores: [0.5 * log(0.75), 1.5 * log(0.25)] },
  { statistic: "confidence", scores: [0.75, 0.25] },
  { statistic: "correctness", scores: [1, 0] },
])("$statistic of a right and of a wrong answer", async ({ statistic, scores }) => {
  const target = answersOf([0.75, 0.75].map(confidence), { labels: [0, 1] });
  const output = await attacked(metric, { statistic, threshold: "oracle" }, { target });
  expect(output.threshold).toEqual({ by: "oracle" });
  expect([...output.scores]).toEqual(near(scores));
});

test("thresholds of classes need shadows, the oracle none", () => {
  expect(needsOf(metric, { shadows: 3 })).toEqual({ access: "posteriors", shadows: [{ count: 3 }] });
  expect(needsOf(metric, { shadows: 3, threshold: "oracle" })).toEqual({ access: "posteriors" });
});
