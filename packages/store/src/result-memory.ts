import { type Dimension, type Measure, measures } from "@shadowfarm/core/dimensions";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { GroupLoops } from "./group-loops.ts";
import { WorkArrays } from "./work-arrays.ts";

/** All that the repeats of a combination have in common. */
export type Setting = Readonly<Record<string, unknown>>;

/** The cells of an experiment that have their result. */
export interface Cells {
  experimentId: string;
  experiment: string;
  ids: Float64Array; // cells, ascending
  results: Int32Array; // cells; places in the memory
  repeats: Int32Array; // cells
}

/** How many cells of an experiment have lesser ids than this one. */
export function cellsBelow({ ids }: Cells, id: number): number {
  let [low, high] = [0, ids.length];
  // Of most experiments all or none.
  if (high === 0 || (ids[0] as number) >= id) return 0;
  if ((ids[high - 1] as number) < id) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Numbers for combinations, equal for those that agree in some dimensions. */
export interface Coding {
  codes: number[]; // combinations
  /** Of each number the first combination that has it. */
  examples: number[];
}

/** What results have by themselves beside measures: few different texts. */
export const ownNames = ["engine", "machine", "version"] as const;
export type OwnName = (typeof ownNames)[number];

export function isOwn(dimension: Dimension): dimension is OwnName {
  return ownNames.some((name) => name === dimension);
}

/** What rows are results of, by column. */
export interface OfResult {
  combination: readonly string[]; // UUIDs
  jobKey: readonly string[];
}

/** Results as they are read, by column. */
export interface ReadResults extends OfResult, Record<OwnName, readonly string[]> {
  noSignal: readonly boolean[];
  createdAt: Float64Array; // ms
  measures: readonly Float64Array[]; // `measures` × results; NaN: not measured
}

/** Codings that are kept; with one more all are made anew. */
const MOST_CODINGS = 200;
const FIRST_CAPACITY = 1024;
const NONE = -1;
/** Fewer that are gone are no matter. */
const LEAST_GONE = 10_000;

/**
 * Results by column, each once in a combination, whichever cells have it: means over a hundred thousand are made in a millisecond or
 * two, where a database that reads rows takes a tenth of a second. Nothing is lost from it, but what no cell has is left out.
 */
export class ResultMemory {
  readonly combinations: Setting[] = [];
  readonly experiments = new Map<string, Cells>();
  /** For whoever answers a question. */
  readonly work = new WorkArrays();
  /** Results that were ever put in. */
  count = 0;
  /** For groups; with the columns by which these are made. */
  readonly loops = new GroupLoops(FIRST_CAPACITY);
  /** Results that cells have now, by the ids of their first cells; places. */
  live = new Int32Array();
  /** How many cells have a result now. */
  cellsOf = new Int32Array(FIRST_CAPACITY); // results
  /** The least id of those cells. */
  firstIds = new Float64Array(FIRST_CAPACITY); // results
  createdAt = new Float64Array(FIRST_CAPACITY); // results; ms
  readonly jobKeys: string[] = []; // results
  readonly own = Object.fromEntries(ownNames.map((name) => [name, new Texts()])) as Record<OwnName, Texts>;
  /** NaN where a result has none. */
  values = measures.map(() => new Float64Array(FIRST_CAPACITY)); // measures × results
  private readonly places = new Map<string, number>(); // of combinations
  private readonly settingTexts: string[] = []; // combinations
  private readonly lastOfJob = new Map<string, number>();
  /** Of the result of the same job that came before; −1: none. */
  private before = new Int32Array(FIRST_CAPACITY); // results
  private readonly codings = new Map<string, Coding & { numbers: Map<string, number> }>();

  get combinationOf(): Int32Array {
    return this.loops.combinationOf; // results
  }

  measure(measure: Measure): Float64Array {
    return this.values[measures.indexOf(measure)] as Float64Array; // results
  }

  /** Of some combinations those whose settings are not known yet. */
  unknown(combinations: Iterable<string>): string[] {
    return [...new Set(combinations)].filter((combination) => !this.places.has(combination));
  }

  learn(combination: string, setting: Setting): void {
    if (this.places.has(combination)) return;
    this.places.set(combination, this.combinations.push(setting) - 1);
    this.settingTexts.push(JSON.stringify({ combination, ...setting }).slice(1, -1));
  }

  /** The members of an object that tell a result's combination, as JSON. */
  settingJson(result: number): string {
    return this.settingTexts[this.combinationOf[result] as number] as string;
  }

  /** The place of a job's result in a combination, the last that was put in. */
  placeOf({ combination, jobKey }: OfResult, at: number): number {
    const wanted = this.places.get(combination[at] as string);
    let place = this.lastOfJob.get(jobKey[at] as string) ?? NONE;
    while (place !== NONE && this.combinationOf[place] !== wanted) place = this.before[place] as number;
    if (place === NONE) throw new Error(`no result of job ${jobKey[at]} in combination ${combination[at]} is marked`);
    return place;
  }

  /** The place of a result, which is put in unless it is there; one that was made anew with other numbers is another one. */
  put(read: ReadResults, at: number): number {
    const combination = this.places.get(read.combination[at] as string) as number;
    const jobKey = read.jobKey[at] as string;
    const last = this.lastOfJob.get(jobKey) ?? NONE;
    let known = last;
    while (known !== NONE && this.combinationOf[known] !== combination) known = this.before[known] as number;
    if (known !== NONE && this.holds(known, read, at)) return known;
    const place = this.count;
    if (place === this.combinationOf.length) this.grow();
    this.combinationOf[place] = combination;
    this.loops.synthetic[place] = this.combinations[combination]?.data === "synthetic" ? 1 : 0;
    this.loops.noSignal[place] = read.noSignal[at] ? 1 : 0;
    this.createdAt[place] = read.createdAt[at] as number;
    this.firstIds[place] = Number.POSITIVE_INFINITY;
    this.jobKeys.push(jobKey);
    for (const name of ownNames) this.own[name].push(read[name][at] as string);
    for (let measure = 0; measure < measures.length; measure++) {
      (this.values[measure] as Float64Array)[place] = read.measures[measure]?.[at] as number;
    }
    this.before[place] = last;
    this.lastOfJob.set(jobKey, place);
    this.count++;
    return place;
  }

  /** Replaces the cells of experiments, all in one turn; those without any are gone. */
  replace(changed: readonly Cells[]): void {
    for (const { experimentId } of changed) {
      const results = this.experiments.get(experimentId)?.results ?? new Int32Array();
      for (let at = 0; at < results.length; at++) {
        const place = results[at] as number;
        (this.cellsOf[place] as number)--;
        this.firstIds[place] = Number.POSITIVE_INFINITY;
      }
      this.experiments.delete(experimentId);
    }
    for (const cells of changed) {
      if (cells.ids.length > 0) this.experiments.set(cells.experimentId, cells);
      for (const place of cells.results) (this.cellsOf[place] as number)++;
    }
    // Of all, since results that went from one experiment may be those of another.
    const { firstIds, cellsOf, count } = this;
    for (const { ids, results } of this.experiments.values()) {
      for (let at = 0; at < ids.length; at++) {
        const id = ids[at] as number;
        const place = results[at] as number;
        if (id < (firstIds[place] as number)) firstIds[place] = id;
      }
    }
    const live = new Int32Array(count);
    let [alive, latest, inOrder] = [0, 0, true];
    for (let place = 0; place < count; place++) {
      if (cellsOf[place] === 0) continue;
      const id = firstIds[place] as number;
      inOrder &&= id > latest;
      latest = id;
      live[alive++] = place;
    }
    this.live = live.subarray(0, alive);
    if (!inOrder) this.live.sort((one, other) => (firstIds[one] as number) - (firstIds[other] as number));
  }

  /** Those that are chosen, by name. */
  experimentsBy(isChosen: (cells: Cells) => boolean): Cells[] {
    const chosen = [...this.experiments.values()].filter(isChosen);
    return chosen.sort(
      (one, other) => Number(one.experiment > other.experiment) - Number(one.experiment < other.experiment),
    );
  }

  /** Whether so many results have no cell any more that the memory is better filled anew. */
  mostIsGone(): boolean {
    const gone = this.count - this.live.length;
    return gone > LEAST_GONE && gone > this.live.length;
  }

  /** Numbers for the combinations by the values that they have in some dimensions of combinations. */
  coding(by: readonly Dimension[]): Coding {
    const name = canonicalJson(by);
    if (!this.codings.has(name) && this.codings.size === MOST_CODINGS) this.codings.clear();
    const known = this.codings.get(name) ?? { codes: [], examples: [], numbers: new Map<string, number>() };
    this.codings.set(name, known);
    const { codes, examples, numbers } = known;
    if (codes.length === this.combinations.length) return known;
    const parts = by.length > 1 ? by.map((dimension) => this.coding([dimension]).codes) : [];
    for (let at = codes.length; at < this.combinations.length; at++) {
      const text = by.length > 1 ? parts.map((part) => part[at]).join() : this.textOf(at, by[0]);
      const code = numbers.get(text) ?? examples.push(at) - 1;
      numbers.set(text, code);
      codes.push(code);
    }
    return known;
  }

  /** Empty where there is no value, which is not the same as a null. */
  private textOf(combination: number, dimension: Dimension | undefined): string {
    const value = dimension && settingValue(this.combinations[combination] as Setting, dimension);
    return value === undefined ? "" : canonicalJson(value);
  }

  private holds(place: number, read: ReadResults, at: number): boolean {
    for (let measure = 0; measure < measures.length; measure++) {
      const [own, other] = [this.values[measure]?.[place] as number, read.measures[measure]?.[at] as number];
      if (own !== other && !(Number.isNaN(own) && Number.isNaN(other))) return false;
    }
    if (this.createdAt[place] !== read.createdAt[at] || this.loops.noSignal[place] !== (read.noSignal[at] ? 1 : 0))
      return false;
    return ownNames.every((name) => this.own[name].at(place) === read[name][at]);
  }

  private grow(): void {
    const capacity = 2 * this.count;
    this.loops.enlarge(capacity);
    this.cellsOf = enlarged(this.cellsOf, new Int32Array(capacity));
    this.firstIds = enlarged(this.firstIds, new Float64Array(capacity));
    this.createdAt = enlarged(this.createdAt, new Float64Array(capacity));
    this.before = enlarged(this.before, new Int32Array(capacity));
    this.values = this.values.map((column) => enlarged(column, new Float64Array(capacity)));
  }
}

/** A column of few different texts. */
export class Texts {
  readonly codes: number[] = [];
  readonly different: string[] = [];
  private readonly json: string[] = []; // of `different`
  private readonly numbers = new Map<string, number>();

  push(text: string): void {
    let code = this.numbers.get(text);
    if (code === undefined) {
      code = this.different.push(text) - 1;
      this.json.push(JSON.stringify(text));
      this.numbers.set(text, code);
    }
    this.codes.push(code);
  }

  at(place: number): string {
    return this.different[this.codes[place] as number] as string;
  }

  /** The text as JSON. */
  jsonAt(place: number): string {
    return this.json[this.codes[place] as number] as string;
  }
}

/** A dimension of a combination; undefined where it has no such parameter. */
export function settingValue(setting: Setting, dimension: Dimension): unknown {
  const [owner = "", ...name] = dimension.split(".");
  if (name.length === 0) return setting[dimension];
  const params = setting[owner === "training" ? owner : `${owner}Params`] as Record<string, unknown> | undefined;
  return params && Object.hasOwn(params, name.join(".")) ? params[name.join(".")] : undefined;
}

function enlarged<Column extends Int32Array | Float64Array | Uint8Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}
