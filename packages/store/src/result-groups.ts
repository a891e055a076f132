import type { Dimension, Measure } from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Interval } from "@shadowfarm/core/intervals";
import type { Metrics } from "@shadowfarm/core/metrics";
import { type Chosen, chooseResults } from "./choose-results.ts";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import { isOfCells, type RowFilter } from "./result-filter.ts";
import { isOwn, ownNames, type ResultMemory, type Setting, settingValue } from "./result-memory.ts";

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
  const chosen = chooseResults(memory, filter, by);
  const grouping = groupBy(memory, chosen, by);
  const { n, first, firstId, only, synthetic, noSignal } = countsOf(memory, chosen, grouping);
  const order = [...n.keys()].filter((group) => n[group] !== 0);
  if (order.length > limit) {
    throw new InvalidInput(
      `there are more than ${limit} groups; filter, group by fewer dimensions, or raise the limit`,
    );
  }
  const spreads = wanted.map((measure) => spreadsOf(memory.measure(measure), chosen, grouping));
  order.sort((one, other) => (firstId[one] as number) - (firstId[other] as number));
  return order.map((group) => {
    const at = first[group] as number;
    const result = chosen.results[at] as number;
    return {
      key: by.map((dimension) => valueIn(memory, chosen, at, dimension) ?? null),
      setting: by.length === 0 ? settingOf(memory, result) : null,
      n: n[group] as number,
      mixed: only[group] === SEVERAL,
      synthetic: synthetic[group] as number,
      noSignal: noSignal[group] as number,
      example: memory.jobKeys[result] as string,
      measures: Object.fromEntries(wanted.map((measure, at) => [measure, spreads[at]?.(group) as GroupedMeasure])),
    };
  });
}

/** The intervals that results have by themselves, by the keys of their jobs. */
export async function intervalsOf(
  reader: Reader,
  jobKeys: readonly string[],
): Promise<Map<string, Metrics["intervals"]>> {
  if (jobKeys.length === 0) return new Map();
  const found = await reader.query<{ jobKey: string; intervals: Metrics["intervals"] }>(Prisma.sql`
    SELECT "jobKey", metrics->'intervals' AS intervals FROM "Result" WHERE "jobKey" = ANY(${[...jobKeys]})`);
  return new Map(found.map(({ jobKey, intervals }) => [jobKey, intervals]));
}

/** The 95 % interval that a single result has by itself; null for what is not sampled, such as a count. */
export function sampledInterval(intervals: Metrics["intervals"], measure: Measure): Interval | null {
  const level = measure.startsWith("tpr@") ? measure.slice(4) : null;
  if (level !== null) return intervals.tprAtFpr[level as keyof Metrics["intervals"]["tprAtFpr"]] ?? null;
  return ((intervals as Record<string, unknown>)[measure] as Interval | undefined) ?? null;
}

/** Values of a dimension at most. */
const MOST_VALUES = 1000;

/** The values that occur of some dimensions, the most frequent first, with how many cells have each. */
export function valuesOf(
  memory: ResultMemory,
  dimensions: readonly Dimension[],
): Map<Dimension, { value: unknown; count: number }[]> {
  const everything = { is: [], within: [] };
  return new Map(
    dimensions.map((dimension) => {
      const chosen = chooseResults(memory, everything, isOfCells(dimension) ? ["experimentId"] : []);
      const { groups, count } = groupBy(memory, chosen, [dimension]);
      const [counts, examples] = [new Float64Array(count), new Int32Array(count)];
      groups.forEach((group, at) => {
        (counts[group] as number) += chosen.cells ? 1 : (memory.cellsOf[chosen.results[at] as number] as number);
        examples[group] = at;
      });
      const found = Array.from(counts, (count, group) => ({
        value: valueIn(memory, chosen, examples[group] as number, dimension) ?? null,
        count,
      })).filter(({ value }) => value !== null);
      return [dimension, found.sort(byFrequency).slice(0, MOST_VALUES)];
    }),
  );
}

type Valued = { value: unknown; count: number };

function byFrequency(one: Valued, other: Valued): number {
  if (one.count !== other.count) return other.count - one.count;
  return (one.value as string | number) < (other.value as string | number) ? -1 : 1;
}

/** Which group each of the chosen is in; there may be groups without any. */
interface Grouping {
  groups: Int32Array; // chosen
  count: number;
}

function groupBy(memory: ResultMemory, chosen: Chosen, by: readonly Dimension[]): Grouping {
  const { results, cells } = chosen;
  const { combinationOf, work } = memory;
  const groups = work.takeInts(results.length);
  let grouping: Grouping = { groups, count: memory.combinations.length };
  if (by.length === 0) {
    for (let at = 0; at < groups.length; at++) groups[at] = combinationOf[results[at] as number] as number;
  } else {
    const { codes, examples } = memory.coding(by.filter((dimension) => !isOfCells(dimension) && !isOwn(dimension)));
    for (let at = 0; at < groups.length; at++) {
      groups[at] = codes[combinationOf[results[at] as number] as number] as number;
    }
    grouping = { groups, count: examples.length };
  }
  // Few of very many.
  if (grouping.count > groups.length) grouping = split(grouping, 1, () => 0);
  for (const name of ownNames.filter((name) => by.includes(name))) {
    const { codes, different } = memory.own[name];
    grouping = split(grouping, different.length, (at) => codes[results[at] as number] as number);
  }
  if (cells === null) return grouping;
  const { experiments, experiment, repeat } = cells;
  if (by.includes("experimentId")) {
    grouping = split(grouping, experiments.length, (at) => experiment[at] as number);
  }
  if (by.includes("experiment")) {
    const names = [...new Set(experiments.map(({ experiment }) => experiment))];
    const codes = experiments.map(({ experiment }) => names.indexOf(experiment));
    grouping = split(grouping, names.length, (at) => codes[experiment[at] as number] as number);
  }
  if (by.includes("repeat")) {
    const most = repeat.reduce((most, one) => Math.max(most, one), 0);
    grouping = split(grouping, most + 1, (at) => repeat[at] as number);
  }
  return grouping;
}

/** Groups of which each is split by codes below `size`. */
function split({ groups, count }: Grouping, size: number, codeAt: (at: number) => number): Grouping {
  return numbered(groups.length, count * size, (at) => (groups[at] as number) * size + codeAt(at));
}

/** More are found by their hashes. */
const LARGEST_TABLE = 2 ** 22;

/** Numbers codes below `size` as they come up. */
function numbered(length: number, size: number, codeAt: (at: number) => number): Grouping {
  const groups = new Int32Array(length);
  let count = 0;
  if (size > LARGEST_TABLE) {
    const numbers = new Map<number, number>();
    for (let at = 0; at < length; at++) {
      const code = codeAt(at);
      const group = numbers.get(code) ?? numbers.size;
      if (group === numbers.size) numbers.set(code, group);
      groups[at] = group;
    }
    return { groups, count: numbers.size };
  }
  const numbers = new Int32Array(size); // from 1
  for (let at = 0; at < length; at++) {
    const code = codeAt(at);
    if (numbers[code] === 0) numbers[code] = ++count;
    groups[at] = (numbers[code] as number) - 1;
  }
  return { groups, count };
}

/** The only combination of a group of several. */
const SEVERAL = -1;

function countsOf(memory: ResultMemory, { results, ids }: Chosen, { groups, count }: Grouping) {
  const [n, synthetic, noSignal] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const [first, only] = [new Int32Array(count), new Int32Array(count)];
  const firstId = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const { combinationOf, noSignal: hasNone } = memory;
  const { codes, examples } = memory.coding(["data"]);
  const isSynthetic = examples.map((at) => memory.combinations[at]?.data === "synthetic");
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] as number;
    const result = results[at] as number;
    const combination = combinationOf[result] as number;
    if (n[group] === 0) only[group] = combination;
    else if (only[group] !== combination) only[group] = SEVERAL;
    (n[group] as number)++;
    if ((ids[at] as number) < (firstId[group] as number)) {
      firstId[group] = ids[at] as number;
      first[group] = at;
    }
    if (isSynthetic[codes[combination] as number]) (synthetic[group] as number)++;
    if (hasNone[result] !== 0) (noSignal[group] as number)++;
  }
  return { n, synthetic, noSignal, first, firstId, only };
}

/**
 * Mean and deviation of a measure in each group, from differences to its first value: equal values then have exactly that mean and no
 * deviation, and since the first is one of them, its distance from the mean cannot outweigh the deviation.
 */
function spreadsOf(values: Float64Array, { results }: Chosen, { groups, count }: Grouping) {
  // All of a group side by side: half as many places to look at.
  const all = new Float64Array(WIDTH * count);
  for (let at = 0; at < all.length; at += WIDTH) {
    all[at + MIN] = Number.POSITIVE_INFINITY;
    all[at + MAX] = Number.NEGATIVE_INFINITY;
  }
  for (let at = 0; at < groups.length; at++) {
    const value = values[results[at] as number] as number;
    // Not measured.
    if (Number.isNaN(value)) continue;
    const group = WIDTH * (groups[at] as number);
    if (all[group + N] === 0) all[group + START] = value;
    const off = value - (all[group + START] as number);
    (all[group + N] as number)++;
    (all[group + SUM] as number) += off;
    (all[group + SQUARES] as number) += off * off;
    if (value < (all[group + MIN] as number)) all[group + MIN] = value;
    if (value > (all[group + MAX] as number)) all[group + MAX] = value;
  }
  return (group: number): GroupedMeasure => {
    const own = all.subarray(WIDTH * group, WIDTH * (group + 1));
    const [n, start, sum, squares, min, max] = own as unknown as [number, number, number, number, number, number];
    if (n === 0) return { n, mean: null, sd: null, min: null, max: null };
    const off = sum / n;
    const sd = n < 2 ? null : Math.sqrt(Math.max(0, squares - sum * off) / (n - 1));
    return { n, mean: start + off, sd, min, max };
  };
}

/** Places of what is summed up of a group. */
const [N, START, SUM, SQUARES, MIN, MAX, WIDTH] = [0, 1, 2, 3, 4, 5, 8] as const;

/** A dimension of one of the chosen; undefined where it has no such parameter. */
function valueIn(memory: ResultMemory, { results, cells }: Chosen, at: number, dimension: Dimension): unknown {
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
