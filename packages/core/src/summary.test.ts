import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInput } from "./errors.ts";
import { summarize } from "./summary.ts";

test("mean, sample deviation and the t interval, by hand", () => {
  // Deviations −2, 0, 2; t of 2 degrees of freedom is 4.3027.
  const summary = summarize([4, 6, 8]);
  expect(summary).toMatchObject({ n: 3, mean: 6, sd: 2 });
  expect(summary.low).toBeCloseTo(6 - (4.302652729749462 * 2) / Math.sqrt(3), 10);
  expect(summary.high).toBeCloseTo(6 + (4.302652729749462 * 2) / Math.sqrt(3), 10);
});

test("leaves out what was not resolvable", () => {
  expect(summarize([null, 4, 6, null, 8])).toEqual(summarize([4, 6, 8]));
});

test("one value has no spread, and none has no mean", () => {
  expect(summarize([0.5])).toEqual({ n: 1, mean: 0.5, sd: null, low: null, high: null });
  expect(summarize([null, 0.5])).toEqual(summarize([0.5]));
  expect(summarize([])).toEqual({ n: 0, mean: null, sd: null, low: null, high: null });
  expect(summarize([null])).toEqual(summarize([]));
});

test("equal values have exactly that mean and no spread", () => {
  expect(summarize([0.1, 0.1, 0.1])).toEqual({ n: 3, mean: 0.1, sd: 0, low: 0.1, high: 0.1 });
});

test("keeps its digits far from zero", () => {
  expect(summarize([1e9 + 1, 1e9 + 2, 1e9 + 3])).toMatchObject({ mean: 1e9 + 2, sd: 1 });
});

test("the interval contains the mean, whatever the order of the repeats", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 }), (values) => {
      const { mean, low, high } = summarize(values);
      const turned = summarize(values.toReversed());
      expect(turned.mean).toBeCloseTo(mean as number, 12);
      expect((low as number) <= (mean as number) && (mean as number) <= (high as number)).toBe(true);
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %s, naming the repeat", (value) => {
  expect(() => summarize([1, value])).toThrow(InvalidInput);
  expect(() => summarize([1, value])).toThrow(`repeat 1 has the value ${value}`);
});
