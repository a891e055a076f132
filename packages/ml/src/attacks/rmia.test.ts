import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, near, needsOf } from "./answers.fixture.ts";
import { rmia } from "./rmia.ts";

// Confidences. Records 0 and 1 are in the second of the two references, record 2 in the first.
const target = answersOf([0.8, 0.7015, 0.8].map(confidence));
const references = [
  knownAnswersOf([0.4, 0.4, 1].map(confidence), [0, 0, 1]),
  knownAnswersOf([1, 1, 0.4].map(confidence), [1, 1, 0]),
];
// What the references make of the population is 0.6, 0.3 and 0.1 on average, 0.7, 0.4 and 0.1 at most.
const population = {
  target: answersOf([0.888, 0.9, 0.3].map(confidence)),
  references: [
    knownAnswersOf([0.5, 0.2, 0.1].map(confidence), [0, 0, 0]),
    knownAnswersOf([0.7, 0.4, 0.1].map(confidence), [0, 0, 0]),
  ],
};
const input = { target, references, population };
const scoresOf = async (params: object, given = input) => [
  ...(await attacked(rmia, { temperature: 1, ...params }, given)).scores,
];
const thirds = (...counts: number[]) => near(counts.map((count) => count / 3));

test.each([
  // p = 0.65 · 0.4 + 0.35 = 0.61: ratios 1.311, 1.15 and 1.311. The population's are 1.2, 1.651 and 0.723.
  ["offline", {}, [2, 1, 2]],
  // p = ½ (0.4 + 1) = 0.7: ratios 1.143, 1.002 and 1.143.
  ["online", { variant: "online" }, [1, 1, 1]],
  // p is the mean OUT itself: 2, 1.754 and 2 against 1.48, 3 and 3.
  ["offline, a = 1", { a: 1 }, [1, 1, 1]],
  // p = ½ · 0.4 + ½ = 0.7: 1.143, 1.002 and 1.143 against 1.11, 1.385 and 0.545.
  ["offline, a = 0", { a: 0 }, [2, 1, 2]],
  // 1.311 / 0.723 = 1.814, 1.15 / 0.723 = 1.591.
  ["offline, γ = 1.7", { gamma: 1.7 }, [1, 0, 1]],
  ["offline, γ = 2", { gamma: 2 }, [0, 0, 0]],
  // The population's p comes from the larger one of its two references: 1.103, 1.475 and 0.723.
  ["offline, largest-half", { references: "largest-half" }, [2, 2, 2]],
  // p = 1: 0.8, 0.702 and 0.8 against 1.269, 2.25 and 3, which are not mixed with 1 either.
  ["online, largest-half", { variant: "online", references: "largest-half" }, [0, 0, 0]],
])("the share of the population that is beaten, by hand: %s", async (_, params, counts) => {
  expect(await scoresOf(params)).toEqual(thirds(...counts));
});

test("an equal ratio does not beat", async () => {
  const same = { target, references: references.map((reference) => ({ ...reference, isMember: new Uint8Array(3) })) };
  // Ratios 0.8 / 0.7, 0.7015 / 0.7 and 0.8 / 0.7 on both sides.
  expect(await scoresOf({ a: 1 }, { ...same, population: same })).toEqual(thirds(1, 0, 1));
});

test("the temperature is the root of the odds", async () => {
  // Odds of the target's record, of its reference, and of the same on the population.
  const odds = (own: number, reference: number, others: number, othersReference: number) => {
    const posterior = (value: number) => [confidence(value / (1 + value))];
    return {
      target: answersOf(posterior(own)),
      references: [knownAnswersOf(posterior(reference), [0])],
      population: {
        target: answersOf(posterior(others)),
        references: [knownAnswersOf(posterior(othersReference), [0])],
      },
    };
  };
  // 0.1 / 0.05 = 2 beats 0.988 / 0.5 = 1.976, but 0.25 / 0.187 = 1.34 does not beat 0.9 / 0.5 = 1.8.
  const params = { a: 1, temperature: 2 };
  expect(await scoresOf({ a: 1 }, odds(1 / 9, 1 / 19, 81, 1))).toEqual([1]);
  expect(await scoresOf(params, odds(1 / 9, 1 / 19, 81, 1))).toEqual([0]);
  expect(await scoresOf({ a: 1 }, odds(1 / 3, Math.sqrt(1 / 19), 9, 1))).toEqual([0]);
});

test("a reference that was trained on a population record is left out for it, and such a record if all were", async () => {
  const [first, second] = population.references as [(typeof references)[0], (typeof references)[0]];
  const withMembers = (inFirst: number[], inSecond: number[]) => ({
    ...input,
    population: {
      target: population.target,
      references: [
        { ...first, isMember: Uint8Array.from(inFirst) },
        { ...second, isMember: Uint8Array.from(inSecond) },
      ],
    },
  });
  // The first record's p is 0.65 · 0.7 + 0.35 = 0.805 without the first reference: its ratio 1.103 instead of 1.2.
  expect(await scoresOf({}, withMembers([1, 0, 0], [0, 0, 0]))).toEqual(thirds(2, 2, 2));
  expect(await scoresOf({}, withMembers([0, 1, 0], [0, 1, 0]))).toEqual(near([1, 1 / 2, 1]));
  await expect(scoresOf({}, withMembers([1, 1, 1], [1, 1, 1]))).rejects.toThrow(
    "every population record was in every reference model; use more shadows or population",
  );
});

test("a record that all references were trained on is refused", async () => {
  const all = references.map((reference) => ({
    ...reference,
    isMember: Uint8Array.of(reference.isMember[0] as number, 1, 0),
  }));
  await expect(scoresOf({}, { ...input, references: all })).rejects.toThrow(
    "record 1 has no reference model; use more shadows",
  );
});

test("the threshold is the share of the population that a non-member beats with probability α", async () => {
  const { threshold } = await attacked(rmia, { alpha: 0.25 }, input);
  expect(threshold).toEqual({ by: "population", value: 0.75 });
});

test("online needs the split of halves; an odd number of models is refused where records are shared", () => {
  const needs = { access: "posteriors", population: 20 };
  expect(needsOf(rmia, { shadows: 3, population: 20 })).toEqual({ ...needs, references: 3 });
  expect(needsOf(rmia, { variant: "online", population: 20 })).toEqual({ ...needs, references: 2, split: "halves" });
  const message = "shadows is 3, an odd number, with which records are not in equally many; use an even one";
  expect(() => needsOf(rmia, { shadows: 3, variant: "online" })).toThrow(message);
  expect(() => needsOf(rmia, { shadows: 3 }, { split: "halves" })).toThrow(message);
});
