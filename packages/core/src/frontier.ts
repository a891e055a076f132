import { InvalidInput } from "./errors.ts";
import type { Attacker } from "./experiment.ts";
import { type Group, groupsBy } from "./groups.ts";
import type { Interval } from "./intervals.ts";
import type { Metrics } from "./metrics.ts";
import { summarize } from "./summary.ts";

/** What a defense is to keep low. */
export const leakMetrics = ["auc", "tpr@0.1", "tpr@0.01", "tpr@0.001"] as const;
export type LeakMetric = (typeof leakMetrics)[number];

/** What guessing reaches, below which no leak counts as less. */
export const chance: Readonly<Record<LeakMetric, number>> = {
  auc: 0.5,
  "tpr@0.1": 0.1,
  "tpr@0.01": 0.01,
  "tpr@0.001": 0.001,
};

/** The fields of a result that a frontier is made of. All others but those in `settingOf` tell settings apart. */
export interface FrontierResult {
  attack: string;
  attackParams: Record<string, unknown>;
  attacker: Attacker;
  defense: string;
  defenseParams: Record<string, unknown>;
  jobKey: string;
  metrics: Metrics;
}

/** A mean over repeats and its 95 % interval: Student's, or of a single repeat its sampling interval; within [0, 1]. */
export interface Measured {
  /** Repeats. */
  n: number;
  mean: number;
  low: number;
  high: number;
}

/** What one attack makes of a defended target. */
export interface Leak extends Measured {
  attack: string;
  attackParams: Record<string, unknown>;
  attacker: Attacker;
  /** Repeats in which all records have one score. */
  noSignal: number;
}

/** One defense with its parameters, on one setting. */
export interface FrontierPoint<Result extends FrontierResult = FrontierResult> {
  first: Result;
  defense: string;
  defenseParams: Record<string, unknown>;
  /** Test accuracy: over the results of the attack that has most repeats, of these the one that judged most records. */
  accuracy: Measured;
  /** By the strongest attack in each metric, which need not be the same; null when no attack's sample resolves it. */
  leaks: Record<LeakMetric, Leak | null>;
  /** The same by every attack, told apart by their parameters too. */
  byAttack: AttackLeaks[];
}

/** What one attack shows; null where its sample resolves nothing. */
export interface AttackLeaks {
  attack: string;
  attackParams: Record<string, unknown>;
  attacker: Attacker;
  leaks: Record<LeakMetric, Leak | null>;
}

/** The defenses of one setting: one dataset, split, model and training. */
export interface Frontier<Result extends FrontierResult = FrontierResult> {
  first: Result;
  /** All that its results have in common. */
  setting: Record<string, unknown>;
  points: FrontierPoint<Result>[];
}

/**
 * Utility and privacy of every defense, setting by setting, in the order in which they come up.
 *
 * For each defense the attack with the highest mean over repeats counts: the defender's worst case. It is chosen on the
 * results that it is reported by, so with many attacks and few repeats the leak is rather over- than underestimated.
 * Experiments are taken together; what they share (one job key) counts once.
 */
export function frontiersOf<Result extends FrontierResult>(results: readonly Result[]): Frontier<Result>[] {
  const once = [...new Map(results.map((result) => [result.jobKey, result])).values()];
  return groupsBy(once, settingOf).map((setting) => ({
    first: setting[0],
    setting: settingOf(setting[0]),
    points: groupsBy(setting, ({ defense, defenseParams }) => ({ defense, defenseParams })).map(pointOf),
  }));
}

/** A point's leak as it is compared: an attack worse than guessing does not make a defense better. */
export function leakOf({ leaks }: FrontierPoint, metric: LeakMetric): number | null {
  const leak = leaks[metric];
  return leak && Math.max(chance[metric], leak.mean);
}

/** The points that no other beats: none has at least their accuracy and at most their leak, and one of both for sure. Least leak first. */
export function paretoSet<Point extends FrontierPoint>(points: readonly Point[], metric: LeakMetric): Point[] {
  const known = points.flatMap((point) => {
    const leak = leakOf(point, metric);
    return leak === null ? [] : [{ point, leak, accuracy: point.accuracy.mean }];
  });
  return known
    .filter(
      ({ leak, accuracy }) =>
        !known.some(
          (other) =>
            other.accuracy >= accuracy && other.leak <= leak && (other.accuracy > accuracy || other.leak < leak),
        ),
    )
    .sort((one, other) => one.leak - other.leak)
    .map(({ point }) => point);
}

/**
 * The most accurate point that leaks at most so much; of equally accurate ones the one that leaks less.
 *
 * @param certainly only points whose whole interval keeps to it, not their mean alone
 * @returns null when there is none
 * @throws {InvalidInput} for a bound that no defense can keep, or none can miss.
 */
export function bestAccuracyAt<Point extends FrontierPoint>(
  points: readonly Point[],
  { metric, atMost, certainly = false }: { metric: LeakMetric; atMost: number; certainly?: boolean },
): { point: Point; certain: boolean } | null {
  if (!(atMost >= chance[metric] && atMost <= 1)) {
    throw new InvalidInput(
      `${metric} of at most ${atMost} cannot be asked for, since guessing has ${chance[metric]}; give a number from ${chance[metric]} to 1`,
    );
  }
  const [best] = points
    .flatMap((point) => {
      const leak = leakOf(point, metric);
      const certain = keepsTo(point.leaks[metric], atMost);
      return leak === null || leak > atMost || (certainly && !certain) ? [] : [{ point, certain, leak }];
    })
    .sort((one, other) => other.point.accuracy.mean - one.point.accuracy.mean || one.leak - other.leak);
  return best ? { point: best.point, certain: best.certain } : null;
}

/** Whether the whole interval does. An attack that sees nothing in any repeat leaves everything open. */
function keepsTo(leak: Leak | null, atMost: number): boolean {
  return leak !== null && leak.high <= atMost && leak.noSignal < leak.n;
}

/**
 * Points of each defense that are its strengths, in order: those that differ in one number alone, which of several is
 * the one with most values. What has no such neighbour is a line of its own.
 */
export function strengthLines<Point extends FrontierPoint>(points: readonly Point[]): Point[][] {
  return groupsBy(points, ({ defense }) => defense).flatMap((family) => {
    const strength = strengthOf(family);
    if (strength === undefined) return family.map((point) => [point]);
    return groupsBy(family, ({ defenseParams: { [strength]: _, ...others } }) => others).map((line) =>
      line.sort((one, other) => Number(one.defenseParams[strength]) - Number(other.defenseParams[strength])),
    );
  });
}

/** The numeric parameter in which the points of one defense differ most. */
function strengthOf(family: readonly FrontierPoint[]): string | undefined {
  const names = [...new Set(family.flatMap(({ defenseParams }) => Object.keys(defenseParams)))];
  const [first] = names
    .map((name) => {
      const values = family.map(({ defenseParams }) => defenseParams[name]);
      return { name, values: new Set(values).size, numeric: values.every((value) => typeof value === "number") };
    })
    .filter(({ values, numeric }) => numeric && values > 1)
    .sort((one, other) => other.values - one.values);
  return first?.name;
}

/** What a target is, but for its defense. A field of a result that is not named here is a part of it. */
export function settingOf(result: FrontierResult): Record<string, unknown> {
  const { attack, attackParams, attacker, defense, defenseParams, jobKey, metrics, ...rest } = result;
  const { experiment, experimentId, repeat, engine, machine, version, computeSeconds, ...setting } = rest as Record<
    string,
    unknown
  >;
  return setting;
}

function pointOf<Result extends FrontierResult>(rows: Group<Result>): FrontierPoint<Result> {
  const attacks = groupsBy(rows, ({ attack, attackParams, attacker }) => ({ attack, attackParams, attacker }));
  const [fullest] = [...attacks].sort(
    (one, other) => other.length - one.length || other[0].metrics.nonMembers - one[0].metrics.nonMembers,
  ) as [Group<Result>];
  const byAttack = attacks.map((repeats) => ({
    attack: repeats[0].attack,
    attackParams: repeats[0].attackParams,
    attacker: repeats[0].attacker,
    leaks: eachMetric((metric) => leakBy(repeats, metric)),
  }));
  return {
    first: rows[0],
    defense: rows[0].defense,
    defenseParams: rows[0].defenseParams,
    accuracy: measured(
      fullest.map(({ metrics }) => ({ value: metrics.testAccuracy, interval: metrics.intervals.testAccuracy })),
    ) as Measured,
    leaks: eachMetric((metric) => strongest(byAttack.map(({ leaks }) => leaks[metric]))),
    byAttack,
  };
}

function leakBy(repeats: Group<FrontierResult>, metric: LeakMetric): Leak | null {
  const own = measured(
    repeats.map(({ metrics }) =>
      metric === "auc"
        ? { value: metrics.auc, interval: metrics.intervals.auc }
        : { value: metrics.tprAtFpr[levelOf[metric]], interval: metrics.intervals.tprAtFpr[levelOf[metric]] },
    ),
  );
  if (own === null) return null;
  const { attack, attackParams, attacker } = repeats[0];
  return { ...own, attack, attackParams, attacker, noSignal: repeats.filter(({ metrics }) => metrics.noSignal).length };
}

function strongest(leaks: readonly (Leak | null)[]): Leak | null {
  return leaks.reduce((most, leak) => (most === null || (leak !== null && leak.mean > most.mean) ? leak : most), null);
}

function eachMetric<Value>(of: (metric: LeakMetric) => Value): Record<LeakMetric, Value> {
  return Object.fromEntries(leakMetrics.map((metric) => [metric, of(metric)])) as Record<LeakMetric, Value>;
}

const levelOf = { "tpr@0.1": "0.1", "tpr@0.01": "0.01", "tpr@0.001": "0.001" } as const;

function measured(repeats: readonly { value: number | null; interval: Interval | null }[]): Measured | null {
  const { n, mean, low, high } = summarize(repeats.map(({ value }) => value));
  if (mean === null) return null;
  const [from, to] = repeats.find(({ value }) => value !== null)?.interval ?? [0, 1];
  return { n, mean, low: Math.max(0, low ?? from), high: Math.min(1, high ?? to) };
}
