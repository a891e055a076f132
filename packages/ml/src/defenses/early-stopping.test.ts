import { trainingSchema } from "@shadowfarm/core/training";
import { expect, test } from "vitest";
import { aDefended } from "./defended.fixture.ts";
import { earlyStopping } from "./early-stopping.ts";

const training = trainingSchema.parse({ epochs: 50, schedule: "cosine" });

test.each([
  [50, 0.2, 10],
  [7, 0.5, 4],
  [3, 0.1, 1],
])("of %i epochs, a share of %f is %i; nothing else changes", (epochs, share, end) => {
  const given = { ...training, epochs };
  expect(earlyStopping.training?.(given, { share })).toEqual({ ...given, epochs: end });
  expect(() => earlyStopping.check?.(aDefended({ training: given }), { share })).not.toThrow();
});

test.each([
  [50, 0.995],
  [1, 0.2],
])("is refused when it would not be early: of %i epochs a share of %f", (epochs, share) => {
  expect(() => earlyStopping.check?.(aDefended({ training: { ...training, epochs } }), { share })).toThrow(
    `share is ${share}: a training of ${epochs} would end after ${epochs}; use a smaller share, or more epochs`,
  );
});
