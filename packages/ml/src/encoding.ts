import type { Encoding, InputInfo } from "@shadowfarm/core/catalog";
import { sizeOf } from "@shadowfarm/engine/arrays";
import type { TermCounts } from "./unit.ts";

/** Some records before their owner's encoding: values (records × features), or term counts. */
export type PlainRecords = Float32Array | TermCounts;

/** An encoding with what it learnt from one model's training records; part of that model. */
export interface FittedEncoding {
  encoding: Encoding;
  /** Empty for `none`; `mean` and `deviation` (features); or `terms` and `weights` (as many as columns are used). */
  tensors: Readonly<Record<string, Float32Array | Uint32Array>>;
}

/** Values of compact records: bytes of an image as levels of `low` … `high`, anything else as it is. A new array. */
export function valuesOf(
  { kind, low, high }: Pick<InputInfo, "kind" | "low" | "high">,
  stored: Uint8Array | Float32Array,
): Float32Array {
  const values = new Float32Array(stored);
  if (kind !== "image" || stored instanceof Float32Array) return values;
  const levels = Float32Array.from({ length: 256 }, (_, level) => low + ((high - low) * level) / 255);
  // Not Float32Array.from(stored, …), which holds all numbers a second time, as doubles.
  for (let at = 0; at < values.length; at++) values[at] = levels[stored[at] as number] as number;
  return values;
}

/** Values as they are kept: bytes for images (the nearest of 256 levels) and bits, the values themselves for tables. */
export function levelsOf(
  { kind, low, high }: Pick<InputInfo, "kind" | "low" | "high">,
  values: Float32Array,
): Uint8Array | Float32Array {
  if (kind === "tabular") return values;
  if (kind === "binary") return Uint8Array.from(values);
  const levels = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) {
    levels[at] = Math.round((255 * ((values[at] as number) - low)) / (high - low));
  }
  return levels;
}

/** Some records of a matrix of term counts, in the given order. */
export function termRows({ offsets, terms, counts, distinct }: TermCounts, indices: Uint32Array): TermCounts {
  const taken = new Uint32Array(indices.length + 1);
  indices.forEach((record, at) => {
    const length = (offsets[record + 1] as number) - (offsets[record] as number);
    taken[at + 1] = (taken[at] as number) + length;
  });
  const rows = { terms: new Uint32Array(taken.at(-1) ?? 0), counts: new Uint32Array(taken.at(-1) ?? 0) };
  indices.forEach((record, at) => {
    const from = offsets[record] as number;
    const to = offsets[record + 1] as number;
    rows.terms.set(terms.subarray(from, to), taken[at]);
    rows.counts.set(counts.subarray(from, to), taken[at]);
  });
  return { offsets: taken, ...rows, distinct };
}

/** Learns an encoding from a model's training records, and from nothing else. */
export function fitEncoding(encoding: Encoding, input: InputInfo, records: PlainRecords): FittedEncoding {
  switch (encoding.kind) {
    case "none":
      return { encoding, tensors: {} };
    case "standardize":
      return { encoding, tensors: fitStandardize(records as Float32Array, input, encoding) };
    case "tf-idf":
      return { encoding, tensors: fitTfIdf(records as TermCounts, sizeOf(input.shape)) };
  }
}

/**
 * Records as the model is given them.
 *
 * @param records values are changed in place
 * @returns records × features of `input`
 */
export function encode({ encoding, tensors }: FittedEncoding, input: InputInfo, records: PlainRecords): Float32Array {
  switch (encoding.kind) {
    case "none":
      return records as Float32Array;
    case "standardize":
      return standardize(records as Float32Array, sizeOf(input.shape), tensors);
    case "tf-idf":
      return weigh(records as TermCounts, sizeOf(input.shape), tensors);
  }
}

type Standardize = Extract<Encoding, { kind: "standardize" }>;

function fitStandardize(values: Float32Array, input: InputInfo, { features, leastDeviation }: Standardize) {
  const width = sizeOf(input.shape);
  const columns = features ?? width;
  const records = values.length / width;
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (let from = 0; from < values.length; from += width) {
    for (let column = 0; column < columns; column++)
      sums[column] = (sums[column] as number) + (values[from + column] as number);
  }
  const mean = sums.map((sum) => sum / records);
  // In a second pass, because the difference of two large sums would lose a small deviation.
  for (let from = 0; from < values.length; from += width) {
    for (let column = 0; column < columns; column++) {
      squares[column] =
        (squares[column] as number) + ((values[from + column] as number) - (mean[column] as number)) ** 2;
    }
  }
  // A feature that never varies is moved to zero and not scaled.
  const deviation = squares.map((square) => Math.max(Math.sqrt(square / records), leastDeviation) || 1);
  return { mean: Float32Array.from(mean), deviation: Float32Array.from(deviation) };
}

function standardize(values: Float32Array, width: number, tensors: FittedEncoding["tensors"]): Float32Array {
  const mean = tensors.mean as Float32Array;
  const deviation = tensors.deviation as Float32Array;
  for (let from = 0; from < values.length; from += width) {
    for (let column = 0; column < mean.length; column++) {
      const at = from + column;
      values[at] = ((values[at] as number) - (mean[column] as number)) / (deviation[column] as number);
    }
  }
  return values;
}

/** The terms that most records have (of equally frequent ones the first by number), and their inverse document frequencies. */
function fitTfIdf({ offsets, terms, distinct }: TermCounts, columns: number) {
  const having = new Uint32Array(distinct);
  for (const term of terms) having[term] = (having[term] as number) + 1;
  const chosen = Array.from(having.keys())
    .filter((term) => (having[term] as number) > 0)
    .sort((a, b) => (having[b] as number) - (having[a] as number) || a - b)
    .slice(0, columns)
    .sort((a, b) => a - b);
  const records = offsets.length - 1;
  const weights = chosen.map((term) => Math.log((1 + records) / (1 + (having[term] as number))) + 1);
  return { terms: Uint32Array.from(chosen), weights: Float32Array.from(weights) };
}

function weigh(records: TermCounts, width: number, tensors: FittedEncoding["tensors"]): Float32Array {
  const { offsets, terms, counts, distinct } = records;
  const weights = tensors.weights as Float32Array;
  const columnOf = new Int32Array(distinct).fill(-1);
  (tensors.terms as Uint32Array).forEach((term, column) => {
    columnOf[term] = column;
  });
  const values = new Float32Array((offsets.length - 1) * width);
  for (let record = 0; record + 1 < offsets.length; record++) {
    const row = values.subarray(record * width, (record + 1) * width);
    let squares = 0;
    for (let at = offsets[record] as number; at < (offsets[record + 1] as number); at++) {
      const column = columnOf[terms[at] as number] as number;
      if (column < 0) continue;
      const value = (counts[at] as number) * (weights[column] as number);
      row[column] = value;
      squares += value * value;
    }
    if (squares === 0) continue;
    const length = Math.sqrt(squares);
    for (let column = 0; column < width; column++) row[column] = (row[column] as number) / length;
  }
  return values;
}
