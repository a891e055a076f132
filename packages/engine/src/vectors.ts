import { normals, uniforms } from "./noise-code.ts";
import {
  bits,
  block,
  type Code,
  define,
  encodeModule,
  f32x4,
  f64x2,
  i32,
  i32x4,
  type Local,
  memory,
  repeatWhile,
  when,
} from "./simd.ts";

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
  /**
   * Writes `start` + `strides[0]` × the first direction, clipped to the box, to `out[from]` …, and behind it a row for each
   * other direction with its stride.
   */
  step(
    start: Float32Array, // width
    strides: Float32Array, // at least count
    directions: Parts, // count × width
    box: { low: number; high: number },
    out: Float32Array,
    from: number,
  ): void;
  /** Writes (1 − `part`) × `start` + `part` × `end` to `out[from]` …: exactly `end` where `part` is 1. */
  between(start: Float32Array, end: Float32Array, part: number, out: Float32Array, from: number): void;
  /** Adds one vector after another to `sum`. */
  add(sum: Float64Array, vectors: Parts): void; // count × the sum's length
  /** Writes where in its row the largest number is, the first of equal ones, for a number of rows that four divides. */
  largest(rows: Float32Array, width: number, count: number, out: Int32Array): void;
}

/** Vectors in one array, which may overlap: they begin at `values[firsts[0]]`, `values[firsts[1]]` …. */
export interface Parts {
  values: Float32Array;
  firsts: Int32Array; // at least count
  count: number;
}

/** Memory for so many arrays of so many numbers of 32 bits in all; a float64 counts twice. Arrays begin as zeros. */
export function openVectors(arrays: number, numbers: number): Vectors {
  const pages = Math.ceil((arrays * (slack + 16) + 4 * numbers) / 2 ** 16);
  const { buffer, ...rest } = instantiate(pages);
  const { normals, uniforms, step, between, add, largest } = rest;
  let used = 0;
  const take = (bytes: number): number => {
    const address = used;
    used += 16 * Math.ceil(bytes / 16) + slack;
    return address;
  };
  return {
    float32: (length) => new Float32Array(buffer, take(4 * length), length),
    float64: (length) => new Float64Array(buffer, take(8 * length), length),
    int32: (length) => new Int32Array(buffer, take(4 * length), length),
    fillNormal: (noise, out, from, count) => normals(noise.byteOffset, out.byteOffset + 4 * from, count),
    fillUniform: (noise, out, from, count) => uniforms(noise.byteOffset, out.byteOffset + 4 * from, count),
    step(start, strides, { values, firsts, count }, { low, high }, out, from) {
      if (count === 0) return;
      const [along, to] = [values.byteOffset, out.byteOffset + 4 * from];
      step(start.byteOffset, start.length, strides.byteOffset, along, firsts.byteOffset, count, to, low, high);
    },
    between(start, end, part, out, from) {
      between(start.byteOffset, end.byteOffset, out.byteOffset + 4 * from, start.length, part);
    },
    add(sum, { values, firsts, count }) {
      if (count > 0) add(sum.byteOffset, sum.length, values.byteOffset, firsts.byteOffset, count);
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
    strides: number,
    values: number,
    firsts: number,
    count: number,
    out: number,
    low: number,
    high: number,
  ): void;
  between(start: number, end: number, out: number, count: number, part: number): void;
  add(sum: number, width: number, values: number, firsts: number, count: number): void;
  largest(rows: number, width: number, count: number, out: number): void;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(pages: number): Functions & { buffer: ArrayBuffer } {
  compiled ??= new WebAssembly.Module(encodeModule({ normals, uniforms, step, between, add, largest }));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { from: { memory } });
  return { ...(exports as unknown as Functions), buffer: memory.buffer };
}

const step = define(["i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32", "f32"], null, (params, local) => {
  const [start, width, strides, values] = params as [Local, Local, Local, Local];
  const [firsts, count, out, low, high] = params.slice(4) as [Local, Local, Local, Local, Local];
  const [stride, lows, highs] = [local("vector"), local("vector"), local("vector")];
  const [own, along, to, left] = [local("i32"), local("i32"), local("i32"), local("i32")];
  return block(
    lows.set(f32x4.ofAll(low.get)),
    highs.set(f32x4.ofAll(high.get)),
    repeatWhile(
      i32.greater(count.get, i32.constant(0)),
      stride.set(memory.loadToAll(strides.get)),
      own.set(start.get),
      along.set(i32.add(values.get, i32.shiftLeft(memory.loadInt(firsts.get), 2))),
      to.set(out.get),
      left.set(width.get),
      bySixteens(left, [own, along, to], (at) => {
        const there = f32x4.add(memory.load(own.get, at), f32x4.multiply(stride.get, memory.load(along.get, at)));
        return memory.store(to.get, f32x4.least(f32x4.most(there, lows.get), highs.get), at);
      }),
      strides.set(i32.add(strides.get, i32.constant(4))),
      firsts.set(i32.add(firsts.get, i32.constant(4))),
      out.set(i32.add(out.get, i32.shiftLeft(width.get, 2))),
      count.set(i32.subtract(count.get, i32.constant(1))),
    ),
  );
});

const between = define(["i32", "i32", "i32", "i32", "f32"], null, (params, local) => {
  const [start, end, out, count, part] = params as [Local, Local, Local, Local, Local];
  const [parts, rests] = [local("vector"), local("vector")];
  return block(
    parts.set(f32x4.ofAll(part.get)),
    rests.set(f32x4.subtract(f32x4.constant(1), parts.get)),
    bySixteens(count, [start, end, out], (at) => {
      const own = f32x4.multiply(rests.get, memory.load(start.get, at));
      return memory.store(out.get, f32x4.add(own, f32x4.multiply(parts.get, memory.load(end.get, at))), at);
    }),
  );
});

/** Vectors that are added at once: so few that a core reads ahead in all of them. */
const addedAtOnce = 8;

const add = define(["i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
  const [sum, width, values, firsts, count] = params as [Local, Local, Local, Local, Local];
  const sums = Array.from({ length: 8 }, () => local("vector"));
  const [few, first, left, part] = [local("i32"), local("i32"), local("i32"), local("i32")];
  const [to, column, columns] = [local("i32"), local("i32"), local("i32")];
  // Sixteen sums stay in registers while some vectors are added to them.
  const addSixteen = block(
    ...sums.map((pair, at) => pair.set(memory.load(to.get, 16 * at))),
    first.set(firsts.get),
    left.set(few.get),
    repeatWhile(
      i32.greater(left.get, i32.constant(0)),
      part.set(i32.add(column.get, i32.shiftLeft(memory.loadInt(first.get), 2))),
      ...sums.map((pair, at) => pair.set(f64x2.add(pair.get, memory.loadDoubles(part.get, 8 * at)))),
      first.set(i32.add(first.get, i32.constant(4))),
      left.set(i32.subtract(left.get, i32.constant(1))),
    ),
    ...sums.map((pair, at) => memory.store(to.get, pair.get, 16 * at)),
  );
  return repeatWhile(
    i32.greater(count.get, i32.constant(0)),
    few.set(i32.constant(addedAtOnce)),
    when(i32.greater(few.get, count.get), few.set(count.get)),
    to.set(sum.get),
    column.set(values.get),
    columns.set(width.get),
    repeatWhile(
      i32.greater(columns.get, i32.constant(0)),
      addSixteen,
      to.set(i32.add(to.get, i32.constant(128))),
      column.set(i32.add(column.get, i32.constant(64))),
      columns.set(i32.subtract(columns.get, i32.constant(16))),
    ),
    firsts.set(first.get),
    count.set(i32.subtract(count.get, few.get)),
  );
});

const largest = define(["i32", "i32", "i32", "i32"], null, (params, local) => {
  const [rows, width, count, out] = params as [Local, Local, Local, Local];
  const [second, third, fourth, left] = [local("i32"), local("i32"), local("i32"), local("i32")];
  const [numbers, most, more] = [local("vector"), local("vector"), local("vector")];
  const [place, best] = [local("vector"), local("vector")];
  const bytes = i32.shiftLeft(width.get, 2);
  const ofEachRow = memory.gather(rows.get, second.get, third.get, fourth.get);
  return repeatWhile(
    i32.greater(count.get, i32.constant(0)),
    second.set(i32.add(rows.get, bytes)),
    third.set(i32.add(second.get, bytes)),
    fourth.set(i32.add(third.get, bytes)),
    most.set(ofEachRow),
    place.set(i32x4.constant(0, 0, 0, 0)),
    best.set(place.get),
    left.set(width.get),
    repeatWhile(
      i32.greater(left.get, i32.constant(0)),
      numbers.set(ofEachRow),
      more.set(f32x4.greater(numbers.get, most.get)),
      most.set(bits.select(numbers.get, most.get, more.get)),
      best.set(bits.select(place.get, best.get, more.get)),
      place.set(i32x4.add(place.get, i32x4.constant(1, 1, 1, 1))),
      ...[rows, second, third, fourth].map((row) => row.set(i32.add(row.get, i32.constant(4)))),
      left.set(i32.subtract(left.get, i32.constant(1))),
    ),
    memory.store(out.get, best.get),
    out.set(i32.add(out.get, i32.constant(16))),
    rows.set(fourth.get),
    count.set(i32.subtract(count.get, i32.constant(4))),
  );
});

/**
 * Goes on by sixteen numbers at each address as long as there are numbers left. `body` is of four numbers, `at` bytes behind
 * the addresses.
 */
function bySixteens(count: Local, addresses: readonly Local[], body: (at: number) => Code): Code {
  return repeatWhile(
    i32.greater(count.get, i32.constant(0)),
    ...[0, 16, 32, 48].map(body),
    ...addresses.map((address) => address.set(i32.add(address.get, i32.constant(64)))),
    count.set(i32.subtract(count.get, i32.constant(16))),
  );
}
