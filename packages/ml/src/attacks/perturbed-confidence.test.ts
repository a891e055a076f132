import type { AttackSetting, DatasetInfo } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { trainingSchema } from "@shadowfarm/core/training";
import { expect, test } from "vitest";
import { catalog } from "../catalog.ts";
import type { Probed } from "../unit.ts";
import { answersOf, attacked, confidence, knownAnswersOf, needsOf } from "./answers.fixture.ts";
import { perturbedConfidence } from "./perturbed-confidence.ts";

/** Confidences in class 0 of perturbed records. */
function found(...confidences: number[]): Probed {
  const posteriors = Float32Array.from(confidences.flatMap(confidence));
  return { arrays: { posteriors }, queries: new Uint32Array(confidences.length).fill(22) };
}

const labels = [0, 0, 1, 1];
const target = {
  ...answersOf([0.9, 0.8, 0.4, 0.1].map(confidence), { labels }),
  probed: found(0.75, 0.25, 0.5, 0.375),
};

test("the score is the true class's confidence on the perturbed record, or on the record", async () => {
  const adversarial = await attacked(perturbedConfidence, {}, { target });
  expect([...adversarial.scores]).toEqual([0.75, 0.25, 0.5, 0.625]);
  expect(adversarial.threshold).toEqual({ by: "oracle" });
  const benign = await attacked(perturbedConfidence, { input: "benign" }, { target });
  expect([...benign.scores]).toEqual([0.9, 0.8, expect.closeTo(0.6, 11), 0.9]);
  expect(benign.rightUnder).toBeUndefined();
});

test("it tells which perturbed records the target is right about; of equal posteriors the first class's", async () => {
  const { rightUnder } = await attacked(perturbedConfidence, {}, { target });
  expect([...(rightUnder?.perturbation ?? [])]).toEqual([1, 0, 0, 1]);
});

test("thresholds of shadows are of their perturbed records: one for all, or one a class", async () => {
  const members = [1, 0, 1, 0];
  const shadow = {
    ...knownAnswersOf([0.5, 0.5, 0.5, 0.5].map(confidence), members, { labels }),
    probed: found(0.875, 0.75, 0.5, 0.625),
  };
  const given = { target, shadows: [shadow] };
  // Class 0 has a member at .875 and a non-member at .75; class 1 a member at .5 and a non-member at .375.
  expect((await attacked(perturbedConfidence, { threshold: "shadow" }, given)).threshold).toEqual({
    by: "shadow",
    value: 0.875,
  });
  expect((await attacked(perturbedConfidence, { threshold: "class" }, given)).threshold).toEqual({
    by: "shadow",
    value: [0.875, 0.5],
  });
});

test("of verified balls the score is the confidence that is proved, and it tells which are verified right", async () => {
  const proved = (confidences: number[], verified: number[]): Probed => ({
    arrays: { confidence: Float32Array.from(confidences), verified: Float32Array.from(verified) },
    queries: new Uint32Array(confidences.length),
  });
  const given = {
    target: { ...target, probed: proved([0.625, 0.125, 0, 0.5], [1, 0, 0, 1]) },
    shadows: [
      {
        ...knownAnswersOf([0.5, 0.5, 0.5, 0.5].map(confidence), [1, 0, 1, 0], { labels }),
        probed: proved([0.75, 0.5, 0.375, 0.25], [1, 0, 0, 0]),
      },
    ],
  };
  const verified = await attacked(perturbedConfidence, { input: "verified", threshold: "class" }, given);
  expect([...verified.scores]).toEqual([0.625, 0.125, 0, 0.5]);
  expect(verified.threshold).toEqual({ by: "shadow", value: [0.75, 0.375] });
  expect(verified.rightUnder).toEqual({ verification: Uint8Array.of(1, 0, 0, 1) });
});

test("it needs a probe for adversarial and verified inputs, with its own epsilon, and shadows for their thresholds", () => {
  const probe = { name: "perturbed", version: 1, params: { epsilon: 0.1, steps: 20, targets: false } };
  expect(needsOf(perturbedConfidence, { epsilon: 0.1 }, { dataset: "mnist" })).toEqual({ access: "posteriors", probe });
  expect(
    needsOf(perturbedConfidence, { input: "benign", threshold: "class", shadows: 2 }, { dataset: "adult" }),
  ).toEqual({
    access: "posteriors",
    shadows: [{ count: 2 }],
  });
});

test("verified inputs need bounds of every layer of the target", () => {
  const params = perturbedConfidence.params.parse({ input: "verified", epsilon: 0.1, method: "dual" });
  const needs = (name: string) =>
    perturbedConfidence.needs(params, {
      ...{ dataset: catalog.datasets.mnist as DatasetInfo, model: { name, version: 1, params: {} } },
      ...{ training: trainingSchema.parse({}), split: "quarters", side: 10 },
    });
  expect(needs("vgg").probe).toEqual({
    ...{ name: "verified", version: 1, params: { epsilon: 0.1, method: "dual", terms: 64 } },
  });
  expect(() => needs("cnn")).toThrow("max-pool1 has no dual bounds: use a convolution with a stride");
  expect(() => needs("random-forest")).toThrow("it bounds the outputs of a network, but random-forest is none");
});

test("records without a range, and models without gradients, are refused before anything runs", () => {
  expect(() => needsOf(perturbedConfidence, {}, { dataset: "adult" })).toThrow(
    "it asks about image or binary records, but adult has tabular ones",
  );
  const { mnist } = catalog.datasets;
  const setting: AttackSetting = {
    dataset: mnist as DatasetInfo,
    model: { name: "random-forest", version: 1, params: {} },
    ...{ training: trainingSchema.parse({}), split: "quarters", side: 10 },
  };
  const needs = (input: string) => perturbedConfidence.needs(perturbedConfidence.params.parse({ input }), setting);
  expect(() => needs("adversarial")).toThrow(InvalidInput);
  expect(() => needs("adversarial")).toThrow("it follows the gradients of a network, but random-forest is none");
  expect(() => needs("benign")).not.toThrow();
});
