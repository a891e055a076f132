import type { Dimension, Measure } from "@shadowfarm/core/dimensions";
import { InvalidInput } from "@shadowfarm/core/errors";
import { type Candidates, candidatesFor } from "./choose-results.ts";
import { NO_GROUP, NONE } from "./group-loops.ts";
import { groupBy } from "./grouping.ts";
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
  const { results, ids } = candidates;
  const { groups: groupOf, count } = groupBy(memory, candidates, filter, by);
  const { starts, results: members, firsts } = memory.loops.members(count);
  if (ids !== null) findFirsts(groupOf, ids, firsts);
  const groups: number[] = [];
  for (let group = 0; group < firsts.length; group++) if (firsts[group] !== NONE) groups.push(group);
  if (groups.length > limit) {
    throw new InvalidInput(
      `there are more than ${limit} groups; filter, group by fewer dimensions, or raise the limit`,
    );
  }
  const firstOf = (group: number) => firsts[group] as number;
  const idOf = (group: number) => (ids ? (ids[firstOf(group)] as number) : firstOf(group));
  const columns = wanted.map((measure) => [measure, memory.measure(measure)] as const);
  groups.sort((one, other) => idOf(one) - idOf(other));
  return groups.map((group) => {
    const first = results[firstOf(group)] as number;
    const own = members.subarray(starts[group] as number, starts[group + 1] as number);
    return {
      key: by.map((dimension) => valueIn(memory, candidates, firstOf(group), dimension) ?? null),
      setting: by.length === 0 ? settingOf(memory, first) : null,
      n: own.length,
      mixed: areSeveral(own, memory.combinationOf),
      synthetic: memory.loops.countMarked(own, memory.loops.synthetic),
      noSignal: memory.loops.countMarked(own, memory.loops.noSignal),
      example: memory.jobKeys[first] as string,
      measures: Object.fromEntries(columns.map(([measure, values]) => [measure, spreadOf(own, values)])),
    };
  });
}

/** Notes which member of each group has the least id. */
function findFirsts(groups: Int32Array, ids: Float64Array, firsts: Int32Array): void {
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] as number;
    if (group !== NO_GROUP && (ids[at] as number) < (ids[firsts[group] as number] as number)) firsts[group] = at;
  }
}

function areSeveral(results: Int32Array, combinationOf: Int32Array): boolean {
  const only = combinationOf[results[0] as number];
  for (let at = 1; at < results.length; at++) if (combinationOf[results[at] as number] !== only) return true;
  return false;
}

/**
 * Mean and deviation of a measure, from differences to the first value: equal values then have exactly that mean and no deviation, and
 * since the first is one of them, its distance from the mean cannot outweigh the deviation.
 */
function spreadOf(results: Int32Array, values: Float64Array): GroupedMeasure {
  let first = 0;
  while (first < results.length && Number.isNaN(values[results[first] as number])) first++;
  if (first === results.length) return { n: 0, mean: null, sd: null, min: null, max: null };
  const start = values[results[first] as number] as number;
  let missing = first;
  let sum = 0;
  let squares = 0;
  let min = start;
  let max = start;
  for (let at = first; at < results.length; at++) {
    const value = values[results[at] as number] as number;
    if (Number.isNaN(value)) {
      missing++;
      continue;
    }
    const off = value - start;
    sum += off;
    squares += off * off;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  const n = results.length - missing;
  const off = sum / n;
  const sd = n < 2 ? null : Math.sqrt(Math.max(0, squares - sum * off) / (n - 1));
  return { n, mean: start + off, sd, min, max };
}

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
