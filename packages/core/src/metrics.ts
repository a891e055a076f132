import { z } from "zod";
import { epsilonBounds } from "./audit.ts";
import { InvalidInput } from "./errors.ts";
import {
  aucInterval,
  delong,
  type Estimate,
  type Interval,
  moverDifference,
  moverMean,
  proportion,
} from "./intervals.ts";
import { bestBalancedAccuracy, type Confusion, pointAtFpr, type Roc, resolvable, rocCurve } from "./roc.ts";

const rate = z.number().min(0).max(1);
const difference = z.number().min(-1).max(1);
const interval = z.tuple([z.number(), z.number()]);

const estimated = {
  trainAccuracy: rate.describe("the target's accuracy on its members"),
  testAccuracy: rate.describe("the target's accuracy on its non-members"),
  gap: difference.describe("train accuracy − test accuracy: the overfitting level"),
  auc: rate.describe("P(member's score > non-member's score) + ½ P(equal)"),
  balancedAccuracy: rate.describe("½ (TPR + 1 − FPR) at the threshold"),
  bestBalancedAccuracy: rate.describe("its largest value over all thresholds, chosen on the truth: an upper bound"),
  advantage: difference.describe("TPR − FPR at the threshold (Yeom et al. 2018); with the oracle's, its maximum"),
  precision: rate.describe("members only: TP / (TP + FP); 0 when no record is called a member"),
  precisionBalanced: rate.describe("members only, from rates: TPR / (TPR + FPR), whatever the sizes of the sides"),
  recall: rate.describe("members only: TPR at the threshold"),
  fpr: rate.describe("FPR at the threshold"),
  precisionMacro: rate.describe("mean of the precision on members and on non-members; 0 for a class never predicted"),
  recallMacro: rate.describe("mean of the recall on members and on non-members; equals balanced accuracy"),
};

/**
 * The metrics of one attack on one target: what a result stores. Members are the positive class, a score at or above
 * the threshold calls its record a member, and precision depends on how many members and non-members were judged.
 */
export const metricsSchema = z.strictObject({
  ...estimated,
  tprAtFpr: byLevel(rate.nullable()).describe("largest TPR with FPR ≤ level; null when level < smallestFpr"),
  smallestFpr: rate.describe("1 / non-members: the smallest FPR above 0 that this sample can show"),
  members: z.int().min(1),
  nonMembers: z.int().min(1),
  noSignal: z.boolean().describe("whether all records have one score, as from an attack model that died in training"),
  queries: z.int().min(0).describe("records, copies of them and other points on which the target was asked"),
  byQueries: z
    .array(
      z.strictObject({
        queries: z.int().min(1).describe("that each record may cost"),
        auc: rate,
        aucInterval: interval,
        bestBalancedAccuracy: rate,
      }),
    )
    .optional()
    .describe("what fewer queries would have shown; of attacks that ask again and again"),
  accuracyUnder: z
    .record(z.string(), z.strictObject({ train: rate, test: rate }))
    .optional()
    .describe("the target's accuracy on members and non-members in other circumstances, such as under perturbation"),
  threshold: z.strictObject({
    by: z.enum(["fixed", "shadow", "random points", "population", "oracle"]),
    value: z.union([z.number(), z.array(z.number())]).describe("one, or one for each class"),
  }),
  perClass: z
    .array(
      z.strictObject({
        label: z.int().min(0),
        members: z.int().min(0),
        nonMembers: z.int().min(0),
        precision: rate.nullable().describe("null when no record of the class is called a member"),
        recall: rate.nullable().describe("null without members of the class"),
      }),
    )
    .describe(
      "members-only precision and recall among the records of each class; classes without records are left out",
    ),
  privacy: z
    .strictObject({ epsilon: z.number().min(0), delta: rate, noiseMultiplier: z.number().min(0) })
    .optional()
    .describe("what the target's training spent by its accountant, where it was differentially private"),
  epsilon: z
    .strictObject({ delta: rate, clopperPearson: z.number().min(0), oneRun: z.number().min(0) })
    .describe("lower bounds of the ε of the target's training, 95 %, see audit.ts; 0 when the attack shows none"),
  intervals: z
    .strictObject({ ...each(estimated, () => interval), tprAtFpr: byLevel(interval.nullable()) })
    .describe("95 %, of the sampled records at this threshold: the choice of an oracle threshold is not accounted for"),
});

export type Metrics = z.infer<typeof metricsSchema>;

/**
 * Where the threshold comes from: one value, or one for each class. The oracle's is the best one on the judged records
 * themselves: an upper bound.
 */
export type ThresholdChoice =
  | { by: "fixed" | "shadow" | "random points" | "population"; value: number | readonly number[] }
  | { by: "oracle" };

/** What is judged besides the scores. */
export interface Judged {
  labels: Int32Array; // records; 0 … classes − 1
  classes: number;
  /** Questions that the attack asked the target. */
  queries: number;
  /** Scores that fewer queries would have given. */
  atQueries?: readonly { queries: number; scores: Float64Array }[];
  /** Whether the target is right about each record in other circumstances, by their name. */
  rightUnder?: Readonly<Record<string, Uint8Array>>; // records
}

/** The target's own accuracy, and on how many records; by default on as many as the attack is judged on. */
export interface TargetAccuracy {
  trainAccuracy: number;
  testAccuracy: number;
  trainRecords?: number;
  testRecords?: number;
}

/**
 * All metrics of one attack from its scores, with their intervals: DeLong for the AUC (`aucInterval`), Clopper–Pearson
 * for proportions, and MOVER over two Clopper–Pearson intervals for their sums and differences (conservative; the two
 * sides are separate records). Each takes the threshold as given.
 *
 * @throws {InvalidInput} as `rocCurve`, for a threshold that is not finite or misses a class, or an accuracy outside [0, 1].
 */
export function evaluate(
  scores: Float64Array,
  isMember: Uint8Array,
  threshold: ThresholdChoice,
  target: TargetAccuracy,
  { labels, classes, queries, atQueries, rightUnder }: Judged,
): Metrics {
  const roc = rocCurve(scores, isMember);
  const { members, nonMembers } = roc;
  const best = bestBalancedAccuracy(roc);
  const value = threshold.by === "oracle" ? best.threshold : threshold.value;
  const calls = callsOf(scores, labels, value, threshold.by);
  const counts = countsOf(calls, isMember);
  const trainAccuracy = accuracyOf("trainAccuracy", target.trainAccuracy, target.trainRecords ?? members);
  const testAccuracy = accuracyOf("testAccuracy", target.testAccuracy, target.testRecords ?? nonMembers);
  const recall = proportion(counts.truePositives, members);
  const fpr = proportion(counts.falsePositives, nonMembers);
  const specificity = proportion(counts.trueNegatives, nonMembers);
  const precision = proportion(counts.truePositives, counts.truePositives + counts.falsePositives);
  const negativePrecision = proportion(counts.trueNegatives, counts.trueNegatives + counts.falseNegatives);
  const area = delong(roc.truePositives, roc.falsePositives);
  const balancedAccuracy = moverMean(recall, specificity);
  const called = recall.value + fpr.value;
  const precisionBalanced = {
    value: called === 0 ? 0 : recall.value / called,
    interval: ratioInterval(recall.interval, fpr.interval),
  };
  const estimates = {
    trainAccuracy,
    testAccuracy,
    gap: moverDifference(trainAccuracy, testAccuracy),
    auc: { value: area.auc, interval: aucInterval(area, members, nonMembers) },
    balancedAccuracy,
    bestBalancedAccuracy: bestEstimate(roc, best.threshold),
    advantage: moverDifference(recall, fpr),
    precision,
    precisionBalanced,
    recall,
    fpr,
    precisionMacro: moverMean(precision, negativePrecision),
    recallMacro: balancedAccuracy,
  };
  const tprAt = (level: number): Estimate | null =>
    resolvable(level, nonMembers) ? proportion(roc.truePositives[pointAtFpr(roc, level)] as number, members) : null;
  const tprs = { "0.1": tprAt(0.1), "0.01": tprAt(0.01), "0.001": tprAt(0.001) };
  return {
    ...each(estimates, (estimate) => estimate.value),
    tprAtFpr: each(tprs, (estimate) => estimate?.value ?? null),
    smallestFpr: 1 / nonMembers,
    members,
    nonMembers,
    noSignal: roc.thresholds.length === 2,
    queries,
    ...(atQueries && { byQueries: atQueries.map(({ queries, scores }) => atQueriesOf(queries, scores, isMember)) }),
    ...(rightUnder && { accuracyUnder: each(rightUnder, (right) => sharesOf(right, isMember)) }),
    threshold: { by: threshold.by, value: typeof value === "number" ? value : [...value] },
    perClass: perClassOf(calls, isMember, labels, classes),
    epsilon: epsilonBounds(scores, isMember),
    intervals: {
      ...each(estimates, (estimate) => estimate.interval),
      tprAtFpr: each(tprs, (estimate) => estimate?.interval ?? null),
    },
  };
}

function atQueriesOf(queries: number, scores: Float64Array, isMember: Uint8Array) {
  const roc = rocCurve(scores, isMember);
  const area = delong(roc.truePositives, roc.falsePositives);
  return {
    queries,
    auc: area.auc,
    aucInterval: aucInterval(area, roc.members, roc.nonMembers),
    bestBalancedAccuracy: bestBalancedAccuracy(roc).balancedAccuracy,
  };
}

/** The share of 1 among members, and among non-members. */
function sharesOf(right: Uint8Array, isMember: Uint8Array): { train: number; test: number } {
  const members = isMember.reduce((sum, flag) => sum + flag, 0);
  const ofMembers = right.reduce((sum, flag, record) => sum + (flag & (isMember[record] as number)), 0);
  const all = right.reduce((sum, flag) => sum + flag, 0);
  return { train: ofMembers / members, test: (all - ofMembers) / (isMember.length - members) };
}

/** Which records are called members. */
function callsOf(
  scores: Float64Array,
  labels: Int32Array,
  value: number | readonly number[],
  by: ThresholdChoice["by"],
): Uint8Array {
  if (labels.length !== scores.length) {
    throw new InvalidInput(`${labels.length} labels for ${scores.length} scores; give one each per record`);
  }
  return Uint8Array.from(scores, (score, record) => {
    const label = labels[record] as number;
    const least = typeof value === "number" ? value : value[label];
    if (least === undefined || !Number.isFinite(least)) {
      const place = typeof value === "number" ? "" : ` of class ${label}`;
      throw new InvalidInput(`the ${by} threshold${place} is ${least}; it must be finite`);
    }
    return score >= least ? 1 : 0;
  });
}

function countsOf(calls: Uint8Array, isMember: Uint8Array): Confusion {
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  calls.forEach((called, record) => {
    if (isMember[record] === 1) counts[called ? "truePositives" : "falseNegatives"]++;
    else counts[called ? "falsePositives" : "trueNegatives"]++;
  });
  return counts;
}

function perClassOf(calls: Uint8Array, isMember: Uint8Array, labels: Int32Array, classes: number): Metrics["perClass"] {
  const counts = Array.from({ length: classes }, () => ({ members: 0, nonMembers: 0, right: 0, wrong: 0 }));
  calls.forEach((called, record) => {
    const own = counts[labels[record] as number];
    if (!own) throw new InvalidInput(`label ${labels[record]} of record ${record} is not in 0 … ${classes - 1}`);
    const member = isMember[record] === 1;
    own[member ? "members" : "nonMembers"]++;
    if (called) own[member ? "right" : "wrong"]++;
  });
  return counts.flatMap(({ members, nonMembers, right, wrong }, label) =>
    members + nonMembers === 0
      ? []
      : {
          ...{ label, members, nonMembers },
          precision: right + wrong === 0 ? null : right / (right + wrong),
          recall: members === 0 ? null : right / members,
        },
  );
}

/** Of a / (a + b), which rises with a and falls with b, from intervals of both: the ends at which both are worst, and best. */
function ratioInterval(a: Interval, b: Interval): Interval {
  const ratio = (one: number, other: number) => (one + other === 0 ? 0 : one / (one + other));
  return [ratio(a[0], b[1]), ratio(a[1], b[0])];
}

function bestEstimate(roc: Roc, threshold: number): Estimate {
  const point = roc.thresholds.indexOf(threshold);
  return moverMean(
    proportion(roc.truePositives[point] as number, roc.members),
    proportion(roc.nonMembers - (roc.falsePositives[point] as number), roc.nonMembers),
  );
}

function accuracyOf(name: string, value: number, records: number): Estimate {
  if (!(value >= 0 && value <= 1)) throw new InvalidInput(`${name} is ${value}; it must be between 0 and 1`);
  // Accuracies computed in float32 miss the count of right answers by a fraction.
  return { value, interval: proportion(Math.round(value * records), records).interval };
}

function byLevel<Of extends z.ZodType>(of: Of) {
  return z.strictObject({ "0.1": of, "0.01": of, "0.001": of });
}

/** The same keys with each value mapped. */
function each<Key extends string, From, To>(from: Record<Key, From>, map: (value: From) => To): Record<Key, To> {
  return Object.fromEntries(Object.entries<From>(from).map(([key, value]) => [key, map(value)])) as Record<Key, To>;
}
