import { createRng } from "@shadowfarm/core/rng";
import { openEngine } from "@shadowfarm/engine/backends";
import { expect, test } from "vitest";
import { location } from "../datasets/location.ts";
import { shadow } from "./shadow.ts";

const params = (overrides: object = {}) => shadow.params.parse({ epochs: 5, ...overrides });

test("more posteriors than classes are refused, except that the default means both of two", () => {
  const binary = { ...location, name: "adult", classes: 2 };
  expect(shadow.needs(params(), binary)).toEqual({ access: "posteriors", shadows: 1, randomPoints: 0 });
  expect(() => shadow.needs(params({ posteriors: 4 }), binary)).toThrow(
    "posteriors is 4, but there are 2 classes; use 2 or less",
  );
  expect(() => shadow.needs(params({ posteriors: 30 }), location)).not.toThrow();
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
          classes,
          target: { posteriors: answers, labels: labels.map(() => label) },
          shadows: [{ posteriors, labels, isMember }],
          randomPoints: null,
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
      classes: 2,
      target: { posteriors: Float32Array.of(...sharp, ...flat), labels: new Int32Array(2) },
      shadows: [
        { posteriors: sharp, labels, isMember: Uint8Array.of(1) },
        { posteriors: flat, labels, isMember: Uint8Array.of(0) },
      ],
      randomPoints: null,
    },
    params({ shadows: 2, epochs: 100 }),
    { rng: createRng(1), engine },
  );
  expect(scores[0]).toBeGreaterThan(0.9);
  expect(scores[1]).toBeLessThan(0.1);
});
