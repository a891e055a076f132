import { isMeant, testsOfCombinations, testsOfResults } from "./choose-results.ts";
import type { RowFilter } from "./result-filter.ts";
import { type Cells, cellsBelow, type ResultMemory } from "./result-memory.ts";
import type { RowPage } from "./result-rows.ts";
import type { RowPlace } from "./row-texts.ts";

/**
 * A page of rows in the order in which they came, or the newest first. Every cell is a row, also of a result that experiments share.
 *
 * @param limit rows at most; at least 1
 * @param after id of the row where the page before ended; any other integer will do
 */
export function pageById(
  memory: ResultMemory,
  filter: RowFilter,
  descending: boolean,
  limit: number,
  after: number | null,
): RowPage {
  const step = descending ? -1 : 1;
  const searches = searchesFor(memory, filter);
  const walks = walksFrom(memory, filter, step, after);
  const rows: RowPlace[] = [];
  while (walks.length > 0) {
    const { cells, at } = walks[0] as Walk;
    const to = passOver(searches, cells, at, step);
    if (to === at) {
      if (rows.length === limit) return { rows, next: { value: 0, id: (rows[limit - 1] as RowPlace).id } };
      rows.push({ id: cells.ids[at] as number, experimentId: cells.experimentId });
    }
    // There, a cell of another experiment may come first.
    moveFirst(walks, to === at ? at + step : to, step);
  }
  return { rows, next: null };
}

type Step = 1 | -1;

/** The first cell that passes a test, from one on in steps; beyond the last, or −1, where none does. */
type Search = (cells: Cells, from: number, step: Step) => number;

/** A search for each test of a filter that an experiment as a whole does not decide. */
function searchesFor(memory: ResultMemory, filter: RowFilter): Search[] {
  const { combinationOf } = memory;
  const { own, bounds } = testsOfResults(memory, filter);
  const repeats = filter.is.filter(({ dimension }) => dimension === "repeat").map(({ values }) => values.map(Number));
  return [
    ...testsOfCombinations(memory, filter).map(
      ({ codes, isWanted }): Search =>
        ({ results }, from, step) =>
          findSetting(results, combinationOf, codes, isWanted, from, step),
    ),
    ...own.map(
      ({ codes, isWanted }): Search =>
        ({ results }, from, step) =>
          findOwn(results, codes, isWanted, from, step),
    ),
    ...bounds.map(
      ({ values, min, max }): Search =>
        ({ results }, from, step) =>
          findWithin(results, values, min, max, from, step),
    ),
    ...repeats.map(
      (wanted): Search =>
        (cells, from, step) =>
          findRepeat(cells.repeats, wanted, from, step),
    ),
  ];
}

/** The same cell if it passes all tests; otherwise one further on, before which none does, and which has yet to be tested. */
function passOver(searches: readonly Search[], cells: Cells, from: number, step: Step): number {
  let at = from;
  for (let test = 0; test < searches.length; test++) at = (searches[test] as Search)(cells, at, step);
  return at;
}

// A function for each kind of test, since a filter that chooses little walks through all cells in these loops.

function findSetting(
  results: Int32Array,
  combinationOf: Int32Array,
  codes: readonly number[],
  isWanted: readonly boolean[],
  from: number,
  step: Step,
): number {
  let at = from;
  while (at >= 0 && at < results.length) {
    if (isWanted[codes[combinationOf[results[at] as number] as number] as number]) break;
    at += step;
  }
  return at;
}

function findOwn(
  results: Int32Array,
  codes: readonly number[],
  isWanted: readonly boolean[],
  from: number,
  step: Step,
): number {
  let at = from;
  while (at >= 0 && at < results.length && !isWanted[codes[results[at] as number] as number]) at += step;
  return at;
}

function findWithin(
  results: Int32Array,
  values: Float64Array,
  min: number,
  max: number,
  from: number,
  step: Step,
): number {
  let at = from;
  while (at >= 0 && at < results.length) {
    const value = values[results[at] as number] as number;
    // Not so for NaN: what was not measured is within no bounds.
    if (value >= min && value <= max) break;
    at += step;
  }
  return at;
}

function findRepeat(repeats: Int32Array, wanted: readonly number[], from: number, step: Step): number {
  let at = from;
  while (at >= 0 && at < repeats.length && !wanted.includes(repeats[at] as number)) at += step;
  return at;
}

/** A way through the cells of an experiment. */
interface Walk {
  cells: Cells;
  /** The cell that comes next. */
  at: number;
  /** Its id, or with the newest first minus that: the least comes first. */
  order: number;
}

/** A walk for each experiment that has cells from where a page begins, as a heap: the least of all is the first. */
function walksFrom(memory: ResultMemory, filter: RowFilter, step: Step, after: number | null): Walk[] {
  const walks: Walk[] = [];
  for (const cells of memory.experiments.values()) {
    if (!filter.is.every((one) => isMeant(cells, one))) continue;
    const at = step > 0 ? firstAbove(cells, after) : lastBelow(cells, after);
    if (at >= 0 && at < cells.ids.length) walks.push({ cells, at, order: step * (cells.ids[at] as number) });
  }
  for (let at = walks.length >> 1; at-- > 0; ) sink(walks, at);
  return walks;
}

function firstAbove(cells: Cells, id: number | null): number {
  return id === null ? 0 : cellsBelow(cells, id + 1);
}

function lastBelow(cells: Cells, id: number | null): number {
  return (id === null ? cells.ids.length : cellsBelow(cells, id)) - 1;
}

/** Moves the first walk on to a cell, or takes it from the heap where that is beyond its end. */
function moveFirst(walks: Walk[], to: number, step: Step): void {
  const first = walks[0] as Walk;
  const { ids } = first.cells;
  if (to >= 0 && to < ids.length) {
    first.at = to;
    first.order = step * (ids[to] as number);
  } else {
    const last = walks.pop() as Walk;
    if (last === first) return;
    walks[0] = last;
  }
  sink(walks, 0);
}

/** Moves a walk behind those below it in the heap that come before it. */
function sink(walks: Walk[], from: number): void {
  const walk = walks[from] as Walk;
  let at = from;
  for (let below = 2 * at + 1; below < walks.length; below = 2 * at + 1) {
    if (below + 1 < walks.length && (walks[below + 1] as Walk).order < (walks[below] as Walk).order) below++;
    const other = walks[below] as Walk;
    if (other.order >= walk.order) break;
    walks[at] = other;
    at = below;
  }
  walks[at] = walk;
}
