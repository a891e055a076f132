import { describe, expect, test } from "vitest";
import type { DatasetUse } from "./catalog.ts";
import { parseExperiment } from "./experiment.ts";
import type { Metrics } from "./metrics.ts";
import { combinationOf, type Plan } from "./plan.ts";
import { savingsOf } from "./round-savings.ts";
import { type KnownResult, planRounds, repeatsNeeded } from "./rounds.ts";
import { tinyCatalog } from "./tiny-catalog.fixture.ts";

const digits: DatasetUse = {
  ...{ name: "digits", version: 1, source: "real", checksum: "d", records: 1000, largestGroup: 1, origin: "files" },
};
const context = { datasets: [digits], engine: "cpu" };

function anExperiment(changes: Record<string, unknown>) {
  const content = { name: "rounds", datasets: ["digits"], records: 100, attacks: ["gap"], ...changes };
  return parseExperiment(content, tinyCatalog);
}

/** The results of all cells of a plan, each as `measure` has it. */
function resultsOf({ cells }: Plan, measure: (cell: Plan["cells"][number]) => Partial<Metrics>): KnownResult[] {
  return cells.map((cell) => ({
    ...combinationOf(cell),
    attacker: cell.attacker,
    ...{ repeat: cell.repeat, jobKey: cell.jobKey },
    metrics: {
      ...{ testAccuracy: 0.8, nonMembers: 100, noSignal: false },
      tprAtFpr: { "0.1": null, "0.01": null, "0.001": null },
      intervals: { auc: [0, 1], testAccuracy: [0, 1], tprAtFpr: { "0.1": null, "0.01": null, "0.001": null } },
      ...measure(cell),
    } as unknown as Metrics,
  }));
}

/** Plans round after round until a plan no longer grows; how many cells each has. */
function rounds(
  experiment: ReturnType<typeof anExperiment>,
  measure: (cell: Plan["cells"][number]) => Partial<Metrics>,
) {
  let plan = planRounds(experiment, tinyCatalog, context, { results: [], ended: false });
  const sizes = [plan.cells.length];
  for (;;) {
    const results = resultsOf(plan, measure);
    const next = planRounds(experiment, tinyCatalog, context, { results, ended: true });
    if (next.cells.length === plan.cells.length) return { plan, sizes, results };
    const keys = new Set(next.cells.map(({ jobKey }) => jobKey));
    // A round only adds.
    expect(plan.cells.filter(({ jobKey }) => !keys.has(jobKey))).toEqual([]);
    plan = next;
    sizes.push(plan.cells.length);
  }
}

describe("precision", () => {
  const precision = { metric: "auc", halfWidth: 0.01, least: 4, most: 12 };

  test("repeats what scatters, until it is known well enough or has had its share", () => {
    const scatter = { none: 0, dropout: 0.01, rounding: 0.2 } as Record<string, number>;
    const experiment = anExperiment({ precision, defenses: ["none", "dropout", "rounding"] });
    const { plan, results } = rounds(experiment, ({ defense, repeat }) => ({
      auc: 0.7 + (repeat % 2 === 0 ? 1 : -1) * (scatter[defense.name] ?? 0),
    }));
    const repeats = (name: string) => plan.cells.filter(({ defense }) => defense.name === name).length;
    expect(repeats("none")).toBe(4);
    // sd .0103 of eight: t = 2.365, half width .0086; of seven .0101.
    expect(repeats("dropout")).toBe(8);
    expect(repeats("rounding")).toBe(12);
    const savings = savingsOf(experiment, tinyCatalog, context, results);
    expect(savings).toMatchObject({ combinations: 3, settled: 2, repeats: 12 });
    expect(savings?.jobs).toBeLessThan(savings?.fullJobs ?? 0);
  });

  test("a repeat without a result counts as made, and is not made up for without end", () => {
    const experiment = anExperiment({ precision });
    const first = planRounds(experiment, tinyCatalog, context, { results: [], ended: false });
    const results = resultsOf(first, () => ({ auc: 0.7 })).filter(({ repeat }) => repeat !== 1);
    const second = planRounds(experiment, tinyCatalog, context, { results, ended: true });
    expect(second.cells).toHaveLength(4);
  });

  test.each([
    [[0.5, 0.5, 0.5, 0.5], 4],
    [[0.5, 0.52, 0.5, 0.52], 8],
    [[0.1, 0.9, 0.1, 0.9], 8],
    [[0.5, 0.6], 4],
  ])("%j needs %d: at most twice what is there", (values, needed) => {
    expect(repeatsNeeded(values, { halfWidth: 0.01, least: 4 })).toBe(needed);
  });
});

describe("search", () => {
  const hidden = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
  const sweep = { defenses: ["none", { name: "dropout", hidden }], training: { epochs: 40 }, repeats: 3 };
  const strength = (cell: Plan["cells"][number]) => (cell.defense.params.hidden as number | undefined) ?? 0;
  /** The stronger the dropout, the less leaks, and the less accurate; with one exception that no one wants. */
  const measure = (cell: Plan["cells"][number]) => {
    const poor = strength(cell) === 0.4 ? 0.3 : 0;
    return { auc: 0.9 - 0.4 * strength(cell) + poor, testAccuracy: 0.8 - 0.2 * strength(cell) - poor };
  };

  test("halves what is left, with twice the epochs; the last ones get all repeats, and the undefended model stays", () => {
    const search = { objective: "accuracy", atMost: 0.7, budget: 0.65 };
    const { plan, sizes } = rounds(anExperiment({ ...sweep, search }), measure);
    expect(sizes).toEqual([9, 9 + 6, 9 + 6 + 4 * 3]);
    const epochs = (value: number) => plan.cells.filter(({ training }) => training.epochs === value);
    const names = (value: number) => [...new Set(epochs(value).map(strength))];
    expect(names(10)).toHaveLength(9);
    // Most accurate with AUC ≤ .7: .5 and stronger, then those that miss it least.
    expect(names(20)).toEqual([0, 0.5, 0.6, 0.7, 0.8, 0.3].sort());
    expect(names(40)).toEqual([0, 0.5, 0.6, 0.7]);
  });

  test("keeps the ends of the front, and leaves out what others beat", () => {
    const { plan } = rounds(anExperiment({ ...sweep, search: { budget: 0.5 } }), measure);
    const last = new Set(plan.cells.filter(({ training }) => training.epochs === 40).map(strength));
    const second = new Set(plan.cells.filter(({ training }) => training.epochs === 5).map(strength));
    // The undefended model is the accurate end itself; the strongest is the private one.
    expect(last).toEqual(new Set([0, 0.8]));
    // Of nine all but the one that others beat are on the front, and half of nine go on.
    expect(second.has(0.4)).toBe(false);
    expect(second.size).toBe(5);
  });

  test("waits for a round that has not come to its end, and leaves out what has failed in one that has", () => {
    const experiment = anExperiment({ ...sweep, search: { budget: 0.5 } });
    const first = planRounds(experiment, tinyCatalog, context, { results: [], ended: false });
    const results = resultsOf(first, measure).slice(1);
    expect(planRounds(experiment, tinyCatalog, context, { results, ended: false }).cells).toHaveLength(9);
    expect(planRounds(experiment, tinyCatalog, context, { results, ended: true }).cells.length).toBeGreaterThan(9);
  });

  test("spends no more than its budget of the whole sweep's epochs", () => {
    for (const budget of [0.35, 0.5, 0.8]) {
      const experiment = anExperiment({ ...sweep, search: { budget } });
      const { results } = rounds(experiment, measure);
      const savings = savingsOf(experiment, tinyCatalog, context, results);
      expect((savings?.epochs ?? 0) / (savings?.fullEpochs ?? 1)).toBeLessThanOrEqual(budget);
    }
  });

  test("refuses a budget that it cannot keep, and precision besides", () => {
    const complaint = (changes: Record<string, unknown>) => () =>
      planRounds(anExperiment({ ...sweep, ...changes }), tinyCatalog, context, { results: [], ended: false });
    expect(complaint({ search: { budget: 0.01 } })).toThrow(
      /search.budget: 0.01 cannot be kept with 9 defenses, 40 epochs and 3 repeats; use 0.\d+ or more/,
    );
    expect(complaint({ search: { budget: 0.5 }, precision: { halfWidth: 0.01 } })).toThrow(
      "it does not go with precision",
    );
  });
});
