import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aucInterval,
  clopperPearson,
  delong,
  moverDifference,
  moverMean,
  proportion,
  studentInterval,
} from "./intervals.ts";
import { createRng } from "./rng.ts";
import { rocCurve } from "./roc.ts";

describe("clopperPearson", () => {
  // The first six: Newcombe 1998, table I, and common tables. All: SciPy 1.17's beta.ppf and mpmath.
  test.each([
    [0, 10, 0, 0.3084971078187608],
    [5, 10, 0.1870860284473985, 0.8129139715526015],
    [81, 263, 0.2527367455852712, 0.3676219226013514],
    [15, 148, 0.05784401008344856, 0.161650490349479],
    [0, 20, 0, 0.16843347098308],
    [1, 29, 0.000872646883579922, 0.1776442954887229],
    [2499, 2500, 0.9977733793013243, 0.9999898729280854],
    [1234, 10_000, 0.11701410824028471, 0.1300060937636468],
    [100_000, 1_000_000, 0.09941266986603789, 0.10058964818742552],
  ])("%i of %i is in [%d, %d]", (successes, trials, low, high) => {
    const interval = clopperPearson(successes, trials);
    expect(interval[0]).toBeCloseTo(low, 10);
    expect(interval[1]).toBeCloseTo(high, 10);
  });

  test("of all and of none is closed, by the formula 1 − (α/2)^(1/n)", () => {
    for (const n of [1, 2, 7, 100, 5000]) {
      expect(clopperPearson(n, n)[1]).toBe(1);
      expect(clopperPearson(n, n)[0]).toBeCloseTo(0.025 ** (1 / n), 12);
      expect(clopperPearson(0, n)[1]).toBeCloseTo(1 - 0.025 ** (1 / n), 12);
    }
    expect(clopperPearson(0, 0)).toEqual([0, 1]);
  });

  test("contains the proportion, mirrors, and widens with the level", () => {
    const counts = fc.nat(3000).chain((trials) => fc.tuple(fc.nat(trials), fc.constant(trials)));
    fc.assert(
      fc.property(counts, ([successes, trials]) => {
        const [low, high] = clopperPearson(successes, trials);
        const [mirrorLow, mirrorHigh] = clopperPearson(trials - successes, trials);
        expect(low).toBeCloseTo(1 - mirrorHigh, 12);
        expect(high).toBeCloseTo(1 - mirrorLow, 12);
        expect(0 <= low && low <= high && high <= 1).toBe(true);
        if (trials > 0) expect(low <= successes / trials && successes / trials <= high).toBe(true);
        const wide = clopperPearson(successes, trials, 0.99);
        expect(wide[0] <= low && high <= wide[1]).toBe(true);
      }),
    );
  });

  test("covers the true proportion at least 95 % of the time, summed over the binomial", () => {
    const trials = 20;
    const intervals = Array.from({ length: trials + 1 }, (_, successes) => clopperPearson(successes, trials));
    for (let p = 0.01; p < 1; p += 0.01) {
      let probability = (1 - p) ** trials;
      let covered = 0;
      intervals.forEach(([low, high], successes) => {
        if (low <= p && p <= high) covered += probability;
        probability *= ((trials - successes) / (successes + 1)) * (p / (1 - p));
      });
      expect(covered).toBeGreaterThanOrEqual(0.95);
    }
  });

  test.each([
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [Number.NaN, 2],
    [0, Number.NaN],
  ])("refuses %d of %d", (successes, trials) => {
    expect(() => clopperPearson(successes, trials)).toThrow(RangeError);
  });

  test("refuses a level outside (0, 1)", () => {
    expect(() => clopperPearson(1, 2, 1)).toThrow(/level of 1/);
    expect(() => studentInterval(0, 1, 5, 95)).toThrow(/level of 95/);
  });
});

describe("studentInterval", () => {
  test.each([
    [0.95, 1, 12.706204736174694],
    [0.95, 2, 4.302652729749462],
    [0.95, 4, 2.7764451051977934],
    [0.99, 9, 3.249835541592126],
    [0.95, 1000, 1.9623390808264083],
  ])("at level %d with %i degrees of freedom uses the quantile %d", (level, freedom, quantile) => {
    const [low, high] = studentInterval(3, Math.sqrt(freedom + 1), freedom + 1, level);
    expect(high - 3).toBeCloseTo(quantile, 10);
    expect(3 - low).toBeCloseTo(quantile, 10);
  });

  test("refuses a single value", () => {
    expect(() => studentInterval(0, 0, 1)).toThrow(/2 values or more, not 1/);
  });
});

describe("mover", () => {
  test("of 56/70 − 48/80 combines their Clopper–Pearson intervals as Newcombe's method does", () => {
    const a = proportion(56, 70);
    const b = proportion(48, 80);
    const { value, interval } = moverDifference(a, b);
    expect(value).toBeCloseTo(0.2, 12);
    expect(interval[0]).toBeCloseTo(0.2 - Math.hypot(0.8 - a.interval[0], b.interval[1] - 0.6), 12);
    expect(interval[1]).toBeCloseTo(0.2 + Math.hypot(a.interval[1] - 0.8, 0.6 - b.interval[0]), 12);
    // Newcombe's published interval, from score intervals, is [.0524, .3339]; this one is a little wider.
    expect(interval[0]).toBeCloseTo(0.0439, 3);
    expect(interval[1]).toBeCloseTo(0.3441, 3);
  });

  test("stays inside the range of the mean and of the difference, and contains the value", () => {
    const estimates = fc.nat(60).chain((n) => fc.nat(n).map((k) => proportion(k, n)));
    fc.assert(
      fc.property(estimates, estimates, (a, b) => {
        const mean = moverMean(a, b);
        expect(mean.interval[0]).toBeGreaterThanOrEqual(-1e-12);
        expect(mean.interval[1]).toBeLessThanOrEqual(1 + 1e-12);
        expect(mean.interval[0] <= mean.value && mean.value <= mean.interval[1]).toBe(true);
        const difference = moverDifference(a, b);
        expect(difference.interval[0]).toBeGreaterThanOrEqual(-1 - 1e-12);
        expect(difference.interval[1]).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});

describe("delong", () => {
  /** Records with few distinct scores, so that ties abound, and at least two on each side. */
  const samples = fc
    .tuple(fc.array(fc.nat(6), { minLength: 2, maxLength: 25 }), fc.array(fc.nat(6), { minLength: 2, maxLength: 25 }))
    .map(([members, nonMembers]) => ({ members, nonMembers }));

  function areaOf(members: number[], nonMembers: number[]) {
    const isMember = Uint8Array.from([...members.map(() => 1), ...nonMembers.map(() => 0)]);
    const roc = rocCurve(Float64Array.from([...members, ...nonMembers]), isMember);
    return delong(roc.truePositives, roc.falsePositives);
  }

  function spread(values: number[]): number {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  }

  test("agrees with all pairs compared one by one", () => {
    fc.assert(
      fc.property(samples, ({ members, nonMembers }) => {
        const wins = (x: number, y: number) => (x > y ? 1 : x === y ? 0.5 : 0);
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const ofMembers = members.map((x) => mean(nonMembers.map((y) => wins(x, y))));
        const ofNonMembers = nonMembers.map((y) => mean(members.map((x) => wins(x, y))));
        const area = areaOf(members, nonMembers);
        expect(area.auc).toBeCloseTo(mean(ofMembers), 12);
        const variance = spread(ofMembers) / members.length + spread(ofNonMembers) / nonMembers.length;
        expect(area.variance).toBeCloseTo(variance, 12);
      }),
    );
  });

  test("its interval contains the AUC and never leaves [0, 1]", () => {
    fc.assert(
      fc.property(samples, fc.boolean(), ({ members, nonMembers }, single) => {
        const positives = single ? members.slice(0, 1) : members;
        const area = areaOf(positives, nonMembers);
        const [low, high] = aucInterval(area, positives.length, nonMembers.length);
        expect(0 <= low && low <= area.auc && area.auc <= high && high <= 1).toBe(true);
      }),
    );
  });

  test("a variance of zero falls back to the exact interval of disjoint pairs", () => {
    const perfect = areaOf([2, 3, 4], [0, 1]);
    expect(perfect).toEqual({ auc: 1, variance: 0 });
    expect(aucInterval(perfect, 3, 2)).toEqual(clopperPearson(2, 2));
    expect(aucInterval(areaOf([0, 1], [2, 3, 4]), 2, 3)).toEqual(clopperPearson(0, 2));
    expect(aucInterval(areaOf([5, 5, 5, 5], [5, 5, 5, 5]), 4, 4)).toEqual(clopperPearson(2, 4));
    expect(areaOf([1], [0, 2])).toEqual({ auc: 0.5, variance: null });
    expect(aucInterval(areaOf([1], [0, 2]), 1, 2)).toEqual([0, 1]);
  });

  test.each([
    [0, 0.5],
    [1, 0.7602499389],
    [2, 0.9213503965],
  ])("covers the true AUC of two normals %i apart about 95 % of the time", (shift, truth) => {
    const rng = createRng("coverage").child(shift);
    const rounds = 600;
    let covered = 0;
    for (let round = 0; round < rounds; round++) {
      const side = (mean: number) => Array.from({ length: 60 }, () => mean + rng.normal());
      const [low, high] = aucInterval(areaOf(side(shift), side(0)), 60, 60);
      if (low <= truth && truth <= high) covered++;
    }
    // Standard deviation of the share: 0.009.
    expect(covered / rounds).toBeGreaterThan(0.92);
    expect(covered / rounds).toBeLessThan(0.98);
  });
});
