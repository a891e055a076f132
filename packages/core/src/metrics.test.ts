import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "./errors.ts";
import { clopperPearson } from "./intervals.ts";
import { evaluate, metricsSchema, type ThresholdChoice } from "./metrics.ts";
import { createRng } from "./rng.ts";
import { auc, bestBalancedAccuracy, confusionAt, resolvable, rocCurve, tprAtFpr } from "./roc.ts";

const target = { trainAccuracy: 1, testAccuracy: 0.6 };
const oracle: ThresholdChoice = { by: "oracle" };
const oneClass = (records: number) => ({ labels: new Int32Array(records), classes: 1, queries: records });

function judged(members: number[], nonMembers: number[]) {
  const scores = Float64Array.from([...members, ...nonMembers]);
  return { scores, isMember: Uint8Array.from(scores, (_, record) => (record < members.length ? 1 : 0)) };
}

function rocOf(members: number[], nonMembers: number[]) {
  const { scores, isMember } = judged(members, nonMembers);
  return rocCurve(scores, isMember);
}

function aucOf(members: number[], nonMembers: number[]): number {
  const { scores, isMember } = judged(members, nonMembers);
  return auc(scores, isMember);
}

function evaluated(members: number[], nonMembers: number[], threshold = oracle, accuracy = target) {
  const { scores, isMember } = judged(members, nonMembers);
  return evaluate(scores, isMember, threshold, accuracy, oneClass(scores.length));
}

/** Scores of members and of non-members, from few values, so that ties abound. */
const side = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 30 });

describe("rocCurve", () => {
  test("is the staircase drawn by hand", () => {
    const roc = rocOf([4, 3, 1], [2, 0]);
    expect([...roc.thresholds]).toEqual([Number.POSITIVE_INFINITY, 4, 3, 2, 1, 0]);
    expect([...roc.tpr]).toEqual([0, 1 / 3, 2 / 3, 2 / 3, 1, 1]);
    expect([...roc.fpr]).toEqual([0, 0, 0, 0.5, 0.5, 1]);
    expect(aucOf([4, 3, 1], [2, 0])).toBe(5 / 6);
  });

  test("joins equal scores into one point, across the sides too", () => {
    const roc = rocOf([2, 2, 1], [2, 1, 1, 0]);
    expect([...roc.thresholds]).toEqual([Number.POSITIVE_INFINITY, 2, 1, 0]);
    expect([...roc.tpr]).toEqual([0, 2 / 3, 1, 1]);
    expect([...roc.fpr]).toEqual([0, 1 / 4, 3 / 4, 1]);
  });

  test("of all-equal scores is the diagonal", () => {
    expect([...rocOf([0, 0], [-0, 0, 0]).tpr]).toEqual([0, 1]);
    expect(aucOf([0, 0], [0, 0, 0])).toBe(0.5);
  });

  test("rises from (0, 0) to (1, 1), and each point is the confusion at its threshold", () => {
    fc.assert(
      fc.property(side, side, (members, nonMembers) => {
        const { scores, isMember } = judged(members, nonMembers);
        const roc = rocCurve(scores, isMember);
        expect([roc.tpr[0], roc.fpr[0], roc.tpr.at(-1), roc.fpr.at(-1)]).toEqual([0, 0, 1, 1]);
        roc.thresholds.forEach((threshold, point) => {
          const { truePositives, falsePositives } = confusionAt(scores, isMember, threshold);
          expect([truePositives, falsePositives]).toEqual([roc.truePositives[point], roc.falsePositives[point]]);
        });
      }),
    );
  });
});

describe("auc", () => {
  test("is 1, 0 and ½ in the three plain cases", () => {
    expect([aucOf([3, 2], [1, 0]), aucOf([1, 0], [3, 2]), aucOf([1], [1])]).toEqual([1, 0, 0.5]);
  });

  test("equals the pairs counted one by one, exactly", () => {
    fc.assert(
      fc.property(side, side, (members, nonMembers) => {
        const wins = members.flatMap((x) => nonMembers.map((y): number => (x > y ? 1 : x === y ? 0.5 : 0)));
        expect(aucOf(members, nonMembers)).toBe(wins.reduce((sum, win) => sum + win, 0) / wins.length);
      }),
    );
  });

  test("turns into 1 − AUC when the scores change sign", () => {
    fc.assert(
      fc.property(side, side, (members, nonMembers) => {
        const turned = (scores: number[]) => scores.map((score) => -score);
        expect(aucOf(turned(members), turned(nonMembers))).toBeCloseTo(1 - aucOf(members, nonMembers), 12);
      }),
    );
  });
});

describe("tprAtFpr and resolvable", () => {
  const roc = rocOf([9, 8, 5, 4], [7, 6, 3, 2]);

  test.each([
    [0, 0.5],
    [0.001, 0.5],
    [0.24, 0.5],
    [0.25, 0.5],
    [0.5, 1],
    [1, 1],
  ])("at %d is %d: the last point not beyond it", (level, tpr) => {
    expect(tprAtFpr(roc, level)).toBe(tpr);
  });

  test("is 0 when a non-member has the highest score", () => {
    expect(tprAtFpr(rocOf([1, 2], [3, 0]), 0.1)).toBe(0);
  });

  test.each([
    [0.01, 99, false],
    [0.01, 100, true],
    [0.001, 499, false],
    [0.001, 1000, true],
    [0.1, 10, true],
  ])("an FPR of %d with %i non-members: %s", (level, nonMembers, expected) => {
    expect(resolvable(level, nonMembers)).toBe(expected);
  });
});

describe("bestBalancedAccuracy", () => {
  test("is the highest of the equally good thresholds, to be used with ≥", () => {
    expect(bestBalancedAccuracy(rocOf([5, 4, 3, 1], [2, 0]))).toEqual({ threshold: 3, balancedAccuracy: 0.875 });
    expect(bestBalancedAccuracy(rocOf([4, 2], [3, 1]))).toEqual({ threshold: 4, balancedAccuracy: 0.75 });
  });

  test("of a reversed attack is ½, with a finite threshold", () => {
    expect(bestBalancedAccuracy(rocOf([1, 0], [3, 2]))).toEqual({ threshold: 0, balancedAccuracy: 0.5 });
  });

  test("beats every threshold that one may try", () => {
    fc.assert(
      fc.property(side, side, fc.double({ min: -5, max: 5, noNaN: true }), (members, nonMembers, value) => {
        const best = bestBalancedAccuracy(rocOf(members, nonMembers)).balancedAccuracy;
        const tried = evaluated(members, nonMembers, { by: "fixed", value }).balancedAccuracy;
        expect(best).toBeGreaterThanOrEqual(tried - 1e-12);
        expect(evaluated(members, nonMembers).balancedAccuracy).toBeCloseTo(best, 12);
      }),
    );
  });
});

describe("evaluate", () => {
  test("computes by hand what it says: 3 of 4 members and 1 of 5 non-members called members", () => {
    const metrics = evaluated([5, 5, 3, 1], [4, 2, 2, 1, 0], { by: "shadow", value: 3 });
    expect(metrics).toMatchObject({ recall: 0.75, fpr: 0.2, precision: 0.75, gap: 0.4, smallestFpr: 0.2 });
    expect(metrics).toMatchObject({ members: 4, nonMembers: 5, threshold: { by: "shadow", value: 3 } });
    expect(metrics.balancedAccuracy).toBeCloseTo(0.775, 12);
    expect(metrics.recallMacro).toBe(metrics.balancedAccuracy);
    expect(metrics.advantage).toBeCloseTo(0.55, 12);
    expect(metrics.precisionMacro).toBeCloseTo((3 / 4 + 4 / 5) / 2, 12);
    expect(metrics.intervals.recall).toEqual(clopperPearson(3, 4));
    expect(metrics.intervals.fpr).toEqual(clopperPearson(1, 5));
  });

  test.each([
    ["members", -1, 0.5, 1],
    ["non-members", 9, 0, 0],
  ])(
    "shows the signature of a constant predictor that calls all %s: macro .25 / .50",
    (_, value, precision, recall) => {
      const metrics = evaluated([1, 2, 3], [1, 2, 3], { by: "fixed", value });
      expect(metrics).toMatchObject({ precisionMacro: 0.25, recallMacro: 0.5, precision, recall, advantage: 0 });
    },
  );

  test("gives no TPR where the sample cannot resolve it, and gives it where it can", () => {
    const rng = createRng("levels");
    const metrics = evaluated(
      Array.from({ length: 300 }, () => 2 + rng.normal()),
      Array.from({ length: 150 }, () => rng.normal()),
    );
    expect(metrics.tprAtFpr["0.1"]).toBeGreaterThan(metrics.tprAtFpr["0.01"] as number);
    expect(metrics.tprAtFpr["0.001"]).toBeNull();
    expect(metrics.intervals.tprAtFpr["0.001"]).toBeNull();
    expect(metrics.intervals.tprAtFpr["0.01"]).not.toBeNull();
  });

  test("fits its schema, survives JSON, and every interval holds its value", () => {
    const accuracy = fc.integer({ min: 0, max: 30 });
    const choice = fc.option(fc.integer({ min: -5, max: 5 }), { nil: null });
    fc.assert(
      fc.property(side, side, accuracy, accuracy, choice, (members, nonMembers, right, rightToo, value) => {
        const metrics = evaluated(members, nonMembers, value === null ? oracle : { by: "random points", value }, {
          trainAccuracy: Math.min(1, right / members.length),
          testAccuracy: Math.min(1, rightToo / nonMembers.length),
        });
        expect(metricsSchema.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics);
        const { tprAtFpr: _, ...intervals } = metrics.intervals;
        for (const [name, [low, high]] of Object.entries(intervals)) {
          const held = metrics[name as keyof typeof intervals];
          expect([name, low - 1e-12 <= held && held <= high + 1e-12]).toEqual([name, true]);
        }
      }),
    );
  });

  test("does not depend on the order of records, nor on the scale of scores", () => {
    fc.assert(
      fc.property(side, side, fc.integer(), (members, nonMembers, seed) => {
        const { scores, isMember } = judged(members, nonMembers);
        const order = createRng(seed).permutation(scores.length);
        const shuffled = Float64Array.from(order, (record) => Math.exp(scores[record] as number) + 7);
        const flags = Uint8Array.from(order, (record) => isMember[record] as number);
        // The audit halves the records in their order.
        const {
          threshold: _,
          epsilon: __,
          ...before
        } = evaluate(scores, isMember, oracle, target, oneClass(scores.length));
        const {
          threshold: ___,
          epsilon: ____,
          ...after
        } = evaluate(shuffled, flags, oracle, target, oneClass(scores.length));
        expect(after).toEqual(before);
      }),
    );
  });

  test("takes the target's accuracy from other records when told how many", () => {
    const { scores, isMember } = judged([1, 0], [0, 0]);
    const many = evaluate(scores, isMember, oracle, { ...target, testRecords: 1000 }, oneClass(scores.length)).intervals
      .testAccuracy;
    expect(many).toEqual(clopperPearson(600, 1000));
    expect(evaluated([1, 0], [0, 0]).intervals.testAccuracy).toEqual(clopperPearson(1, 2));
  });

  test.each<[string, number[], number[], RegExp]>([
    ["NaN", [1, Number.NaN], [0], /score 1 is NaN/],
    ["Infinity", [1], [0, Number.NEGATIVE_INFINITY], /score 2 is -Infinity/],
    ["no members", [], [0, 1], /no members among the 2 records/],
    ["no non-members", [0, 1], [], /no non-members among the 2 records/],
    ["no records", [], [], /no members among the 0 records/],
  ])("refuses %s", (_, members, nonMembers, message) => {
    expect(() => evaluated(members, nonMembers)).toThrow(InvalidInput);
    expect(() => evaluated(members, nonMembers)).toThrow(message);
  });

  test("refuses lengths that differ, flags that are neither, and numbers out of range", () => {
    const scores = Float64Array.of(1, 2);
    expect(() => rocCurve(scores, Uint8Array.of(1))).toThrow(/2 scores for 1 membership flags/);
    expect(() => rocCurve(scores, Uint8Array.of(1, 2))).toThrow(/flag 1 is 2/);
    expect(() => evaluated([1], [0], { by: "fixed", value: Number.NaN })).toThrow(/fixed threshold is NaN/);
    expect(() => evaluated([1], [0], oracle, { trainAccuracy: 1.5, testAccuracy: 0 })).toThrow(/trainAccuracy is 1.5/);
    expect(() => evaluated([1], [0], oracle, { trainAccuracy: 1, testAccuracy: Number.NaN })).toThrow(/testAccuracy/);
  });
});

describe("what is told of each class", () => {
  const scores = Float64Array.of(3, 1, 2, 0, 5, 4);
  const isMember = Uint8Array.of(1, 0, 0, 1, 1, 1);
  const labels = Int32Array.of(0, 0, 0, 0, 2, 2);

  test("is its members' precision and recall at its own threshold", () => {
    const threshold = { by: "shadow" as const, value: [2, 0, 5] };
    const metrics = evaluate(scores, isMember, threshold, target, { labels, classes: 3, queries: 9 });
    expect(metrics.perClass).toEqual([
      { label: 0, members: 2, nonMembers: 2, precision: 0.5, recall: 0.5 },
      { label: 2, members: 2, nonMembers: 0, precision: 1, recall: 0.5 },
    ]);
    expect(metrics.threshold).toEqual(threshold);
    expect(metrics.queries).toBe(9);
    expect(metrics.recall).toBe(0.5);
    expect(metricsSchema.parse(metrics)).toEqual(metrics);
  });

  test("is nothing where there is nothing to divide by", () => {
    const metrics = evaluate(scores, isMember, { by: "fixed", value: 6 }, target, { labels, classes: 3, queries: 6 });
    expect(metrics.perClass.map(({ precision }) => precision)).toEqual([null, null]);
    expect(metrics.precisionBalanced).toBe(0);
  });

  test("wants a threshold for every class that occurs, and a label for every record", () => {
    const run = (value: number[], of = labels) =>
      evaluate(scores, isMember, { by: "shadow", value }, target, { labels: of, classes: 3, queries: 6 });
    expect(() => run([1, 1])).toThrow("the shadow threshold of class 2 is undefined; it must be finite");
    expect(() => run([1, 1, 1], labels.slice(1))).toThrow("5 labels for 6 scores; give one each per record");
  });
});

test("equal scores are no signal, and the precision from rates does not depend on the sides' sizes", () => {
  expect(evaluated([1, 1], [1]).noSignal).toBe(true);
  expect(evaluated([1, 2], [1]).noSignal).toBe(false);
  const few = evaluated([2, 1], [2, 1], { by: "fixed", value: 2 });
  const many = evaluated([2, 1], [2, 1, 2, 1, 2, 1], { by: "fixed", value: 2 });
  expect([few.precisionBalanced, many.precisionBalanced]).toEqual([0.5, 0.5]);
  expect(many.precision).toBe(0.25);
});

test("the best balanced accuracy is the oracle's, whatever the threshold", () => {
  const metrics = evaluated([4, 3, 1], [2, 0], { by: "fixed", value: 0 });
  expect(metrics.balancedAccuracy).toBe(0.5);
  expect(metrics.bestBalancedAccuracy).toBeCloseTo(5 / 6, 12);
});

test("what fewer queries show, and how right the target is elsewhere, stand beside", () => {
  const scores = Float64Array.of(3, 2, 1, 0);
  const isMember = Uint8Array.of(1, 1, 0, 0);
  const judged = { labels: new Int32Array(4), classes: 1, queries: 40 };
  const accuracy = { trainAccuracy: 1, testAccuracy: 0.5 };
  const metrics = evaluate(scores, isMember, { by: "fixed", value: 2 }, accuracy, {
    ...judged,
    atQueries: [
      { queries: 5, scores: Float64Array.of(3, 0, 1, 2) },
      { queries: 10, scores },
    ],
    rightUnder: { perturbation: Uint8Array.of(1, 0, 0, 0) },
  });
  expect(metrics.byQueries).toMatchObject([
    { queries: 5, auc: 0.5, bestBalancedAccuracy: 0.75 },
    { queries: 10, auc: 1, bestBalancedAccuracy: 1 },
  ]);
  expect(metrics.accuracyUnder).toEqual({ perturbation: { train: 0.5, test: 0 } });
  expect(metricsSchema.parse(metrics)).toEqual(metrics);
  const plain = evaluate(scores, isMember, { by: "fixed", value: 2 }, accuracy, judged);
  expect(Object.keys(plain)).not.toContain("byQueries");
});
