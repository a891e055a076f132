/** A 95 % confidence interval unless said otherwise: `[low, high]`. */
export type Interval = [low: number, high: number];

/** A value and the 95 % interval around it. */
export interface Estimate {
  value: number;
  interval: Interval;
}

const LEVEL = 0.95;
/** The 97.5 % quantile of the standard normal. */
const Z = 1.959963984540054;

/**
 * Exact binomial interval of a proportion of `successes` in `trials` (Clopper & Pearson 1934, by beta quantiles).
 * Without trials it is [0, 1]: nothing is known.
 *
 * @throws {RangeError} unless 0 ≤ successes ≤ trials are integers and 0 < level < 1.
 */
export function clopperPearson(successes: number, trials: number, level: number = LEVEL): Interval {
  checkLevel(level);
  if (!Number.isInteger(successes) || !Number.isInteger(trials) || successes < 0 || successes > trials) {
    throw new RangeError(`${successes} successes in ${trials} trials are not a proportion`);
  }
  const tail = (1 - level) / 2;
  const failures = trials - successes;
  return [
    successes === 0 ? 0 : betaQuantile(tail, successes, failures + 1),
    failures === 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
  ];
}

/**
 * Student's t interval of a mean, from the mean and the sample standard deviation (n − 1) of `n` ≥ 2 values.
 * It is not cut to the range of the values.
 *
 * @throws {RangeError} unless n is an integer of at least 2 and 0 < level < 1.
 */
export function studentInterval(mean: number, sd: number, n: number, level: number = LEVEL): Interval {
  checkLevel(level);
  if (!Number.isInteger(n) || n < 2) throw new RangeError(`an interval of a mean needs 2 values or more, not ${n}`);
  const margin = studentQuantile(level, n - 1) * (sd / Math.sqrt(n));
  return [mean - margin, mean + margin];
}

/** By level and degrees of freedom: thousands of means have few different numbers of repeats. */
const quantiles = new Map<string, number>();
const MOST_QUANTILES = 1_000;

function studentQuantile(level: number, freedom: number): number {
  const which = `${level} ${freedom}`;
  const known = quantiles.get(which);
  if (known !== undefined) return known;
  // t² / (t² + ν) of a t variable is Beta(½, ν/2).
  const share = betaQuantile(level, 0.5, freedom / 2);
  const quantile = Math.sqrt((freedom * share) / (1 - share));
  if (quantiles.size < MOST_QUANTILES) quantiles.set(which, quantile);
  return quantile;
}

/** A proportion with its Clopper–Pearson interval; of no trials it is 0, as scikit-learn's `zero_division=0` has it, with [0, 1]. */
export function proportion(successes: number, trials: number): Estimate {
  return { value: trials === 0 ? 0 : successes / trials, interval: clopperPearson(successes, trials) };
}

/**
 * `(a + b) / 2` of two independent estimates, with an interval from their own: the "method of variance estimates
 * recovery" (Zou & Donner 2008; Newcombe 1998 is the case of two proportions). It never leaves the range of the mean.
 */
export function moverMean(a: Estimate, b: Estimate): Estimate {
  const { value, interval } = moverSum(a, b);
  return { value: value / 2, interval: [interval[0] / 2, interval[1] / 2] };
}

/** `a − b` of two independent estimates, with an interval made as in `moverMean`. */
export function moverDifference(a: Estimate, b: Estimate): Estimate {
  return moverSum(a, { value: -b.value, interval: [-b.interval[1], -b.interval[0]] });
}

function moverSum(a: Estimate, b: Estimate): Estimate {
  const value = a.value + b.value;
  const below = Math.hypot(a.value - a.interval[0], b.value - b.interval[0]);
  const above = Math.hypot(a.interval[1] - a.value, b.interval[1] - b.value);
  return { value, interval: [value - below, value + above] };
}

/** An area under a ROC curve and its sampling variance. */
export interface AucVariance {
  auc: number;
  /** `null` when one side has a single record, whose spread nothing tells. */
  variance: number | null;
}

/**
 * AUC and its variance after DeLong, DeLong & Clarke-Pearson 1988, in one pass over the points of a ROC curve. As in
 * Sun & Xu 2014 the placements come from ranks (a tie counts ½), here as running counts, so sorting is the only cost.
 *
 * @param truePositives points; members at or above each distinct score, from 0 (no record yet) to all of them
 * @param falsePositives points; non-members, likewise
 */
export function delong(truePositives: Uint32Array, falsePositives: Uint32Array): AucVariance {
  const members = truePositives.at(-1) ?? 0;
  const nonMembers = falsePositives.at(-1) ?? 0;
  // A sum of halves, hence exact.
  let concordant = 0;
  eachTie(truePositives, falsePositives, (tie) => {
    concordant += tie.members * tie.nonMembersBelow;
  });
  const auc = concordant / (members * nonMembers);
  if (members < 2 || nonMembers < 2) return { auc, variance: null };
  let memberSpread = 0;
  let nonMemberSpread = 0;
  eachTie(truePositives, falsePositives, (tie) => {
    memberSpread += tie.members * (tie.nonMembersBelow / nonMembers - auc) ** 2;
    nonMemberSpread += tie.nonMembers * (tie.membersAbove / members - auc) ** 2;
  });
  return {
    auc,
    variance: memberSpread / (members - 1) / members + nonMemberSpread / (nonMembers - 1) / nonMembers,
  };
}

/**
 * 95 % interval of an AUC: DeLong's variance on the logit scale (Pepe 2003, §5.2), which stays inside (0, 1).
 *
 * A variance of zero (perfect separation either way, or all scores equal) or none (one record on a side) says nothing.
 * Then: min(members, nonMembers) disjoint pairs are independent trials whose success probability is the AUC, so the
 * exact interval of that many trials holds, and is wider than need be.
 */
export function aucInterval({ auc, variance }: AucVariance, members: number, nonMembers: number): Interval {
  if (variance === null || variance === 0 || auc === 0 || auc === 1) {
    const pairs = Math.min(members, nonMembers);
    return [clopperPearson(Math.floor(auc * pairs), pairs)[0], clopperPearson(Math.ceil(auc * pairs), pairs)[1]];
  }
  const logit = Math.log(auc / (1 - auc));
  const margin = (Z * Math.sqrt(variance)) / (auc * (1 - auc));
  return [1 / (1 + Math.exp(margin - logit)), 1 / (1 + Math.exp(-margin - logit))];
}

interface Tie {
  members: number;
  nonMembers: number;
  /** Non-members with a lower score, and half of those with the same. */
  nonMembersBelow: number;
  /** Members with a higher score, and half of those with the same. */
  membersAbove: number;
}

function eachTie(truePositives: Uint32Array, falsePositives: Uint32Array, visit: (tie: Tie) => void): void {
  const all = falsePositives.at(-1) ?? 0;
  for (let point = 1; point < truePositives.length; point++) {
    const above = truePositives[point - 1] as number;
    const nonMembersAbove = falsePositives[point - 1] as number;
    const members = (truePositives[point] as number) - above;
    const nonMembers = (falsePositives[point] as number) - nonMembersAbove;
    visit({
      members,
      nonMembers,
      nonMembersBelow: all - nonMembersAbove - nonMembers / 2,
      membersAbove: above + members / 2,
    });
  }
}

function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`a confidence level of ${level} is not between 0 and 1`);
}

/**
 * The x at which the Beta(a, b) distribution reaches `probability`, for a and b of at least ½.
 *
 * Written out here because `@stdlib`'s costs 225 packages, 7 s of `npm ci` and 0.15 s of start-up, and `jstat` stops at ten digits.
 */
function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  // The loop ends when no double lies between the bounds; until then each step halves them.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high || high - low < 1e-15 * low) return middle;
    if (betaCdf(middle, a, b) < probability) low = middle;
    else high = middle;
  }
}

/** The regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b) at x: the continued fraction DLMF 8.17.22, by Lentz's method. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below this bound only; the symmetry brings every x below it.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  let numerator = 1;
  let denominator = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = denominator;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    denominator = 1 / away(1 + even * denominator);
    numerator = away(1 + even / numerator);
    fraction *= numerator * denominator;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / away(1 + odd * denominator);
    numerator = away(1 + odd / numerator);
    const factor = numerator * denominator;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  return (Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) * fraction) / a;
}

/** Lentz's method divides by these terms: keep them off zero. */
function away(term: number): number {
  return Math.abs(term) < 1e-300 ? 1e-300 : term;
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x ≥ ½, after Lanczos with g = 7 and nine terms. */
export function logGamma(x: number): number {
  const [first = 0, ...rest] = LANCZOS;
  const series = rest.reduce((sum, coefficient, index) => sum + coefficient / (x + index), first);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series);
}
