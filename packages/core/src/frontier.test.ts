import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "./errors.ts";
import { bestAccuracyAt, type FrontierPoint, frontiersOf, leakOf, paretoSet, strengthLines } from "./frontier.ts";
import type { Metrics } from "./metrics.ts";

interface Row {
  dataset: string;
  experimentId: string;
  repeat: number;
  attack: string;
  attackParams: Record<string, unknown>;
  attacker: "aware" | "unaware";
  defense: string;
  defenseParams: Record<string, unknown>;
  jobKey: string;
  metrics: Metrics;
}

let jobs = 0;

function aRow({ metrics, ...changes }: Partial<Omit<Row, "metrics">> & { metrics?: Partial<Metrics> } = {}): Row {
  jobs++;
  return {
    dataset: "mnist",
    experimentId: "one",
    repeat: 0,
    attack: "gap",
    attackParams: {},
    attacker: "aware",
    defense: "none",
    defenseParams: {},
    jobKey: `job ${jobs}`,
    ...changes,
    metrics: {
      testAccuracy: 0.8,
      auc: 0.6,
      tprAtFpr: { "0.1": 0.2, "0.01": 0.05, "0.001": null },
      nonMembers: 500,
      noSignal: false,
      intervals: {
        testAccuracy: [0.76, 0.84],
        auc: [0.55, 0.65],
        tprAtFpr: { "0.1": [0.15, 0.25], "0.01": [0.03, 0.07], "0.001": null },
      },
      ...metrics,
    } as Metrics,
  };
}

/** A point of that accuracy and AUC, as far as comparisons look. */
function aPoint(accuracy: number, auc: number | null, changes: Partial<FrontierPoint> = {}): FrontierPoint {
  const measured = (mean: number) => ({ n: 5, mean, low: mean - 0.01, high: mean + 0.01 });
  const leak =
    auc === null
      ? null
      : { ...measured(auc), attack: "gap", attackParams: {}, attacker: "aware" as const, noSignal: 0 };
  return {
    first: aRow(),
    ...{ defense: "none", defenseParams: {}, byAttack: [] },
    accuracy: measured(accuracy),
    leaks: { auc: leak, "tpr@0.1": leak, "tpr@0.01": null, "tpr@0.001": null },
    ...changes,
  };
}

function thePoint(rows: readonly Row[]): FrontierPoint<Row> {
  const [frontier, ...others] = frontiersOf(rows);
  expect(others).toEqual([]);
  expect(frontier?.points).toHaveLength(1);
  return frontier?.points[0] as FrontierPoint<Row>;
}

describe("frontiersOf", () => {
  test("means over repeats with Student's interval, by hand", () => {
    // t of 1 degree of freedom is 12.706; the standard error of .6 and .62 is .01.
    const { accuracy, leaks } = thePoint([
      aRow({ metrics: { auc: 0.6, testAccuracy: 0.8 } }),
      aRow({ repeat: 1, metrics: { auc: 0.62, testAccuracy: 0.8 } }),
    ]);
    expect(accuracy).toEqual({ n: 2, mean: 0.8, low: 0.8, high: 0.8 });
    expect(leaks.auc).toMatchObject({ n: 2, attack: "gap", noSignal: 0 });
    expect(leaks.auc?.mean).toBeCloseTo(0.61, 12);
    expect(leaks.auc?.high).toBeCloseTo(0.61 + 0.12706, 5);
  });

  test("of one repeat the sampling interval, and nothing of what it cannot resolve", () => {
    const { accuracy, leaks } = thePoint([aRow()]);
    expect(accuracy).toEqual({ n: 1, mean: 0.8, low: 0.76, high: 0.84 });
    expect(leaks.auc).toMatchObject({ n: 1, mean: 0.6, low: 0.55, high: 0.65 });
    expect(leaks["tpr@0.01"]).toMatchObject({ n: 1, mean: 0.05, low: 0.03, high: 0.07 });
    expect(leaks["tpr@0.001"]).toBeNull();
  });

  test("an interval does not leave what a rate can be", () => {
    const { accuracy } = thePoint(
      [0.7, 0.99].map((testAccuracy, repeat) => aRow({ repeat, metrics: { testAccuracy } })),
    );
    expect(accuracy).toMatchObject({ low: 0, high: 1 });
  });

  test("the strongest attack is the one with the highest mean, not the one with the highest repeat; in each metric its own", () => {
    const low = { "0.1": 0.9, "0.01": null, "0.001": null };
    const { leaks, byAttack } = thePoint([
      aRow({ attack: "lira", metrics: { auc: 0.9 } }),
      aRow({ attack: "lira", repeat: 1, metrics: { auc: 0.5 } }),
      aRow({ attack: "shadow", attackParams: { batch: 50 }, metrics: { auc: 0.72 } }),
      aRow({ attack: "shadow", attackParams: { batch: 50 }, repeat: 1, metrics: { auc: 0.72 } }),
      aRow({ attack: "gap", metrics: { auc: 0.6, tprAtFpr: low } }),
    ]);
    expect(leaks.auc).toMatchObject({ attack: "shadow", attackParams: { batch: 50 }, n: 2 });
    expect(leaks["tpr@0.1"]).toMatchObject({ attack: "gap", mean: 0.9 });
    expect(leaks["tpr@0.01"]).toMatchObject({ attack: "lira" });
    expect(byAttack.map(({ attack, leaks: own }) => [attack, own.auc?.mean])).toEqual([
      ["lira", 0.7],
      ["shadow", 0.72],
      ["gap", 0.6],
    ]);
  });

  test("accuracy is from the attack with most repeats, then most records, whichever is strongest", () => {
    const costly = aRow({ attack: "boundary", metrics: { auc: 0.9, testAccuracy: 0.5, nonMembers: 100 } });
    expect(thePoint([costly, aRow()]).accuracy.mean).toBe(0.8);
    expect(thePoint([costly, aRow(), { ...costly, repeat: 1, jobKey: "other" }]).accuracy).toMatchObject({
      n: 2,
      mean: 0.5,
    });
  });

  test("settings stay apart by any field, known here or not; experiments do not, and count what they share once", () => {
    const shared = aRow();
    const frontiers = frontiersOf([
      shared,
      { ...shared, experimentId: "two" },
      aRow({ experimentId: "two", repeat: 1 }),
      aRow({ dataset: "location" }),
      { ...aRow(), surely: "unknown" },
    ]);
    expect(frontiers.map(({ points }) => points[0]?.accuracy.n)).toEqual([2, 1, 1]);
  });

  test("parameters make another defense", () => {
    const [frontier] = frontiersOf(
      [0.25, 0.5].map((hidden) => aRow({ defense: "dropout", defenseParams: { hidden } })),
    );
    expect(frontier?.points.map(({ defenseParams }) => defenseParams)).toEqual([{ hidden: 0.25 }, { hidden: 0.5 }]);
  });
});

describe("paretoSet", () => {
  test("what another beats in one and does not lose in the other is not in it; equals both are", () => {
    const [a, b, same, beaten, weaker, alone] = [
      aPoint(0.9, 0.8),
      aPoint(0.8, 0.6),
      aPoint(0.8, 0.6),
      aPoint(0.8, 0.7),
      aPoint(0.79, 0.6),
      aPoint(0.3, 0.5),
    ] as const;
    expect(paretoSet([a, b, same, beaten, weaker, alone], "auc")).toEqual([alone, b, same, a]);
  });

  test("an attack that guesses worse than chance makes no defense better", () => {
    const inverted = aPoint(0.7, 0.3);
    const guessing = aPoint(0.75, 0.5);
    expect(leakOf(inverted, "auc")).toBe(0.5);
    expect(leakOf(aPoint(0.7, 0.02), "tpr@0.1")).toBe(0.1);
    expect(paretoSet([inverted, guessing], "auc")).toEqual([guessing]);
  });

  test("points without a leak neither are in it nor beat another", () => {
    expect(paretoSet([aPoint(1, null), aPoint(0.5, 0.6)], "auc").map(({ accuracy }) => accuracy.mean)).toEqual([0.5]);
    expect(paretoSet([aPoint(1, 0.6)], "tpr@0.001")).toEqual([]);
  });

  test("nobody in it is beaten, everybody else is, and it rises", () => {
    const coordinates = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(coordinates, (places) => {
        const points = places.map(([accuracy, leak]) => aPoint(accuracy / 10, 0.5 + leak / 10));
        const set = paretoSet(points, "auc");
        const at = (point: FrontierPoint) => [point.accuracy.mean, leakOf(point, "auc") as number] as const;
        for (const point of points) {
          const [accuracy, leak] = at(point);
          const beaten = points.map(at).some(([a, l]) => a >= accuracy && l <= leak && (a > accuracy || l < leak));
          expect(set.includes(point)).toBe(!beaten);
        }
        set.slice(1).forEach((point, before) => {
          expect(point.accuracy.mean).toBeGreaterThanOrEqual((set[before] as FrontierPoint).accuracy.mean);
        });
      }),
    );
  });
});

describe("bestAccuracyAt", () => {
  const points = [aPoint(0.9, 0.7), aPoint(0.85, 0.595), aPoint(0.8, 0.55), aPoint(0.8, 0.54), aPoint(0.95, null)];

  test("is the most accurate that keeps to the bound, and says whether its interval does too", () => {
    const best = (atMost: number, certainly?: boolean) =>
      bestAccuracyAt(points, { metric: "auc", atMost, ...(certainly !== undefined && { certainly }) });
    expect(best(0.75)).toEqual({ point: points[0], certain: true });
    expect(best(0.6)).toEqual({ point: points[1], certain: false });
    // Of two equally accurate ones, the one that leaks less.
    expect(best(0.6, true)).toEqual({ point: points[3], certain: true });
    expect(best(0.51)).toBeNull();
  });

  test("an attack that sees nothing proves nothing", () => {
    const leak = {
      n: 2,
      mean: 0.5,
      low: 0.5,
      high: 0.5,
      attack: "shadow",
      attackParams: {},
      attacker: "aware" as const,
      noSignal: 2,
    };
    const dead = aPoint(0.8, 0.5, { leaks: { ...aPoint(0.8, 0.5).leaks, auc: leak } });
    expect(bestAccuracyAt([dead], { metric: "auc", atMost: 0.6 })).toEqual({ point: dead, certain: false });
    expect(bestAccuracyAt([dead], { metric: "auc", atMost: 0.6, certainly: true })).toBeNull();
  });

  test("a leak below chance keeps to a bound at chance", () => {
    expect(bestAccuracyAt([aPoint(0.5, 0.4)], { metric: "auc", atMost: 0.5 })).toMatchObject({ certain: true });
  });

  test.each([0.4, 1.1, Number.NaN])("refuses a bound of %s, naming it and what may be given", (atMost) => {
    expect(() => bestAccuracyAt(points, { metric: "auc", atMost })).toThrow(InvalidInput);
    expect(() => bestAccuracyAt(points, { metric: "auc", atMost })).toThrow(
      `auc of at most ${atMost} cannot be asked for, since guessing has 0.5; give a number from 0.5 to 1`,
    );
  });
});

describe("strengthLines", () => {
  const of = (defense: string, defenseParams: Record<string, unknown>) => aPoint(0.8, 0.6, { defense, defenseParams });
  const lines = (points: readonly FrontierPoint[]) =>
    strengthLines(points).map((line) => line.map(({ defenseParams }) => Object.values(defenseParams).join(" ")));

  test("are in the order of the number that differs", () => {
    expect(lines([of("none", {}), of("top-k", { k: 10 }), of("top-k", { k: 3 }), of("top-k", { k: 1 })])).toEqual([
      [""],
      ["1", "3", "10"],
    ]);
  });

  test("a grid has a line for each value of the parameter with fewer values", () => {
    const grid = [0.1, 0.2].flatMap((input) => [3, 2, 1].map((hidden) => of("dropout", { input, hidden })));
    expect(lines(grid)).toEqual([
      ["0.1 1", "0.1 2", "0.1 3"],
      ["0.2 1", "0.2 2", "0.2 3"],
    ]);
  });

  test("what differs in no number is not joined", () => {
    expect(lines([of("x", { mode: "a" }), of("x", { mode: "b" })])).toEqual([["a"], ["b"]]);
  });
});
