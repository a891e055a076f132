import type { AttackSetting, DatasetInfo } from "@shadowfarm/core/catalog";
import { createRng } from "@shadowfarm/core/rng";
import { trainingSchema } from "@shadowfarm/core/training";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { catalog } from "../catalog.ts";
import { shadow } from "./shadow.ts";

const params = (overrides: object = {}) => shadow.params.parse({ epochs: 5, ...overrides });

const nothing = { references: [], population: null, randomPoints: null };

/** What the needs are asked for. */
function settingOf(dataset: DatasetInfo): AttackSetting {
  const model = { name: "mlp", version: 1, params: { hidden: 128, activation: "tanh" } };
  return { dataset, model, training: trainingSchema.parse({}), split: "quarters", side: 10 };
}

test("more posteriors than classes are refused, except that the default means both of two", () => {
  const places = catalog.datasets.location as DatasetInfo;
  const binary = settingOf({ ...places, name: "adult", classes: 2 });
  expect(shadow.needs(params(), binary)).toEqual({ access: "posteriors", shadows: [{ count: 1 }] });
  expect(() => shadow.needs(params({ posteriors: 4 }), binary)).toThrow(
    "posteriors is 4, but there are 2 classes; use 2 or less",
  );
  expect(() => shadow.needs(params({ posteriors: 30 }), settingOf(places))).not.toThrow();
});

test("its variations: other hyperparameters, another architecture, three at once", () => {
  const setting = settingOf(catalog.datasets.location as DatasetInfo);
  const shadowsOf = (overrides: object) => shadow.needs(params(overrides), setting).shadows;
  expect(shadowsOf({ scale: 0.5 })).toMatchObject([
    { count: 1, model: { name: "mlp", params: { hidden: 64, activation: "tanh" } }, training: { batch: 50, l2: 5e-8 } },
  ]);
  expect(shadowsOf({ shadowModel: "random-forest" })).toEqual([
    { count: 1, model: { name: "random-forest", params: {} } },
  ]);
  expect(shadowsOf({ shadowModel: "combined", shadows: 2 })?.map(({ count, model }) => [count, model?.name])).toEqual([
    [2, "mlp"],
    [2, "random-forest"],
    [2, "logistic-regression"],
  ]);
  expect(() => shadowsOf({ shadowModel: "cnn", scale: 2 })).toThrow("vary one of them");
});

test.each([2, 4])(
  "with %i classes: only the sorted largest posteriors matter, neither their class nor the label",
  async (classes) => {
    const engine = await openEngine("onnx");
    const records = 20;
    const rng = createRng("posteriors");
    const posteriors = new Float32Array(records * classes);
    for (let record = 0; record < records; record++) {
      const row = Float32Array.from({ length: classes }, () => rng.uniform());
      const total = row.reduce((sum, value) => sum + value, 0);
      posteriors.set(
        row.map((value) => value / total),
        record * classes,
      );
    }
    const rotated = posteriors.map((_, at) => {
      const record = Math.floor(at / classes);
      return posteriors[record * classes + ((at + 1) % classes)] as number;
    });
    const isMember = Uint8Array.from({ length: records }, (_, record) => record % 2);
    const labels = new Int32Array(records);
    const attack = (answers: Float32Array, label: number) =>
      shadow.run(
        {
          ...nothing,
          target: { classes, views: 1, posteriors: answers, labels: labels.map(() => label) },
          shadows: [{ classes, views: 1, posteriors, labels, isMember }],
        },
        params(),
        { rng: createRng(1), engine },
      );
    const output = await attack(posteriors, 0);
    expect(output.threshold).toEqual({ by: "shadow", value: 0.5 });
    expect(output.scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    expect(await attack(rotated, 1)).toEqual(output);
  },
);

test("every shadow's answers are learned from", async () => {
  const engine = await openEngine("onnx");
  const sharp = Float32Array.of(0.9, 0.1);
  const flat = Float32Array.of(0.5, 0.5);
  const labels = new Int32Array(1);
  const { scores } = await shadow.run(
    {
      ...nothing,
      target: { classes: 2, views: 1, posteriors: Float32Array.of(...sharp, ...flat), labels: new Int32Array(2) },
      shadows: [
        { classes: 2, views: 1, posteriors: sharp, labels, isMember: Uint8Array.of(1) },
        { classes: 2, views: 1, posteriors: flat, labels, isMember: Uint8Array.of(0) },
      ],
    },
    params({ shadows: 2, epochs: 100 }),
    { rng: createRng(1), engine },
  );
  expect(scores[0]).toBeGreaterThan(0.9);
  expect(scores[1]).toBeLessThan(0.1);
});
