import fc from "fast-check";
import { expect, test } from "vitest";
import { type SignalName, signals, signalsOf } from "./signals.ts";

const posterior = Float64Array.of(0.7, 0.2, 0.1);

test.each<[SignalName, number, number]>([
  ["confidence", 0, 0.7],
  ["log-confidence", 1, Math.log(0.2)],
  ["logit", 0, Math.log(0.7 / 0.3)],
  ["max", 2, 0.7],
  ["std", 0, Math.sqrt(((0.7 - 1 / 3) ** 2 + (0.2 - 1 / 3) ** 2 + (0.1 - 1 / 3) ** 2) / 3)],
  ["entropy", 0, 0.7 * Math.log(0.7) + 0.2 * Math.log(0.2) + 0.1 * Math.log(0.1)],
  ["modified-entropy", 0, 0.3 * Math.log(0.7) + 0.2 * Math.log(0.8) + 0.1 * Math.log(0.9)],
  ["correctness", 0, 1],
  ["correctness", 1, 0],
])("%s of class %i", (name, label, value) => {
  expect(signals[name](posterior, label)).toBeCloseTo(value, 12);
});

test("of equal posteriors the first is the prediction", () => {
  expect([0, 1].map((label) => signals.correctness(Float32Array.of(0.5, 0.5), label))).toEqual([1, 0]);
});

test.each(Object.keys(signals) as SignalName[])("%s is finite also for posteriors of 0 and 1", (name) => {
  for (const label of [0, 1]) expect(Number.isFinite(signals[name](Float32Array.of(1, 0), label))).toBe(true);
});

/** Posteriors of three classes. */
const posteriors = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.001, max: 1, noNaN: true }))).map((weights) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Float64Array.from(weights, (weight) => weight / total);
});

test("the negated modified entropy is 0 where the true class has it all, and less everywhere else", () => {
  expect(signals["modified-entropy"](Float64Array.of(0, 1, 0), 1)).toBeCloseTo(0, 12);
  fc.assert(fc.property(posteriors, (p) => signals["modified-entropy"](p, 0) < 0));
});

test("it rises with the true class's share of what two classes have", () => {
  fc.assert(
    fc.property(posteriors, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (p, share) => {
      const moved = share * (p[1] as number);
      const surer = Float64Array.of((p[0] as number) + moved, (p[1] as number) - moved, p[2] as number);
      expect(signals["modified-entropy"](surer, 0)).toBeGreaterThan(signals["modified-entropy"](p, 0));
    }),
  );
});

test("the logit does not depend on a shift of the logits, and of two classes it is their difference", () => {
  const softmax = (logits: number[]) => {
    const most = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - most));
    return Float64Array.from(weights, (weight) => weight / weights.reduce((sum, one) => sum + one, 0));
  };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 5 }), (logits) => {
      const shifted = logits.map((logit) => logit + 3);
      expect(signals.logit(softmax(shifted), 1)).toBeCloseTo(signals.logit(softmax(logits), 1), 9);
      if (logits.length !== 2) return;
      const [first = 0, second = 0] = logits;
      expect(signals.logit(softmax(logits), 0)).toBeCloseTo(first - second, 9);
    }),
  );
});

test("each view of a record has a signal of its own", () => {
  const answers = { classes: 2, views: 2, labels: Int32Array.of(0, 1) };
  const rows = Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.4, 0.6);
  expect([...signalsOf({ ...answers, posteriors: rows }, "confidence")]).toEqual([0.9, 0.8, 0.7, 0.6]);
});
