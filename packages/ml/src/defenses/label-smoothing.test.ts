import { expect, test } from "vitest";
import { query } from "../query.ts";
import { trainAsUsual } from "../school.ts";
import { labelSmoothing } from "./label-smoothing.ts";
import { aSchool, rowsIn } from "./school.fixture.ts";

const targetsOf = (labels: number[], classes: number, alpha: number) =>
  rowsIn(labelSmoothing.targets?.(Int32Array.from(labels), classes, { alpha }) as Float32Array, classes);

test("the true class gets 1 − α + α/K, the others α/K", () => {
  expect(targetsOf([1, 3], 4, 0.2)).toEqual(
    [
      [0.05, 0.85, 0.05, 0.05],
      [0.05, 0.05, 0.05, 0.85],
    ].map((row) => row.map((share) => expect.closeTo(share, 6))),
  );
});

test("a model that learns its members by heart answers with the targets, not with certainty", async () => {
  const school = await aSchool({ members: 12, training: { epochs: 300 } });
  const { recipe, lesson, engine } = school;
  const targets = labelSmoothing.targets?.(lesson.labels, 3, { alpha: 0.3 }) as Float32Array;
  const { weights } = await trainAsUsual(school, { ...lesson, targets });
  const answers = await query(engine, { ...recipe, weights, features: lesson.features });
  const own = Array.from(lesson.labels, (label, record) => answers[record * 3 + label] as number);
  for (const confidence of own) expect(confidence).toBeCloseTo(0.8, 1);
});
