import { Cancelled } from "@shadowfarm/core/errors";
import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { askForest, type ForestLesson, fitForest } from "./forest.ts";
import { predictedClasses } from "./query.ts";

/** Records whose class is in which quadrant their first two features are; the other features are noise. */
function quadrants(records: number, values: "bits" | "numbers", seed: number): ForestLesson {
  const rng = createRng(seed);
  const width = 6;
  const draw = () => (values === "bits" ? rng.int(2) : rng.uniform());
  const features = Float32Array.from({ length: records * width }, draw);
  const bit = (record: number, feature: number) => ((features[record * width + feature] as number) > 0.5 ? 1 : 0);
  const labels = Int32Array.from({ length: records }, (_, record) => bit(record, 0) ^ bit(record, 1));
  return { features, width, labels, classes: 2, trees: 50, rng: createRng("forest") };
}

test.each(["bits", "numbers"] as const)(
  "%s: knows its records, and learns what no single feature tells",
  async (values) => {
    const lesson = quadrants(400, values, 1);
    const forest = await fitForest(lesson);
    const rightOn = async ({ features, labels }: ForestLesson) => {
      const predicted = predictedClasses(await askForest(forest, features), 2);
      return predicted.filter((label, record) => label === labels[record]).length / labels.length;
    };
    expect(await rightOn(lesson)).toBe(1);
    expect(await rightOn(quadrants(400, values, 2))).toBeGreaterThan(0.93);
  },
);

test("answers are probabilities, the same under the same seed", async () => {
  const lesson = quadrants(100, "numbers", 1);
  const forest = await fitForest(lesson);
  const answers = await askForest(forest, lesson.features);
  for (let record = 0; record < 100; record++) {
    expect((answers[2 * record] as number) + (answers[2 * record + 1] as number)).toBeCloseTo(1, 6);
  }
  expect(await fitForest(lesson)).toEqual(forest);
  expect(await fitForest({ ...lesson, rng: createRng("another") })).not.toEqual(forest);
});

test("records that cannot be told apart share a leaf", async () => {
  const lesson = { features: new Float32Array(30), width: 3, classes: 3, trees: 200, rng: createRng(1) };
  const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 2, 2);
  const answers = await askForest(await fitForest({ ...lesson, labels }), new Float32Array(3));
  expect(answers[0]).toBeCloseTo(0.8, 1);
  expect(answers[1]).toBe(0);
});

test("values next to each other are parted, however close", async () => {
  const features = Float32Array.of(1, 1 + 2 ** -23);
  const lesson = { features, width: 1, labels: Int32Array.of(0, 1), classes: 2, trees: 64, rng: createRng(1) };
  expect([...predictedClasses(await askForest(await fitForest(lesson), features), 2)]).toEqual([0, 1]);
});

test("what does not fit is refused, and a cancelled fit ends", async () => {
  const lesson = quadrants(10, "bits", 1);
  await expect(fitForest({ ...lesson, width: 5 })).rejects.toThrow("60 features are not 10 records of 5 features");
  await expect(fitForest({ ...lesson, classes: 1 })).rejects.toThrow("is not in 0 … 0");
  const forest = await fitForest(lesson);
  await expect(askForest(forest, new Float32Array(5))).rejects.toThrow("5 features are not records of 6 features");
  await expect(askForest({ ...forest, tensors: {} }, lesson.features)).rejects.toThrow('without its array "roots"');
  await expect(fitForest({ ...lesson, signal: AbortSignal.abort() })).rejects.toThrow(Cancelled);
});
