import { InvalidInput } from "./errors.ts";
import { delong } from "./intervals.ts";

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

/**
 * Points of a curve for a picture, both its ends among them: all when there are few, and else those that differ most on a
 * logarithmic and on a linear axis alike, so that neither loses its shape.
 *
 * @param most at least 2
 */
export function thinRoc({ fpr, tpr, nonMembers }: Roc, most: number): { fpr: number; tpr: number }[] {
  const last = fpr.length - 1;
  const kept = new Set<number>([0, last]);
  if (fpr.length <= most) for (let point = 0; point < last; point++) kept.add(point);
  else {
    // Half of the steps are even in FPR, half in its logarithm; of the points up to each the last is the highest.
    const steps = Math.floor((most - 2) / 2);
    for (let step = 1; step <= steps; step++) {
      const share = step / (steps + 1);
      for (const level of [share, nonMembers ** (share - 1)]) kept.add(lastWithin(fpr, level));
    }
  }
  return [...kept]
    .sort((one, other) => one - other)
    .map((point) => ({ fpr: fpr[point] as number, tpr: tpr[point] as number }));
}

/** The last point whose FPR is at most `level`, by halving. */
function lastWithin(fpr: Float64Array, level: number): number {
  let [low, high] = [0, fpr.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((fpr[middle] as number) <= level) low = middle;
    else high = middle - 1;
  }
  return low;
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

/** The last point of the curve whose FPR ≤ level. */
export function pointAtFpr(roc: Roc, level: number): number {
  return lastWithin(roc.fpr, level);
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
