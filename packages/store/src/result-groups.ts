import type { Dimension, Measure } from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import { type Bounds, type Candidates, candidatesFor, testsOfResults } from "./choose-results.ts";
import { type Grouping, groupBy, NO_GROUP } from "./grouping.ts";
import type { RowFilter } from "./result-filter.ts";
import { isOwn, type ResultMemory, type Setting, settingValue } from "./result-memory.ts";

/** One measure over the results of a group. */
export interface GroupedMeasure {
  n: number;
  mean: number | null;
  sd: number | null;
  min: number | null;
  max: number | null;
}

/** Results that agree in what they were grouped by. */
export interface RowGroup {
  /** The values of what was grouped by, in that order; null where there is none. */
  key: unknown[];
  /** All that a combination is, when grouped by it. */
  setting: Setting | null;
  /** Results; what experiments share counts once. */
  n: number;
  /** Whether they are of several combinations: if not, they are repeats of one. */
  mixed: boolean;
  synthetic: number;
  noSignal: number;
  /** Job key of one of them. */
  example: string;
  measures: Record<string, GroupedMeasure>;
}

/**
 * Means over results that agree in some dimensions, in the order in which the first of each came.
 *
 * @param by none: each combination by itself, and with it all that it is
 * @param limit groups at most
 * @throws {InvalidInput} when there are more groups.
 */
export function groupsOf(
  memory: ResultMemory,
  filter: RowFilter,
  by: readonly Dimension[],
  wanted: readonly Measure[],
  limit: number,
): RowGroup[] {
  const candidates = candidatesFor(memory, filter, by);
  const tally = tallyOf(memory, candidates, filter, groupBy(memory, candidates, filter, by));
  const { counts } = tally;
  const firstOf = (group: number) => counts[WIDTH * group + FIRST] as number;
  const idOf = (group: number) => (candidates.ids ? (candidates.ids[firstOf(group)] as number) : firstOf(group));
  const groups = Array.from({ length: tally.count }, (_, group) => group).filter((group) => counts[WIDTH * group + N]);
  if (groups.length > limit) {
    throw new InvalidInput(
      `there are more than ${limit} groups; filter, group by fewer dimensions, or raise the limit`,
    );
  }
  const spreads = wanted.map((measure) => spreadsOf(memory.measure(measure), tally));
  groups.sort((one, other) => idOf(one) - idOf(other));
  return groups.map((group) => {
    const first = firstOf(group);
    const result = candidates.results[first] as number;
    return {
      key: by.map((dimension) => valueIn(memory, candidates, first, dimension) ?? null),
      setting: by.length === 0 ? settingOf(memory, result) : null,
      n: counts[WIDTH * group + N] as number,
      mixed: counts[WIDTH * group + ONLY] === SEVERAL,
      synthetic: counts[WIDTH * group + SYNTHETIC] as number,
      noSignal: counts[WIDTH * group + NO_SIGNAL] as number,
      example: memory.jobKeys[result] as string,
      measures: Object.fromEntries(wanted.map((measure, at) => [measure, spreads[at]?.(group) as GroupedMeasure])),
    };
  });
}

/** Places of what is counted of a group: results, their only combination, those on synthetic data, and without signal, the first. */
const [N, ONLY, SYNTHETIC, NO_SIGNAL, FIRST, WIDTH] = [0, 1, 2, 3, 4, 8] as const;
/** The only combination where there are several. */
const SEVERAL = -1;

/** The candidates that a filter chooses, with their groups, and what is counted of these. */
interface Tally {
  results: Int32Array; // chosen; places
  groups: Int32Array; // chosen
  count: number;
  counts: Int32Array; // groups × WIDTH
}

/** One look at each candidate: a loop for each thing that is looked at takes a quarter longer. */
function tallyOf(memory: ResultMemory, { results, ids }: Candidates, filter: RowFilter, grouping: Grouping): Tally {
  const { combinationOf, noSignal, work } = memory;
  const { ofCombination, ofCandidate, count } = grouping;
  const { own, bounds } = testsOfResults(memory, filter);
  const { isSynthetic } = memory;
  const counts = work.takeInts(WIDTH * count).fill(0);
  const [chosen, groups] = [work.takeInts(results.length), work.takeInts(results.length)];
  let kept = 0;
  candidates: for (let at = 0; at < results.length; at++) {
    const result = results[at] as number;
    const combination = combinationOf[result] as number;
    const group = (ofCandidate === null ? ofCombination[combination] : ofCandidate[at]) as number;
    if (group === NO_GROUP) continue;
    for (let one = 0; one < bounds.length; one++) {
      const { values, min, max } = bounds[one] as Bounds;
      const value = values[result] as number;
      // Not so for NaN: what was not measured is within no bounds.
      if (!(value >= min && value <= max)) continue candidates;
    }
    if (own.length > 0 && !own.every(({ codes, isWanted }) => isWanted[codes[result] as number])) continue;
    chosen[kept] = result;
    groups[kept++] = group;
    const of = WIDTH * group;
    if (counts[of + N] === 0) {
      counts[of + ONLY] = combination;
      counts[of + FIRST] = at;
    } else {
      if (counts[of + ONLY] !== combination) counts[of + ONLY] = SEVERAL;
      if (ids !== null && (ids[at] as number) < (ids[counts[of + FIRST] as number] as number)) counts[of + FIRST] = at;
    }
    (counts[of + N] as number)++;
    if (isSynthetic[combination]) (counts[of + SYNTHETIC] as number)++;
    if (noSignal[result] !== 0) (counts[of + NO_SIGNAL] as number)++;
  }
  return { results: chosen.subarray(0, kept), groups: groups.subarray(0, kept), count, counts };
}

/**
 * Mean and deviation of a measure in each group, from differences to its first value: equal values then have exactly that mean and no
 * deviation, and since the first is one of them, its distance from the mean cannot outweigh the deviation.
 */
function spreadsOf(values: Float64Array, { results, groups, count }: Tally): (group: number) => GroupedMeasure {
  const sums = new Float64Array(WIDTH * count);
  for (let at = 0; at < sums.length; at += WIDTH) {
    sums[at + MIN] = Number.POSITIVE_INFINITY;
    sums[at + MAX] = Number.NEGATIVE_INFINITY;
  }
  for (let at = 0; at < groups.length; ) {
    // Repeats follow each other for the most part: as long as the group is the same, its sums are at hand.
    const group = groups[at] as number;
    const own = WIDTH * group;
    let known = sums[own + KNOWN] as number;
    let start = sums[own + START] as number;
    let sum = sums[own + SUM] as number;
    let squares = sums[own + SQUARES] as number;
    let min = sums[own + MIN] as number;
    let max = sums[own + MAX] as number;
    do {
      const value = values[results[at++] as number] as number;
      // Not measured.
      if (Number.isNaN(value)) continue;
      if (known === 0) start = value;
      const off = value - start;
      known++;
      sum += off;
      squares += off * off;
      if (value < min) min = value;
      if (value > max) max = value;
    } while (at < groups.length && groups[at] === group);
    sums[own + KNOWN] = known;
    sums[own + START] = start;
    sums[own + SUM] = sum;
    sums[own + SQUARES] = squares;
    sums[own + MIN] = min;
    sums[own + MAX] = max;
  }
  return (group) => {
    const own = WIDTH * group;
    const n = sums[own + KNOWN] as number;
    if (n === 0) return { n, mean: null, sd: null, min: null, max: null };
    const off = (sums[own + SUM] as number) / n;
    const squares = Math.max(0, (sums[own + SQUARES] as number) - (sums[own + SUM] as number) * off);
    return {
      n,
      mean: (sums[own + START] as number) + off,
      sd: n < 2 ? null : Math.sqrt(squares / (n - 1)),
      min: sums[own + MIN] as number,
      max: sums[own + MAX] as number,
    };
  };
}

/** Places of what is summed up of a measure in a group. */
const [KNOWN, START, SUM, SQUARES, MIN, MAX] = [0, 1, 2, 3, 4, 5] as const;

/** A dimension of a candidate; undefined where it has no such parameter. */
function valueIn(memory: ResultMemory, { results, cells }: Candidates, at: number, dimension: Dimension): unknown {
  const result = results[at] as number;
  if (isOwn(dimension)) return memory.own[dimension].at(result);
  if (cells !== null && dimension === "repeat") return cells.repeat[at];
  if (cells !== null && (dimension === "experiment" || dimension === "experimentId")) {
    return cells.experiments[cells.experiment[at] as number]?.[dimension];
  }
  return settingValue(settingOf(memory, result), dimension);
}

function settingOf(memory: ResultMemory, result: number): Setting {
  return memory.combinations[memory.combinationOf[result] as number] as Setting;
}
