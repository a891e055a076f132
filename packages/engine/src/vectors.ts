import { encodeModule } from "@shadowfarm/core/wasm-code";
import { normals, uniforms } from "./noise-code.ts";
import { add, between, clip, combine, largest, measure, step, within } from "./vector-code.ts";

/**
 * A piece of memory, and functions on the arrays in it, of four numbers at a time: three to seven times as fast as loops in
 * JavaScript, where each access to an array has its bounds checked and, once any buffer of the process was detached, as
 * loading ONNX Runtime does, that too.
 *
 * A function may write up to fifteen numbers beyond those that it was asked for. There is room for them behind every array;
 * parts of one array are to be filled in ascending order.
 */
export interface Vectors {
  float32(length: number): Float32Array;
  float64(length: number): Float64Array;
  int32(length: number): Int32Array;
  /** Fills `out[from]` … with `count` standard normals, and returns the sum of their squares. */
  fillNormal(noise: Int32Array, out: Float32Array, from: number, count: number): number;
  /** Fills `out[from]` … with `count` uniform numbers from [−1, 1), and returns the sum of their squares. */
  fillUniform(noise: Int32Array, out: Float32Array, from: number, count: number): number;
  /** Writes `start` + `stride` × each direction, clipped to the box, a row for each, to `out[from]` …. */
  step(
    start: Float32Array, // width
    stride: number,
    directions: Parts, // count × width
    box: { low: number; high: number },
    out: Float32Array,
    from: number,
  ): void;
  /** Writes `part` × `one` + `rest` × `other` to `out[from]` …, and returns the sum of the squares. */
  combine(part: number, one: Float32Array, rest: number, other: Float32Array, out: Float32Array, from: number): number;
  /** Clips `count` numbers from `out[from]` on to the box. */
  clip(box: { low: number; high: number }, out: Float32Array, from: number, count: number): void;
  /**
   * Writes (1 − part) × start + part × end of each pair, a row for each, to `out[from]` …: exactly the end where its part is 1.
   */
  between(pairs: readonly Pair[], out: Float32Array, from: number): void;
  /** Writes the end of each pair, clipped to start ± part, a row for each, to `out[from]` …. */
  within(pairs: readonly Pair[], out: Float32Array, from: number): void;
  /** Adds to `sum` what each vector is more than `start`: as exact as it can be for many that lie near to it. */
  add(sum: Float32Array, start: Float32Array, vectors: Parts): void; // count × the sum's length
  /**
   * Writes how far two points are from each other: in how many coordinates by more than `least`, and in the norms L1, L2
   * and L∞.
   */
  measure(one: Float32Array, other: Float32Array, least: number, norms: Float64Array): void; // 4
  /** Writes where in its row the largest number is, the first of equal ones, for a number of rows that four divides. */
  largest(rows: Float32Array, width: number, count: number, out: Int32Array): void;
}

/** Vectors in one array, which may overlap: they begin at `values[firsts[0]]`, `values[firsts[1]]` …. */
export interface Parts {
  values: Float32Array;
  firsts: Int32Array; // at least count
  count: number;
}

/** Two vectors of one length in the memory, and how much of something lies between them. */
export interface Pair {
  start: Float32Array; // width
  end: Float32Array; // width
  part: number;
}

/** Pairs that are written in one call. */
const pairsAtOnce = 128;

/** Memory for so many arrays of so many numbers of 32 bits in all; a float64 counts twice. Arrays begin as zeros. */
export function openVectors(arrays: number, numbers: number): Vectors {
  const pages = Math.ceil(((arrays + 3) * (slack + 16) + 4 * (numbers + 3 * pairsAtOnce)) / 2 ** 16);
  const { buffer, ...rest } = instantiate(pages);
  const { normals, uniforms, step, combine, clip, between, within, add, measure, largest } = rest;
  let used = 0;
  const take = (bytes: number): number => {
    const address = used;
    used += 16 * Math.ceil(bytes / 16) + slack;
    return address;
  };
  const [starts, ends] = [
    new Int32Array(buffer, take(4 * pairsAtOnce), pairsAtOnce),
    new Int32Array(buffer, take(4 * pairsAtOnce), pairsAtOnce),
  ];
  const parts = new Float32Array(buffer, take(4 * pairsAtOnce), pairsAtOnce);
  const ofPairs =
    (write: Functions["between"]): Vectors["between"] =>
    (pairs, out, from) => {
      const width = pairs[0]?.start.length ?? 0;
      for (let first = 0; first < pairs.length; first += pairsAtOnce) {
        const count = Math.min(pairsAtOnce, pairs.length - first);
        for (let at = 0; at < count; at++) {
          const { start, end, part } = pairs[first + at] as Pair;
          starts[at] = start.byteOffset;
          ends[at] = end.byteOffset;
          parts[at] = part;
        }
        const to = out.byteOffset + 4 * (from + first * width);
        write(starts.byteOffset, ends.byteOffset, parts.byteOffset, count, width, to);
      }
    };
  return {
    float32: (length) => new Float32Array(buffer, take(4 * length), length),
    float64: (length) => new Float64Array(buffer, take(8 * length), length),
    int32: (length) => new Int32Array(buffer, take(4 * length), length),
    fillNormal: (noise, out, from, count) => normals(noise.byteOffset, out.byteOffset + 4 * from, count),
    fillUniform: (noise, out, from, count) => uniforms(noise.byteOffset, out.byteOffset + 4 * from, count),
    step(start, stride, { values, firsts, count }, { low, high }, out, from) {
      if (count === 0) return;
      const [along, to] = [values.byteOffset, out.byteOffset + 4 * from];
      step(start.byteOffset, start.length, stride, along, firsts.byteOffset, count, to, low, high);
    },
    combine: (part, one, rest, other, out, from) =>
      combine(part, one.byteOffset, rest, other.byteOffset, out.byteOffset + 4 * from, one.length),
    clip({ low, high }, out, from, count) {
      clip(low, high, out.byteOffset + 4 * from, count);
    },
    between: ofPairs(between),
    within: ofPairs(within),
    add(sum, start, { values, firsts, count }) {
      if (count > 0) add(sum.byteOffset, start.byteOffset, sum.length, values.byteOffset, firsts.byteOffset, count);
    },
    measure(one, other, least, norms) {
      measure(one.byteOffset, other.byteOffset, one.length, least, norms.byteOffset);
    },
    largest(rows, width, count, out) {
      if (count > 0) largest(rows.byteOffset, width, count, out.byteOffset);
    },
  };
}

/** Bytes behind each array that may be written: fifteen float64 numbers. */
const slack = 128;

/** The compiled functions; they take addresses, and counts above 0. */
interface Functions {
  normals(noise: number, out: number, count: number): number;
  uniforms(noise: number, out: number, count: number): number;
  step(
    start: number,
    width: number,
    stride: number,
    values: number,
    firsts: number,
    count: number,
    out: number,
    low: number,
    high: number,
  ): void;
  combine(part: number, one: number, rest: number, other: number, out: number, count: number): number;
  clip(low: number, high: number, out: number, count: number): void;
  between(starts: number, ends: number, parts: number, count: number, width: number, out: number): void;
  within(starts: number, ends: number, parts: number, count: number, width: number, out: number): void;
  add(sum: number, start: number, width: number, values: number, firsts: number, count: number): void;
  measure(one: number, other: number, count: number, least: number, out: number): void;
  largest(rows: number, width: number, count: number, out: number): void;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(pages: number): Functions & { buffer: ArrayBuffer } {
  compiled ??= new WebAssembly.Module(
    encodeModule({ normals, uniforms, step, combine, clip, between, within, add, measure, largest }),
  );
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { from: { memory } });
  return { ...(exports as unknown as Functions), buffer: memory.buffer };
}
