import { trainingSchema } from "@shadowfarm/core/training";
import type { ArrayValue } from "@shadowfarm/engine/engine";
import { expect, test } from "vitest";
import { trainAsUsual } from "../school.ts";
import { l2 } from "./l2.ts";
import { aSchool } from "./school.fixture.ts";

test("takes the place of the experiment's own penalty", () => {
  const training = trainingSchema.parse({ l2: 0.5 });
  expect(l2.training?.(training, l2.params.parse({ lambda: 0.25 }))).toEqual({ ...training, l2: 0.25 });
});

test("leaves a smaller sum of squared weights", async () => {
  const norms = await Promise.all(
    [0, 0.05].map(async (lambda) => {
      const { weights } = await trainAsUsual(await aSchool({ training: { l2: lambda } }));
      const { data } = weights["dense1/kernel"] as ArrayValue;
      return data.reduce((sum, value) => sum + value ** 2, 0);
    }),
  );
  expect(norms[1]).toBeLessThan((norms[0] as number) / 4);
});

test("refuses a weight that is no penalty", () => {
  expect(() => l2.params.parse({ lambda: 0 })).toThrow();
});
