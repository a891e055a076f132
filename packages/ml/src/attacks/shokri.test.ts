import { auc } from "@shadowfarm/core/roc";
import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { shadow } from "./shadow.ts";
import { shokri } from "./shokri.ts";

// Sharp answers on members of class 0 and on non-members of class 1, flat ones on all others; all of them right.
const labels = Array.from({ length: 40 }, (_, record) => record % 2);
const isMember = labels.map((_, record) => (record % 4 < 2 ? 1 : 0));
const rows = labels.map((label, record) => {
  const p = isMember[record] === 1 - label ? 0.9 : 0.6;
  return confidence(label === 0 ? p : 1 - p);
});
const shadows = [knownAnswersOf(rows, isMember, { labels })];
const target = answersOf(rows, { labels });
const forest = { attackModel: "random-forest", trees: 10 };

test("each class has an attack model of its own: what says member of one may say non-member of another", async () => {
  const { scores, threshold } = await attacked(shokri, forest, { target, shadows });
  expect([...scores]).toEqual(isMember);
  expect(threshold).toEqual({ by: "shadow", value: 0.5 });
  // Without the class, sharp and flat answers are on as many members as non-members.
  const blind = await attacked(shadow, forest, { target, shadows });
  expect(auc(blind.scores, Uint8Array.from(isMember))).toBe(0.5);
});

test("it learns from the whole posterior, not only from how sharp it is", async () => {
  // Members of class 0 lean towards class 1, non-members towards class 2.
  const leaning = [
    [0.8, 0.15, 0.05],
    [0.8, 0.05, 0.15],
  ];
  const lesson = new Array<number[][]>(10).fill(leaning).flat();
  const known = knownAnswersOf(
    lesson,
    lesson.map((_, record) => 1 - (record % 2)),
  );
  const { scores } = await attacked(shokri, forest, { target: answersOf(leaning), shadows: [known] });
  expect([...scores]).toEqual([1, 0]);
});

test("every shadow's answers are learned from", async () => {
  const one = knownAnswersOf([confidence(0.9)], [1]);
  const other = knownAnswersOf([confidence(0.6)], [0]);
  const asked = answersOf([0.9, 0.6].map(confidence));
  const { scores } = await attacked(shokri, { ...forest, trees: 100 }, { target: asked, shadows: [one, other] });
  expect(scores[0]).toBeGreaterThan(0.6);
  expect(scores[1]).toBeLessThan(0.4);
});

test("a class that the shadows know on one side only is refused by its number, unless the target has none of it", async () => {
  const without = (side: number, label: number) =>
    shadows.map((known) => ({
      ...known,
      labels: known.labels.map((own, at) => (own === label && isMember[at] === side ? 1 - label : own)),
    }));
  await expect(attacked(shokri, forest, { target, shadows: without(1, 0) })).rejects.toThrow(
    "class 0 is absent from the shadows' members, so it can have no attack model; use more shadows or records",
  );
  await expect(attacked(shokri, forest, { target, shadows: without(0, 1) })).rejects.toThrow(
    "class 1 is absent from the shadows' non-members, so it can have no attack model; use more shadows or records",
  );
  const zeros = { ...target, labels: new Int32Array(labels.length) };
  const { scores } = await attacked(shokri, forest, { target: zeros, shadows: without(0, 1) });
  expect(scores.length).toBe(labels.length);
});

test("the records of its shadows are real, noisy or made up", () => {
  const recordsOf = (params: object) => needsOf(shokri, { shadows: 3, ...params }).shadows;
  expect(recordsOf({})).toEqual([{ count: 3 }]);
  expect(recordsOf({ records: "noise", noise: 0.2 })).toEqual([{ count: 3, records: { kind: "noise", share: 0.2 } }]);
  expect(recordsOf({ records: "marginals", made: 50 })).toEqual([
    { count: 3, records: { kind: "marginals", records: 50 } },
  ]);
  const search = { mostChanged: 9, leastChanged: 2, rejections: 5, confidence: 0.4, queries: 70 };
  expect(recordsOf({ records: "synthesis", made: 50, ...search })).toEqual([
    { count: 3, records: { kind: "synthesis", records: 50, search } },
  ]);
});

test.each(["noise", "marginals", "synthesis"])("refuses %s records of text", (records) => {
  expect(() => needsOf(shokri, { records }, { dataset: "news" })).toThrow(
    `records is ${records}, but news is text, which has no features to draw; use real`,
  );
  expect(needsOf(shokri, {}, { dataset: "news" })).toEqual({ access: "posteriors", shadows: [{ count: 10 }] });
});

test("refuses a search that would change more features at least than at most", () => {
  const search = { leastChanged: 9, mostChanged: 8 };
  expect(() => needsOf(shokri, { records: "synthesis", ...search })).toThrow(
    "leastChanged is 9, more than mostChanged, 8; lower it",
  );
  expect(() => needsOf(shokri, { records: "marginals", ...search })).not.toThrow();
});
