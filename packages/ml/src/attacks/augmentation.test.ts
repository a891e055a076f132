import { expect, test } from "vitest";
import { distancesAt } from "../probes/hop-skip-jump.ts";
import { answersOf, attacked, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { augmentation } from "./augmentation.ts";

const answers = [
  [1, 0],
  [1, 0],
  [1, 0],
  [1, 0],
];
const queries = new Uint32Array(4);
const forest = { attackModel: "random-forest", trees: 20 };

test("which copies are right tells members, as the shadow shows", async () => {
  const right = Float32Array.of(1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0);
  const shadow = { ...knownAnswersOf(answers, [1, 1, 0, 0]), probed: { arrays: { right }, queries } };
  const target = {
    ...answersOf(answers.slice(2)),
    probed: { arrays: { right: Float32Array.of(1, 0, 0, 1, 1, 1) }, queries },
  };
  const { scores, threshold } = await attacked(
    augmentation,
    { copies: "rotation", ...forest },
    { target, shadows: [shadow] },
  );
  expect(scores[0]).toBeLessThan(0.5);
  expect(scores[1]).toBeGreaterThan(0.5);
  expect(threshold).toEqual({ by: "shadow", value: 0.5 });
});

test("combined, how far each translation is from the boundary does", async () => {
  const name = distancesAt("l2", 2000);
  const arrays = (...distances: number[]) => ({ [name]: Float32Array.from(distances.flatMap((d) => [d, d, d, d, d])) });
  const shadow = { ...knownAnswersOf(answers, [1, 1, 0, 0]), probed: { arrays: arrays(4, 5, 1, 0), queries } };
  const target = { ...answersOf(answers.slice(2)), probed: { arrays: arrays(0.5, 6), queries } };
  const params = { feature: "distance", queries: 2000, ...forest };
  const { scores } = await attacked(augmentation, params, { target, shadows: [shadow] });
  expect(scores[1]).toBeGreaterThan(scores[0] as number);
});

test("it asks about altered pictures by labels", () => {
  const ofMnist = { dataset: "mnist" };
  expect(needsOf(augmentation, { amount: 2 }, ofMnist)).toEqual({
    access: "labels",
    probe: { name: "altered-copies", version: 1, params: { kind: "translation", amount: 2 } },
    shadows: [{ count: 1 }],
  });
  expect(needsOf(augmentation, { feature: "distance" }, ofMnist)).toMatchObject({
    probe: { name: "hop-skip-jump", params: { translation: 1 }, checkpoints: [12_500] },
  });
  expect(() => needsOf(augmentation, {})).toThrow("it asks about image records, but location has binary ones");
  expect(() => needsOf(augmentation, { feature: "distance" })).toThrow("it asks about image records");
  expect(() => needsOf(augmentation, { amount: 9 }, ofMnist)).toThrow(
    "amount is 9 pixels, which leaves little of an image; use 8 or less",
  );
  expect(() => needsOf(augmentation, { feature: "distance", queries: 1000, amount: 2 }, ofMnist)).toThrow(
    "queries is 1000, which 9 copies share, but a search costs 150 or more; use at least 1350, or a smaller amount than 2",
  );
  expect(() => needsOf(augmentation, { feature: "distance", copies: "rotation" }, ofMnist)).toThrow(
    "feature is distance, but copies is rotation; use translation",
  );
});
