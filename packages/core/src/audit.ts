import { betaCdf, clopperPearson, type Interval, logGamma } from "./intervals.ts";
import { bestBalancedAccuracy, confusionAt, rocCurve } from "./roc.ts";

/** The δ at which ε is bounded, unless said otherwise. */
export const AUDIT_DELTA = 1e-5;
const CONFIDENCE = 0.95;
/** Records that the one-run audit guesses, as a share of all. Fixed before any score is seen, as its proof demands. */
const SHARE_GUESSED = 0.1;

/** Lower bounds of the ε that the target's training can have, each with 95 % confidence; 0 when the attack shows none. */
export interface EpsilonBounds {
  delta: number;
  /** From TPR and FPR of one threshold, which is chosen on half of the records and judged on the other. */
  clopperPearson: number;
  /** From the share of right guesses on the most extreme scores. Steinke, Nasr & Jagielski 2023. */
  oneRun: number;
}

/**
 * Both bounds from an attack's scores.
 *
 * The one-run bound takes each record to be a member or not by a coin of its own; here exactly half are, which makes the
 * guesses negligibly dependent.
 *
 * @param scores records, in an order that tells nothing; higher = more likely a member
 * @param isMember records; 1 for a member
 */
export function epsilonBounds(scores: Float64Array, isMember: Uint8Array, delta: number = AUDIT_DELTA): EpsilonBounds {
  return {
    delta,
    clopperPearson: splitBound(scores, isMember, delta),
    oneRun: guessingBound(scores, isMember, delta),
  };
}

/**
 * ln((TPR − δ) / FPR), or ln((TNR − δ) / FNR) if that is larger, with both rates at the worse ends of their
 * Clopper–Pearson intervals (Jagielski, Ullman & Oprea 2020). The threshold comes from the first half of the records of
 * each side and the rates from the second, since one record cannot both choose and judge.
 */
function splitBound(scores: Float64Array, isMember: Uint8Array, delta: number): number {
  const places = [0, 1].map((side) => [...isMember.keys()].filter((record) => isMember[record] === side));
  if (places.some((side) => side.length < 2)) return 0;
  const half = (second: boolean) => {
    const records = places.flatMap((side) => {
      const middle = Math.floor(side.length / 2);
      return second ? side.slice(middle) : side.slice(0, middle);
    });
    return {
      scores: Float64Array.from(records, (record) => scores[record] as number),
      isMember: Uint8Array.from(records, (record) => isMember[record] as number),
    };
  };
  const choosing = half(false);
  const judging = half(true);
  const roc = rocCurve(choosing.scores, choosing.isMember);
  let chosen = bestBalancedAccuracy(roc).threshold;
  let most = Number.NEGATIVE_INFINITY;
  for (let point = 1; point < roc.thresholds.length; point++) {
    // How it is chosen needs no exactness: Wilson's limits are as good, and a thousand times as quick.
    const bound = boundOf(
      wilson(roc.truePositives[point] as number, roc.members)[0],
      wilson(roc.falsePositives[point] as number, roc.nonMembers)[1],
      delta,
    );
    if (bound <= most) continue;
    most = bound;
    chosen = roc.thresholds[point] as number;
  }
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = confusionAt(
    judging.scores,
    judging.isMember,
    chosen,
  );
  // Both directions rest on the same two one-sided bounds, which an interval misses with half of its risk each.
  const tpr = clopperPearson(truePositives, truePositives + falseNegatives, CONFIDENCE)[0];
  const fpr = clopperPearson(falsePositives, falsePositives + trueNegatives, CONFIDENCE)[1];
  return Math.max(0, boundOf(tpr, fpr, delta));
}

/** What ε must at least be when TPR is no less, and FPR no more, than this. */
function boundOf(tpr: number, fpr: number, delta: number): number {
  const inside = tpr > delta ? Math.log((tpr - delta) / fpr) : Number.NEGATIVE_INFINITY;
  const outside = 1 - fpr > delta ? Math.log((1 - fpr - delta) / (1 - tpr)) : Number.NEGATIVE_INFINITY;
  return Math.max(inside, outside);
}

/** Wilson's 95 % interval of a proportion. */
function wilson(successes: number, trials: number): Interval {
  const z = 1.96;
  const share = successes / trials;
  const middle = share + (z * z) / (2 * trials);
  const margin = z * Math.sqrt((share * (1 - share)) / trials + (z / (2 * trials)) ** 2);
  const scale = 1 + (z * z) / trials;
  return [(middle - margin) / scale, (middle + margin) / scale];
}

function guessingBound(scores: Float64Array, isMember: Uint8Array, delta: number): number {
  const order = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const each = Math.floor((scores.length * SHARE_GUESSED) / 2);
  if (each === 0) return 0;
  const right =
    order.slice(0, each).filter((record) => isMember[record] === 1).length +
    order.slice(-each).filter((record) => isMember[record] === 0).length;
  return oneRunBound({ canaries: scores.length, guesses: 2 * each, right, delta });
}

/** What a one-run audit saw. */
export interface OneRun {
  /** Records that were members with probability ½ each. */
  canaries: number;
  /** Of them, how many the auditor made a guess about, and how many of those were right. */
  guesses: number;
  right: number;
  delta: number;
}

/**
 * The largest ε that what was seen excludes with 95 % confidence: the ε at which as many right guesses become as likely as
 * 5 % (Steinke, Nasr & Jagielski 2023, Theorem 5.2); 0 when none is excluded.
 *
 * @throws {RangeError} unless 0 ≤ right ≤ guesses ≤ canaries.
 */
export function oneRunBound({ canaries, guesses, right, delta }: OneRun): number {
  if (!(right >= 0 && right <= guesses && guesses <= canaries)) {
    throw new RangeError(`${right} right of ${guesses} guesses about ${canaries} records are not an audit`);
  }
  const excluded = (epsilon: number) => {
    const q = 1 / (1 + Math.exp(-epsilon));
    return tailOf(right, guesses, q) + 2 * canaries * delta * slack(right, guesses, q) < 1 - CONFIDENCE;
  };
  if (right === 0 || !excluded(0)) return 0;
  let low = 0;
  let high = 1;
  while (excluded(high)) high *= 2;
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (excluded(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** P[Bin(trials, q) ≥ least]. */
function tailOf(least: number, trials: number, q: number): number {
  return least === 0 ? 1 : betaCdf(q, least, trials - least + 1);
}

/** Largest mean of the probabilities of 1, 2, … right guesses fewer. */
function slack(right: number, guesses: number, q: number): number {
  let sum = 0;
  let largest = 0;
  for (let fewer = 1; fewer <= right; fewer++) {
    sum += probabilityOf(right - fewer, guesses, q);
    largest = Math.max(largest, sum / fewer);
  }
  return largest;
}

function probabilityOf(successes: number, trials: number, q: number): number {
  const choices = logGamma(trials + 1) - logGamma(successes + 1) - logGamma(trials - successes + 1);
  return Math.exp(choices + successes * Math.log(q) + (trials - successes) * Math.log1p(-q));
}
