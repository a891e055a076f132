import type { Dimension } from "@shadowfarm/core/dimensions";
import { type Candidates, chosenCombinations, testsOfResults } from "./choose-results.ts";
import { NO_GROUP } from "./group-loops.ts";
import { isOfCells, type RowFilter } from "./result-filter.ts";
import { isOwn, ownNames, type ResultMemory } from "./result-memory.ts";

/** Which group each candidate is in; there may be groups that nothing is in. */
export interface Grouping {
  groups: Int32Array; // candidates; `NO_GROUP` where a filter leaves one out
  count: number;
}

/** Groups the candidates that a filter chooses by their values in dimensions; without any, each combination by itself. */
export function groupBy(
  memory: ResultMemory,
  candidates: Candidates,
  filter: RowFilter,
  by: readonly Dimension[],
): Grouping {
  const { codes, examples } = memory.coding(by.filter((dimension) => !isOfCells(dimension) && !isOwn(dimension)));
  const { results, groups, ofCombination } = memory.loops.begin(candidates.results, codes.length);
  const combinations = chosenCombinations(memory, filter);
  ofCombination.fill(NO_GROUP);
  for (let at = 0; at < combinations.length; at++) {
    const combination = combinations[at] as number;
    ofCombination[combination] = by.length === 0 ? at : (codes[combination] as number);
  }
  memory.loops.takeGroups();
  const { own, bounds } = testsOfResults(memory, filter);
  for (const { values, min, max } of bounds) leaveOutBeyond(results, values, min, max, groups);
  for (const { codes, isWanted } of own) leaveOutOthers(results, codes, isWanted, groups);
  const count = by.length === 0 ? combinations.length : examples.length;
  return splitsOf(memory, candidates, by).reduce(splitGroups, { groups, count });
}

function leaveOutBeyond(results: Int32Array, values: Float64Array, min: number, max: number, groups: Int32Array): void {
  for (let at = 0; at < results.length; at++) {
    const value = values[results[at] as number] as number;
    // Not so for NaN: what was not measured is within no bounds.
    if (!(value >= min && value <= max)) groups[at] = NO_GROUP;
  }
}

function leaveOutOthers(
  results: Int32Array,
  codes: readonly number[],
  isWanted: readonly boolean[],
  groups: Int32Array,
): void {
  for (let at = 0; at < results.length; at++) {
    if (!isWanted[codes[results[at] as number] as number]) groups[at] = NO_GROUP;
  }
}

/** By what groups are split beside combinations: codes below `size` for the candidates. */
interface Split {
  size: number;
  codeAt(at: number): number;
}

function splitsOf(memory: ResultMemory, { results, cells }: Candidates, by: readonly Dimension[]): Split[] {
  const splits: Split[] = ownNames
    .filter((name) => by.includes(name))
    .map((name) => {
      const { codes, different } = memory.own[name];
      return { size: different.length, codeAt: (at) => codes[results[at] as number] as number };
    });
  if (cells === null) return splits;
  const { experiments, experiment, repeat } = cells;
  if (by.includes("experimentId")) {
    splits.push({ size: experiments.length, codeAt: (at) => experiment[at] as number });
  }
  if (by.includes("experiment")) {
    const names = experiments.map(({ experiment }) => experiment);
    const codes = names.map((name) => names.indexOf(name));
    splits.push({ size: names.length, codeAt: (at) => codes[experiment[at] as number] as number });
  }
  if (by.includes("repeat")) {
    const most = repeat.reduce((most, one) => Math.max(most, one), 0);
    splits.push({ size: most + 1, codeAt: (at) => repeat[at] as number });
  }
  return splits;
}

/** Groups for pairs of a group and a code, numbered as they come up. */
function splitGroups({ groups }: Grouping, { size, codeAt }: Split): Grouping {
  const known = new Map<number, number>();
  for (let at = 0; at < groups.length; at++) {
    const before = groups[at] as number;
    if (before === NO_GROUP) continue;
    const pair = before * size + codeAt(at);
    const group = known.get(pair) ?? known.size;
    if (group === known.size) known.set(pair, group);
    groups[at] = group;
  }
  return { groups, count: known.size };
}
