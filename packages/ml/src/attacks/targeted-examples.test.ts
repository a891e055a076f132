import { expect, test } from "vitest";
import type { Probed } from "../unit.ts";
import { answersOf, attacked, confidence, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { targetedExamples } from "./targeted-examples.ts";

const forest = { attackModel: "random-forest", trees: 10 };
const records = 40;
const labels = Array.from({ length: records }, (_, record) => record % 2);
const isMember = labels.map((_, record) => (record % 4 < 2 ? 1 : 0));
// The records themselves, and their examples towards class 0, tell nothing: those towards class 1 do, in each class otherwise.
const flat = labels.map(() => confidence(0.5));
const probed: Probed = {
  arrays: {
    posteriors: Float32Array.from(
      labels.flatMap((label, record) => [...confidence(0.5), ...confidence(isMember[record] === label ? 0.3 : 0.6)]),
    ),
  },
  queries: new Uint32Array(records).fill(22),
};

test("a class's attack model learns from the answers on all examples of a record together", async () => {
  const { scores, threshold } = await attacked(targetedExamples, forest, {
    target: { ...answersOf(flat, { labels }), probed },
    shadows: [{ ...knownAnswersOf(flat, isMember, { labels }), probed }],
  });
  expect([...scores]).toEqual(isMember);
  expect(threshold).toEqual({ by: "shadow", value: 0.5 });
});

test("it needs an example towards every class, of the target and of shadows", () => {
  expect(needsOf(targetedExamples, { epsilon: 0.1, steps: 10, judged: 5 }, { dataset: "mnist" })).toEqual({
    ...{ access: "posteriors", most: 5 },
    probe: { name: "perturbed", version: 1, params: { epsilon: 0.1, steps: 10, targets: true } },
    shadows: [{ count: 1 }],
  });
  expect(() => needsOf(targetedExamples, {}, { dataset: "news" })).toThrow("it asks about image or binary records");
});
