import { type Dimension, numericDimensions } from "@shadowfarm/core/dimensions";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { isOfCells, meansCells, meansOneExperiment, parameterValues, type RowFilter } from "./result-filter.ts";
import { type Cells, isOwn, ownNames, type ResultMemory, type Setting, settingValue } from "./result-memory.ts";

/** Results of a memory that are chosen, each once; or cells, where those of one result are told apart. Valid until the next are. */
export interface Chosen {
  results: Int32Array; // chosen; places
  ids: Float64Array; // chosen; of the first cell of each
  cells: ChosenCells | null;
}

/** Whose cells, and which of their repeats. */
interface ChosenCells {
  experiments: readonly Cells[];
  experiment: Int32Array; // chosen
  repeat: Int32Array; // chosen
}

/**
 * The results that a filter chooses. What experiments share comes once, as the cell that came first; with `by` experiments once in
 * each, and of one experiment every cell.
 */
export function chooseResults(memory: ResultMemory, filter: RowFilter, by: readonly Dimension[]): Chosen {
  memory.work.begin();
  if (meansCells(filter, by)) return chooseCells(memory, filter, by);
  const { live, firstIds, work } = memory;
  const passing = passingOf(memory, filter, live);
  const [results, ids] = [work.takeInts(passing.length), work.takeNumbers(passing.length)];
  for (let at = 0; at < passing.length; at++) {
    const result = live[passing[at] as number] as number;
    results[at] = result;
    ids[at] = firstIds[result] as number;
  }
  return { results, ids, cells: null };
}

function chooseCells(memory: ResultMemory, filter: RowFilter, by: readonly Dimension[]): Chosen {
  const { work } = memory;
  const experiments = experimentsOf(memory, filter, by);
  const wanted = filter.is.filter(({ dimension }) => dimension === "repeat").map(({ values }) => values.map(Number));
  const passing = experiments.map(({ results, repeats }) =>
    wanted.reduce(
      (passing, some) => keepIn(passing, (at) => some.includes(repeats[at] as number)),
      passingOf(memory, filter, results),
    ),
  );
  const length = passing.reduce((sum, { length }) => sum + length, 0);
  const [results, ids] = [work.takeInts(length), work.takeNumbers(length)];
  const [experiment, repeat] = [work.takeInts(length), work.takeInts(length)];
  let end = 0;
  experiments.forEach((cells, of) => {
    const places = passing[of] as Int32Array;
    experiment.fill(of, end, end + places.length);
    for (let at = 0; at < places.length; at++) {
      const cell = places[at] as number;
      results[end] = cells.results[cell] as number;
      ids[end] = cells.ids[cell] as number;
      repeat[end++] = cells.repeats[cell] as number;
    }
  });
  const cells = { experiments, experiment, repeat };
  if (meansOneExperiment(filter, by)) return { results, ids, cells };
  return keepFirst(memory, { results, ids }, cells, by.includes("experiment"));
}

/** Keeps of the cells that have one result the first: of all, or of those under each name of experiments. */
function keepFirst(
  { work, count }: ResultMemory,
  { results, ids }: Pick<Chosen, "results" | "ids">,
  { experiments, experiment, repeat }: ChosenCells,
  underNames: boolean,
): Chosen {
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
  return {
    results: results.subarray(0, kept),
    ids: ids.subarray(0, kept),
    cells: { experiments, experiment: experiment.subarray(0, kept), repeat: repeat.subarray(0, kept) },
  };
}

/** Those that a filter names; by name where they are told apart so. */
function experimentsOf(memory: ResultMemory, filter: RowFilter, by: readonly Dimension[]): Cells[] {
  const named = filter.is.filter(({ dimension }) => dimension === "experiment" || dimension === "experimentId");
  const experiments = [...memory.experiments.values()].filter((cells) =>
    named.every(({ dimension, values }) => values.includes(cells[dimension as "experiment"])),
  );
  if (!by.includes("experiment")) return experiments;
  return experiments.sort(
    (one, other) => Number(one.experiment > other.experiment) - Number(one.experiment < other.experiment),
  );
}

/** The places among `results` of those that a filter chooses, whatever cells have them. */
function passingOf(memory: ResultMemory, filter: RowFilter, results: Int32Array): Int32Array {
  const { combinationOf, work } = memory;
  const isWanted = wantedCombinations(memory, filter);
  let passing = work.takeInts(results.length);
  let count = 0;
  for (let at = 0; at < results.length; at++) {
    if (isWanted[combinationOf[results[at] as number] as number] !== 0) passing[count++] = at;
  }
  passing = passing.subarray(0, count);
  for (const name of ownNames) {
    const { codes, different } = memory.own[name];
    for (const { values } of filter.is.filter(({ dimension }) => dimension === name)) {
      const wanted = different.map((text) => values.includes(text));
      passing = keepIn(passing, (at) => wanted[codes[results[at] as number] as number] as boolean);
    }
  }
  for (const { measure, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } of filter.within) {
    passing = keepWithin(passing, results, memory.measure(measure), min, max);
  }
  return passing;
}

function wantedCombinations(memory: ResultMemory, filter: RowFilter): Uint8Array {
  const isWanted = new Uint8Array(memory.combinations.length).fill(1);
  for (const { dimension, values } of filter.is) {
    if (isOfCells(dimension) || isOwn(dimension)) continue;
    const { codes, examples } = memory.coding([dimension]);
    const isMeant = meaningOf(dimension, values);
    const meant = examples.map((at) => isMeant(settingValue(memory.combinations[at] as Setting, dimension)));
    for (let at = 0; at < isWanted.length; at++) if (!meant[codes[at] as number]) isWanted[at] = 0;
  }
  return isWanted;
}

function keepWithin(
  places: Int32Array,
  results: Int32Array,
  values: Float64Array,
  min: number,
  max: number,
): Int32Array {
  let kept = 0;
  for (let at = 0; at < places.length; at++) {
    const place = places[at] as number;
    const value = values[results[place] as number] as number;
    // Not so for NaN: what was not measured is within no bounds.
    if (value >= min && value <= max) places[kept++] = place;
  }
  return places.subarray(0, kept);
}

/** As `filter` does, in the same array and without lists between. */
function keepIn(places: Int32Array, isKept: (place: number) => boolean): Int32Array {
  let kept = 0;
  for (let at = 0; at < places.length; at++) {
    const place = places[at] as number;
    if (isKept(place)) places[kept++] = place;
  }
  return places.subarray(0, kept);
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
