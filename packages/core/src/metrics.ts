import { z } from "zod";
import { InvalidInput } from "./errors.ts";
import { aucInterval, delong, type Estimate, moverDifference, moverMean, proportion } from "./intervals.ts";

const rate = z.number().min(0).max(1);
const difference = z.number().min(-1).max(1);
const interval = z.tuple([z.number(), z.number()]);

const estimated = {
  trainAccuracy: rate.describe("the target's accuracy on its members"),
  testAccuracy: rate.describe("the target's accuracy on its non-members"),
  gap: difference.describe("train accuracy − test accuracy: the overfitting level"),
  auc: rate.describe("P(member's score > non-member's score) + ½ P(equal)"),
  balancedAccuracy: rate.describe("½ (TPR + 1 − FPR) at the threshold"),
  advantage: difference.describe("TPR − FPR at the threshold (Yeom et al. 2018); with the oracle's, its maximum"),
  precision: rate.describe("members only: TP / (TP + FP); 0 when no record is called a member"),
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
  threshold: z.strictObject({ by: z.enum(["fixed", "shadow", "random points", "oracle"]), value: z.number() }),
  intervals: z
    .strictObject({ ...each(estimated, () => interval), tprAtFpr: byLevel(interval.nullable()) })
    .describe("95 %, of the sampled records at this threshold: the choice of an oracle threshold is not accounted for"),
});

export type Metrics = z.infer<typeof metricsSchema>;

/** Where the threshold comes from. The oracle's is the best one on the judged records themselves: an upper bound. */
export type ThresholdChoice = { by: "fixed" | "shadow" | "random points"; value: number } | { by: "oracle" };

/** The target's own accuracy, and on how many records; by default on as many as the attack is judged on. */
export interface TargetAccuracy {
  trainAccuracy: number;
  testAccuracy: number;
  trainRecords?: number;
  testRecords?: number;
}

/** One point for each distinct score from the highest down, after the point (0, 0) where no record is called a member. */
export interface Roc {
  /** points; a record is a member at point i if its score ≥ thresholds[i]. The first is +Infinity. */
  thresholds: Float64Array;
  /** points; in [0, 1], ascending from 0 to 1. */
  fpr: Float64Array;
  tpr: Float64Array;
  /** points; the counts behind the rates. */
  falsePositives: Uint32Array;
  truePositives: Uint32Array;
  members: number;
  nonMembers: number;
}

/** How records were called at one threshold; members are positive. */
export interface Confusion {
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

/**
 * The ROC curve with equal scores grouped into one point.
 *
 * @param scores records; higher = more likely a member
 * @param isMember records; 1 for a member, 0 for a non-member
 * @throws {InvalidInput} when the lengths differ, a score is not finite, a flag is not 0 or 1, or a side is empty.
 */
export function rocCurve(scores: Float64Array, isMember: Uint8Array): Roc {
  const members = countMembers(scores, isMember);
  const nonMembers = scores.length - members;
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const thresholds = [Number.POSITIVE_INFINITY];
  const truePositives = [0];
  const falsePositives = [0];
  let positives = 0;
  order.forEach((record, place) => {
    positives += isMember[record] as number;
    const score = scores[record] as number;
    if (place + 1 < order.length && scores[order[place + 1] as number] === score) return;
    thresholds.push(score);
    truePositives.push(positives);
    falsePositives.push(place + 1 - positives);
  });
  return {
    thresholds: Float64Array.from(thresholds),
    fpr: Float64Array.from(falsePositives, (count) => count / nonMembers),
    tpr: Float64Array.from(truePositives, (count) => count / members),
    falsePositives: Uint32Array.from(falsePositives),
    truePositives: Uint32Array.from(truePositives),
    members,
    nonMembers,
  };
}

/** Area under the ROC curve, exact: the share of member/non-member pairs ranked right, ties counting ½. Errors as `rocCurve`. */
export function auc(scores: Float64Array, isMember: Uint8Array): number {
  const { truePositives, falsePositives } = rocCurve(scores, isMember);
  return delong(truePositives, falsePositives).auc;
}

/** TPR at the last point whose FPR ≤ level, without interpolation (Carlini et al. 2022); see `resolvable` for whether it means anything. */
export function tprAtFpr(roc: Roc, level: number): number {
  return roc.tpr[pointAtFpr(roc, level)] as number;
}

/** Whether `nonMembers` records can show an FPR of `level` other than as 0, that is, level ≥ 1 / nonMembers. */
export function resolvable(level: number, nonMembers: number): boolean {
  return level >= 1 / nonMembers;
}

/** The oracle's threshold, to be used with ≥: a score of the curve. Of equally good ones the highest, which raises fewest false alarms. */
export function bestBalancedAccuracy(roc: Roc): { threshold: number; balancedAccuracy: number } {
  // Compared as integers, so that rounding decides no tie. Point 0 has no finite threshold and equals the last point.
  const lead = (point: number): number =>
    (roc.truePositives[point] as number) * roc.nonMembers - (roc.falsePositives[point] as number) * roc.members;
  let best = 1;
  for (let point = 2; point < roc.thresholds.length; point++) if (lead(point) > lead(best)) best = point;
  return {
    threshold: roc.thresholds[best] as number,
    balancedAccuracy: ((roc.tpr[best] as number) + 1 - (roc.fpr[best] as number)) / 2,
  };
}

/** Counts at a threshold: a record is called a member if its score ≥ threshold. Errors as `rocCurve`. */
export function confusionAt(scores: Float64Array, isMember: Uint8Array, threshold: number): Confusion {
  const members = countMembers(scores, isMember);
  let truePositives = 0;
  let falsePositives = 0;
  scores.forEach((score, record) => {
    if (score < threshold) return;
    if (isMember[record] === 1) truePositives++;
    else falsePositives++;
  });
  return {
    truePositives,
    falsePositives,
    trueNegatives: scores.length - members - falsePositives,
    falseNegatives: members - truePositives,
  };
}

/**
 * All metrics of one attack from its scores, with their intervals: DeLong for the AUC (`aucInterval`), Clopper–Pearson
 * for proportions, and MOVER over two Clopper–Pearson intervals for their sums and differences (conservative; the two
 * sides are separate records). Each takes the threshold as given.
 *
 * @throws {InvalidInput} as `rocCurve`, and for a threshold that is not finite or an accuracy outside [0, 1].
 */
export function evaluate(
  scores: Float64Array,
  isMember: Uint8Array,
  threshold: ThresholdChoice,
  target: TargetAccuracy,
): Metrics {
  const roc = rocCurve(scores, isMember);
  const { members, nonMembers } = roc;
  const value = threshold.by === "oracle" ? bestBalancedAccuracy(roc).threshold : threshold.value;
  if (!Number.isFinite(value)) throw new InvalidInput(`the ${threshold.by} threshold is ${value}; it must be finite`);
  const counts = confusionAt(scores, isMember, value);
  const trainAccuracy = accuracyOf("trainAccuracy", target.trainAccuracy, target.trainRecords ?? members);
  const testAccuracy = accuracyOf("testAccuracy", target.testAccuracy, target.testRecords ?? nonMembers);
  const recall = proportion(counts.truePositives, members);
  const fpr = proportion(counts.falsePositives, nonMembers);
  const specificity = proportion(counts.trueNegatives, nonMembers);
  const precision = proportion(counts.truePositives, counts.truePositives + counts.falsePositives);
  const negativePrecision = proportion(counts.trueNegatives, counts.trueNegatives + counts.falseNegatives);
  const area = delong(roc.truePositives, roc.falsePositives);
  const balancedAccuracy = moverMean(recall, specificity);
  const estimates = {
    trainAccuracy,
    testAccuracy,
    gap: moverDifference(trainAccuracy, testAccuracy),
    auc: { value: area.auc, interval: aucInterval(area, members, nonMembers) },
    balancedAccuracy,
    advantage: moverDifference(recall, fpr),
    precision,
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
    threshold: { by: threshold.by, value },
    intervals: {
      ...each(estimates, (estimate) => estimate.interval),
      tprAtFpr: each(tprs, (estimate) => estimate?.interval ?? null),
    },
  };
}

function pointAtFpr(roc: Roc, level: number): number {
  let point = roc.fpr.length - 1;
  while (point > 0 && (roc.fpr[point] as number) > level) point--;
  return point;
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

function countMembers(scores: Float64Array, isMember: Uint8Array): number {
  if (scores.length !== isMember.length) {
    throw new InvalidInput(`${scores.length} scores for ${isMember.length} membership flags; give one each per record`);
  }
  const strange = scores.findIndex((score) => !Number.isFinite(score));
  if (strange >= 0) throw new InvalidInput(`score ${strange} is ${scores[strange]}; every score must be finite`);
  const flag = isMember.findIndex((value) => value > 1);
  if (flag >= 0) throw new InvalidInput(`membership flag ${flag} is ${isMember[flag]}; it must be 0 or 1`);
  const members = isMember.reduce((sum, value) => sum + value, 0);
  if (members === 0 || members === isMember.length) {
    const missing = members === 0 ? "members" : "non-members";
    throw new InvalidInput(`there are no ${missing} among the ${isMember.length} records; an attack is judged on both`);
  }
  return members;
}
