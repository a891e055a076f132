import { type Dimension, numericDimensions } from "@shadowfarm/core/dimensions";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { isOfCells, meansCells, meansOneExperiment, parameterValues, type RowFilter } from "./result-filter.ts";
import { type Cells, isOwn, type ResultMemory, type Setting, settingValue } from "./result-memory.ts";

/** Results, each once; or cells, where those of one result are told apart. Valid until the next question. */
export interface Candidates {
  results: Int32Array; // candidates; places
  /** Of the first cell of each; null where they are in the order of these. */
  ids: Float64Array | null; // candidates
  cells: CandidateCells | null;
}

/** Whose cells, and which of their repeats. */
interface CandidateCells {
  experiments: readonly Cells[];
  experiment: Int32Array; // candidates
  repeat: Int32Array; // candidates
}

/**
 * The results among which a filter chooses, already by what it says of cells. What experiments share comes once, as the cell that came
 * first; with `by` experiments once in each, and of one experiment every cell.
 */
export function candidatesFor(memory: ResultMemory, filter: RowFilter, by: readonly Dimension[]): Candidates {
  memory.work.begin();
  if (!meansCells(filter, by)) return { results: memory.live, ids: null, cells: null };
  const experiments = memory.experimentsBy((cells) => filter.is.every((one) => isMeant(cells, one)));
  const repeats = filter.is.filter(({ dimension }) => dimension === "repeat").map(({ values }) => values.map(Number));
  const [only, ...others] = experiments;
  if (only && others.length === 0 && repeats.length === 0 && meansOneExperiment(filter, by) && !by.some(isOfCells)) {
    return { results: only.results, ids: null, cells: null };
  }
  const all = cellsOf(memory, experiments, repeats);
  return meansOneExperiment(filter, by) ? all : firstOfEach(memory, all, by.includes("experiment"));
}

/** Whether a condition of a filter, as far as it is one of whole experiments, means that of some cells. */
export function isMeant(cells: Cells, { dimension, values }: RowFilter["is"][number]): boolean {
  if (dimension !== "experiment" && dimension !== "experimentId") return true;
  return values.includes(cells[dimension]);
}

type WithCells = { [Name in keyof Candidates]: NonNullable<Candidates[Name]> };

/** @param repeats lists of which each is to have a cell's */
function cellsOf(
  { work }: ResultMemory,
  experiments: readonly Cells[],
  repeats: readonly (readonly number[])[],
): WithCells {
  const most = experiments.reduce((sum, { ids }) => sum + ids.length, 0);
  const [results, ids] = [work.takeInts(most), work.takeNumbers(most)];
  const [experiment, repeat] = [work.takeInts(most), work.takeInts(most)];
  let count = 0;
  for (const [of, cells] of experiments.entries()) {
    for (let cell = 0; cell < cells.ids.length; cell++) {
      const own = cells.repeats[cell] as number;
      if (repeats.length > 0 && !repeats.every((some) => some.includes(own))) continue;
      results[count] = cells.results[cell] as number;
      ids[count] = cells.ids[cell] as number;
      experiment[count] = of;
      repeat[count++] = own;
    }
  }
  return cut({ results, ids, cells: { experiments, experiment, repeat } }, count);
}

/** Keeps of the cells that have one result the first: of all, or of those under each name of experiments. */
function firstOfEach({ work, count }: ResultMemory, all: WithCells, underNames: boolean): WithCells {
  const { results, ids, cells } = all;
  const { experiments, experiment, repeat } = cells;
  // Experiments of one name follow each other, so that one number tells whether a result was met under this name.
  const names = experiments.map(({ experiment }) => experiment);
  const nameOf = names.map((name) => (underNames ? names.indexOf(name) : 0));
  const [metUnder, metAt] = [work.takeInts(count).fill(-1), work.takeInts(count)];
  let kept = 0;
  for (let at = 0; at < results.length; at++) {
    const result = results[at] as number;
    const name = nameOf[experiment[at] as number] as number;
    let to = kept;
    if (metUnder[result] === name) {
      to = metAt[result] as number;
      if ((ids[at] as number) > (ids[to] as number)) continue;
    } else {
      metUnder[result] = name;
      metAt[result] = kept++;
    }
    results[to] = result;
    ids[to] = ids[at] as number;
    experiment[to] = experiment[at] as number;
    repeat[to] = repeat[at] as number;
  }
  return cut(all, kept);
}

function cut({ results, ids, cells: { experiments, experiment, repeat } }: WithCells, count: number): WithCells {
  return {
    results: results.subarray(0, count),
    ids: ids.subarray(0, count),
    cells: { experiments, experiment: experiment.subarray(0, count), repeat: repeat.subarray(0, count) },
  };
}

/** Which combinations a filter chooses, in their order. Valid until the next question. */
export function chosenCombinations(memory: ResultMemory, filter: RowFilter): Int32Array {
  const chosen = memory.work.takeInts(memory.combinations.length);
  let count = chosen.length;
  for (let at = 0; at < count; at++) chosen[at] = at;
  for (const { codes, isWanted } of testsOfCombinations(memory, filter)) {
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const combination = chosen[at] as number;
      if (isWanted[codes[combination] as number]) chosen[kept++] = combination;
    }
    count = kept;
  }
  return chosen.subarray(0, count);
}

/** What a filter says of combinations. */
export function testsOfCombinations(memory: ResultMemory, { is }: RowFilter): Test[] {
  return is.flatMap(({ dimension, values }) => {
    if (isOfCells(dimension) || isOwn(dimension)) return [];
    const { codes, examples } = memory.coding([dimension]);
    const isOneOf = meaningOf(dimension, values);
    const isWanted = examples.map((at) => isOneOf(settingValue(memory.combinations[at] as Setting, dimension)));
    return [{ codes, isWanted }];
  });
}

/** Codes of combinations, or of results, and which of them are wanted. */
interface Test {
  codes: readonly number[]; // combinations or results
  isWanted: readonly boolean[]; // codes
}

/** Whether a value of a dimension is one of those that a filter names. */
function meaningOf(dimension: Dimension, values: readonly string[]): (value: unknown) => boolean {
  if (dimension.includes(".")) {
    const texts = new Set(values.flatMap(parameterValues).map((value) => canonicalJson(value)));
    return (value) => value !== undefined && texts.has(canonicalJson(value));
  }
  if (numericDimensions.has(dimension)) {
    const numbers = new Set(values.map(Number));
    return (value) => numbers.has(value as number);
  }
  return (value) => values.includes(value as string);
}

/** Bounds of a measure. */
interface Bounds {
  values: Float64Array; // results
  min: number;
  max: number;
}

/** What a filter says of results by themselves. */
export function testsOfResults(memory: ResultMemory, { is, within }: RowFilter): { own: Test[]; bounds: Bounds[] } {
  const own = is.flatMap(({ dimension, values }) => {
    if (!isOwn(dimension)) return [];
    const { codes, different } = memory.own[dimension];
    return [{ codes, isWanted: different.map((text) => values.includes(text)) }];
  });
  const bounds = within.map(({ measure, min, max }) => ({
    values: memory.measure(measure),
    min: min ?? Number.NEGATIVE_INFINITY,
    max: max ?? Number.POSITIVE_INFINITY,
  }));
  return { own, bounds };
}
