import type { Dimension } from "@shadowfarm/core/dimensions";
import { isOfCells } from "./result-filter.ts";
import { isOwn, type ResultMemory, type Setting, settingValue } from "./result-memory.ts";

/** Values of a dimension at most. */
const MOST_VALUES = 1000;

/** The values that occur of some dimensions, the most frequent first, with how many cells have each. */
export function valuesOf(
  memory: ResultMemory,
  dimensions: readonly Dimension[],
): Map<Dimension, { value: unknown; count: number }[]> {
  return new Map(
    dimensions.map((dimension) => {
      const found = (isOfCells(dimension) ? valuesOfCells : valuesOfResults)(memory, dimension);
      const known = found.filter(({ value }) => value !== undefined && value !== null);
      return [dimension, known.sort(byFrequency).slice(0, MOST_VALUES)];
    }),
  );
}

type Valued = { value: unknown; count: number };

function byFrequency(one: Valued, other: Valued): number {
  if (one.count !== other.count) return other.count - one.count;
  return (one.value as string | number) < (other.value as string | number) ? -1 : 1;
}

function valuesOfCells({ experiments }: ResultMemory, dimension: Dimension): Valued[] {
  const counts = new Map<unknown, number>();
  const add = (value: unknown, count: number) => counts.set(value, (counts.get(value) ?? 0) + count);
  for (const cells of experiments.values()) {
    if (dimension === "repeat") for (const repeat of cells.repeats) add(repeat, 1);
    else add(cells[dimension as "experiment"], cells.ids.length);
  }
  return Array.from(counts, ([value, count]) => ({ value, count }));
}

function valuesOfResults(memory: ResultMemory, dimension: Dimension): Valued[] {
  const { live, cellsOf, combinationOf, combinations } = memory;
  const count = (size: number, codeOf: (result: number) => number) => {
    const counts = new Array<number>(size).fill(0);
    for (const result of live) (counts[codeOf(result)] as number) += cellsOf[result] as number;
    return counts;
  };
  if (isOwn(dimension)) {
    const { codes, different } = memory.own[dimension];
    const counts = count(different.length, (result) => codes[result] as number);
    return counts.map((count, at) => ({ value: different[at], count }));
  }
  const { codes, examples } = memory.coding([dimension]);
  const counts = count(examples.length, (result) => codes[combinationOf[result] as number] as number);
  return counts
    .map((count, at) => ({
      value: settingValue(combinations[examples[at] as number] as Setting, dimension),
      count,
    }))
    .filter(({ count }) => count > 0);
}
