import type { Dimension } from "@shadowfarm/core/dimensions";
import { type Candidates, chosenCombinations } from "./choose-results.ts";
import { isOfCells, type RowFilter } from "./result-filter.ts";
import { isOwn, ownNames, type ResultMemory } from "./result-memory.ts";

/** Which group results are in: by their combination, or each candidate by itself; `NO_GROUP` where a filter leaves them out. */
export interface Grouping {
  ofCombination: Int32Array; // combinations
  ofCandidate: Int32Array | null; // candidates
  /** There may be groups that nothing is in. */
  count: number;
}

export const NO_GROUP = -1;

/** Groups candidates by their values in dimensions; without any, each combination by itself. */
export function groupBy(
  memory: ResultMemory,
  candidates: Candidates,
  filter: RowFilter,
  by: readonly Dimension[],
): Grouping {
  const ofCombination = memory.work.takeInts(memory.combinations.length).fill(NO_GROUP);
  const isChosen = chosenCombinations(memory, filter);
  const { codes, examples } = memory.coding(by.filter((dimension) => !isOfCells(dimension) && !isOwn(dimension)));
  let count = by.length === 0 ? 0 : examples.length;
  for (let at = 0; at < ofCombination.length; at++) {
    if (isChosen[at]) ofCombination[at] = by.length === 0 ? count++ : (codes[at] as number);
  }
  const splits = splitsOf(memory, candidates, by);
  if (splits.length === 0) return { ofCombination, ofCandidate: null, count };
  const { results } = candidates;
  const first: Numbered = {
    numbers: memory.work
      .takeInts(results.length)
      .map((_, at) => ofCombination[memory.combinationOf[results[at] as number] as number] as number),
    count,
  };
  const { numbers, count: all } = splits.reduce(splitNumbers, first);
  return { ofCombination, ofCandidate: numbers, count: all };
}

/** By what groups are split beside combinations: numbers below `size` for the candidates. */
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

interface Numbered {
  numbers: Int32Array; // candidates
  count: number;
}

/** Numbers for pairs of a number and a code, as they come up. */
function splitNumbers({ numbers }: Numbered, { size, codeAt }: Split): Numbered {
  const known = new Map<number, number>();
  for (let at = 0; at < numbers.length; at++) {
    const before = numbers[at] as number;
    if (before === NO_GROUP) continue;
    const pair = before * size + codeAt(at);
    const number = known.get(pair) ?? known.size;
    if (number === known.size) known.set(pair, number);
    numbers[at] = number;
  }
  return { numbers, count: known.size };
}
