import { expect, test } from "vitest";
import { shareAt } from "../probes/noisy-copies.ts";
import type { Probed } from "../unit.ts";
import { answersOf, attacked, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { noise } from "./noise.ts";

const found = (...shares: number[]): Probed => ({
  arrays: {
    [shareAt(250)]: Float32Array.of(1, 1, 1, 1).subarray(0, shares.length),
    [shareAt(400)]: Float32Array.from(shares),
  },
  queries: new Uint32Array(shares.length).fill(400),
});

test("the score is the share of right copies, and the threshold the best on a shadow", async () => {
  const target = {
    ...answersOf([
      [1, 0],
      [1, 0],
    ]),
    probed: found(0.75, 0.5),
  };
  const shadow = {
    ...knownAnswersOf(
      [
        [1, 0],
        [1, 0],
        [1, 0],
        [1, 0],
      ],
      [1, 1, 0, 0],
    ),
    probed: found(1, 0.625, 0.5, 0),
  };
  const output = await attacked(noise, { queries: 400 }, { target, shadows: [shadow] });
  expect([...output.scores]).toEqual([0.75, 0.5]);
  expect(output.threshold).toEqual({ by: "shadow", value: 0.625 });
  expect(output.atQueries?.map(({ queries, scores }) => [queries, scores[1]])).toEqual([
    [250, 1],
    [400, 0.5],
  ]);
});

test("it asks for labels of noisy copies, of images and bits alone", () => {
  expect(needsOf(noise, { amount: 0.1, queries: 400 })).toEqual({
    access: "labels",
    probe: { name: "noisy-copies", version: 1, params: { amount: 0.1 }, checkpoints: [250, 400] },
    shadows: [{ count: 1 }],
  });
  expect(needsOf(noise, { threshold: "oracle" })).not.toHaveProperty("shadows");
  expect(() => needsOf(noise, {}, { dataset: "adult" })).toThrow("it asks about image or binary records");
});
