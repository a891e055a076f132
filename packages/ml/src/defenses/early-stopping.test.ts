import { trainingSchema } from "@shadowfarm/core/training";
import { expect, test } from "vitest";
import { aDefended } from "./defended.fixture.ts";
import { earlyStopping } from "./early-stopping.ts";

const training = trainingSchema.parse({ epochs: 50, schedule: "cosine" });

test("ends a training sooner, and changes nothing else", () => {
  expect(earlyStopping.training?.(training, { epochs: 20 })).toEqual({ ...training, epochs: 20 });
  expect(() => earlyStopping.check?.(aDefended({ training }), { epochs: 49 })).not.toThrow();
});

test.each([50, 51])("is refused when it does not end it sooner: after %i of 50 epochs", (epochs) => {
  expect(() => earlyStopping.check?.(aDefended({ training }), { epochs })).toThrow(
    `it ends after ${epochs} epochs a training of 50; use fewer epochs than those`,
  );
});
