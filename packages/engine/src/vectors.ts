import {
  bits,
  block,
  type Code,
  define,
  encodeModule,
  type FunctionCode,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  type Local,
  memory,
  repeatWhile,
  when,
} from "@shadowfarm/core/wasm-code";
import { normals, uniforms } from "./noise-code.ts";

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

const step = define(["i32", "i32", "f32", "i32", "i32", "i32", "i32", "f32", "f32"], null, (params, local) => {
  const [start, width, stride, values, firsts] = params as [Local, Local, Local, Local, Local];
  const [count, out, low, high] = params.slice(5) as [Local, Local, Local, Local];
  const [strides, lows, highs] = [local("vector"), local("vector"), local("vector")];
  const [own, along, to, left] = [local("i32"), local("i32"), local("i32"), local("i32")];
  return block(
    strides.set(f32x4.ofAll(stride.get)),
    lows.set(f32x4.ofAll(low.get)),
    highs.set(f32x4.ofAll(high.get)),
    repeatWhile(
      i32.greater(count.get, i32.constant(0)),
      own.set(start.get),
      along.set(placeIn(values, firsts)),
      to.set(out.get),
      left.set(width.get),
      bySixteens(left, [own, along, to], (at) => {
        const there = f32x4.add(memory.load(own.get, at), f32x4.multiply(strides.get, memory.load(along.get, at)));
        return memory.store(to.get, f32x4.least(f32x4.most(there, lows.get), highs.get), at);
      }),
      firsts.set(i32.add(firsts.get, i32.constant(4))),
      out.set(i32.add(out.get, i32.shiftLeft(width.get, 2))),
      count.set(i32.subtract(count.get, i32.constant(1))),
    ),
  );
});

const combine = define(["f32", "i32", "f32", "i32", "i32", "i32"], "f32", (params, local) => {
  const [part, one, rest, other, out, count] = params as [Local, Local, Local, Local, Local, Local];
  const [parts, rests, there, squares] = [local("vector"), local("vector"), local("vector"), local("vector")];
  const write = (at: number) =>
    block(
      there.set(f32x4.multiply(parts.get, memory.load(one.get, at))),
      there.set(f32x4.add(there.get, f32x4.multiply(rests.get, memory.load(other.get, at)))),
      memory.store(out.get, there.get, at),
    );
  const addSquares = squares.set(f32x4.add(squares.get, f32x4.multiply(there.get, there.get)));
  const moreThanATurn = i32.greater(count.get, i32.constant(16));
  return block(
    parts.set(f32x4.ofAll(part.get)),
    rests.set(f32x4.ofAll(rest.get)),
    when(
      moreThanATurn,
      repeatWhile(
        moreThanATurn,
        ...[0, 16, 32, 48].map((at) => block(write(at), addSquares)),
        ...[one, other, out].map((address) => address.set(i32.add(address.get, i32.constant(64)))),
        count.set(i32.subtract(count.get, i32.constant(16))),
      ),
    ),
    ...[0, 4, 8, 12].map((first) =>
      block(write(4 * first), there.set(bits.and(there.get, upTo(count, first))), addSquares),
    ),
    f32x4.sum(squares),
  );
});

const clip = define(["f32", "f32", "i32", "i32"], null, (params, local) => {
  const [low, high, out, count] = params as [Local, Local, Local, Local];
  const [lows, highs] = [local("vector"), local("vector")];
  return block(
    lows.set(f32x4.ofAll(low.get)),
    highs.set(f32x4.ofAll(high.get)),
    bySixteens(count, [out], (at) =>
      memory.store(out.get, f32x4.least(f32x4.most(memory.load(out.get, at), lows.get), highs.get), at),
    ),
  );
});

const between = eachPair((part, local) => {
  const rest = local("vector");
  return {
    before: rest.set(f32x4.subtract(f32x4.constant(1), part.get)),
    row: (start, end) => f32x4.add(f32x4.multiply(rest.get, start), f32x4.multiply(part.get, end)),
  };
});

const within = eachPair((part) => ({
  before: [],
  row: (start, end) => f32x4.least(f32x4.most(end, f32x4.subtract(start, part.get)), f32x4.add(start, part.get)),
}));

/** A function that writes a row for each of some pairs, whose part it has in all four of a vector. */
function eachPair(
  body: (
    part: Local,
    local: (type: "vector") => Local,
  ) => {
    before: Code;
    row(start: Code, end: Code): Code;
  },
): FunctionCode {
  return define(["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
    const [starts, ends, parts, count, width, out] = params as [Local, Local, Local, Local, Local, Local];
    const [start, end, to, left] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const part = local("vector");
    const { before, row } = body(part, local);
    return repeatWhile(
      i32.greater(count.get, i32.constant(0)),
      start.set(memory.loadInt(starts.get)),
      end.set(memory.loadInt(ends.get)),
      part.set(memory.loadToAll(parts.get)),
      before,
      to.set(out.get),
      left.set(width.get),
      bySixteens(left, [start, end, to], (at) =>
        memory.store(to.get, row(memory.load(start.get, at), memory.load(end.get, at)), at),
      ),
      ...[starts, ends, parts].map((address) => address.set(i32.add(address.get, i32.constant(4)))),
      out.set(i32.add(out.get, i32.shiftLeft(width.get, 2))),
      count.set(i32.subtract(count.get, i32.constant(1))),
    );
  });
}

/** Vectors that are added at once: so few that a core reads ahead in all of them. */
const addedAtOnce = 8;

const add = define(["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
  const [sum, start, width, values, firsts, count] = params as [Local, Local, Local, Local, Local, Local];
  const sums = Array.from({ length: 4 }, () => local("vector"));
  const starts = sums.map(() => local("vector"));
  const [few, first, left, part] = [local("i32"), local("i32"), local("i32"), local("i32")];
  const [to, from, column, columns] = [local("i32"), local("i32"), local("i32"), local("i32")];
  // Sixteen sums stay in registers while some vectors are added to them.
  const addSixteen = block(
    ...sums.map((four, at) => four.set(memory.load(to.get, 16 * at))),
    ...starts.map((four, at) => four.set(memory.load(from.get, 16 * at))),
    first.set(firsts.get),
    left.set(few.get),
    repeatWhile(
      i32.greater(left.get, i32.constant(0)),
      part.set(placeIn(column, first)),
      ...sums.map((four, at) => {
        const more = f32x4.subtract(memory.load(part.get, 16 * at), (starts[at] as Local).get);
        return four.set(f32x4.add(four.get, more));
      }),
      first.set(i32.add(first.get, i32.constant(4))),
      left.set(i32.subtract(left.get, i32.constant(1))),
    ),
    ...sums.map((four, at) => memory.store(to.get, four.get, 16 * at)),
  );
  return repeatWhile(
    i32.greater(count.get, i32.constant(0)),
    few.set(i32.constant(addedAtOnce)),
    when(i32.greater(few.get, count.get), few.set(count.get)),
    to.set(sum.get),
    from.set(start.get),
    column.set(values.get),
    columns.set(width.get),
    repeatWhile(
      i32.greater(columns.get, i32.constant(0)),
      addSixteen,
      ...[to, from, column].map((address) => address.set(i32.add(address.get, i32.constant(64)))),
      columns.set(i32.subtract(columns.get, i32.constant(16))),
    ),
    firsts.set(first.get),
    count.set(i32.subtract(count.get, few.get)),
  );
});

const measure = define(["i32", "i32", "i32", "f64", "i32"], null, (params, local) => {
  const [one, other, count, least, out] = params as [Local, Local, Local, Local, Local];
  const [leasts, apart] = [local("vector"), local("vector")];
  const [changed, sum, squares, largest] = [local("vector"), local("vector"), local("vector"), local("vector")];
  const take = (load: (address: Code) => Code) =>
    block(
      apart.set(f64x2.absolute(f64x2.subtract(load(one.get), load(other.get)))),
      changed.set(f64x2.add(changed.get, bits.and(f64x2.greater(apart.get, leasts.get), f64x2.constant(1)))),
      sum.set(f64x2.add(sum.get, apart.get)),
      squares.set(f64x2.add(squares.get, f64x2.multiply(apart.get, apart.get))),
      largest.set(f64x2.most(largest.get, apart.get)),
    );
  const aPair = i32.greater(count.get, i32.constant(1));
  return block(
    leasts.set(f64x2.ofAll(least.get)),
    when(
      aPair,
      repeatWhile(
        aPair,
        take(memory.loadDoubles),
        ...[one, other].map((address) => address.set(i32.add(address.get, i32.constant(8)))),
        count.set(i32.subtract(count.get, i32.constant(2))),
      ),
    ),
    when(i32.greater(count.get, i32.constant(0)), take(memory.loadDouble)),
    memory.storeDouble(out.get, f64x2.reduce(changed, f64.add)),
    memory.storeDouble(out.get, f64x2.reduce(sum, f64.add), 8),
    memory.storeDouble(out.get, f64.root(f64x2.reduce(squares, f64.add)), 16),
    memory.storeDouble(out.get, f64x2.reduce(largest, f64.most), 24),
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

/** All bits of those of four numbers, of which the first is the `first`, that are below a count. */
function upTo(count: Local, first: number): Code {
  return i32x4.less(i32x4.constant(first, first + 1, first + 2, first + 3), i32x4.ofAll(count.get));
}

/** The address of the number of 32 bits in an array that the number at `first` names. */
function placeIn(values: Local, first: Local): Code {
  return i32.add(values.get, i32.shiftLeft(memory.loadInt(first.get), 2));
}

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
