import { trainingSchema } from "@shadowfarm/core/training";
import { expect, test } from "vitest";
import { trainAsUsual } from "../school.ts";
import { l1 } from "./l1.ts";
import { aSchool } from "./school.fixture.ts";

test("adds its penalty to a training, whose L2 penalty stays", () => {
  const training = trainingSchema.parse({ l2: 0.5 });
  expect(l1.training?.(training, l1.params.parse({ lambda: 0.25 }))).toEqual({ ...training, l1: 0.25 });
});

test("leaves weights smaller, and most of them next to zero", async () => {
  const sizes = await Promise.all(
    [0, 0.02].map(async (lambda) => {
      const { weights } = await trainAsUsual(await aSchool({ training: { l1: lambda } }));
      return Array.from(weights["dense1/kernel"]?.data ?? [], Math.abs);
    }),
  );
  const [plain, penalised] = sizes as [number[], number[]];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const small = (values: number[]) => values.filter((value) => value < 0.02).length / values.length;
  expect(sum(penalised)).toBeLessThan(sum(plain) / 4);
  expect(small(plain)).toBeLessThan(0.1);
  expect(small(penalised)).toBeGreaterThan(0.5);
});

test("refuses a weight that is no penalty", () => {
  expect(() => l1.params.parse({ lambda: 0 })).toThrow();
});
