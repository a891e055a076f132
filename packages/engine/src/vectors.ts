import { normals, uniforms } from "./noise-code.ts";
import { block, type Code, define, encodeModule, f32x4, f64x2, i32, type Local, memory, repeatWhile } from "./simd.ts";

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
   * Writes `start` + `stride` × `directions[first]` …, clipped to the box, to `out[from]` …. `directions` may be `out`.
   */
  step(
    start: Float32Array,
    stride: number,
    directions: Float32Array,
    first: number,
    box: { low: number; high: number },
    out: Float32Array,
    from: number,
  ): void;
  /** Writes (1 − `part`) × `start` + `part` × `end` to `out[from]` …: exactly `end` where `part` is 1. */
  between(start: Float32Array, end: Float32Array, part: number, out: Float32Array, from: number): void;
  /** Adds `values[from]` … to all numbers of `sum`. */
  add(sum: Float64Array, values: Float32Array, from: number): void;
}

/** Memory for so many arrays of so many numbers of 32 bits in all; a float64 counts twice. Arrays begin as zeros. */
export function openVectors(arrays: number, numbers: number): Vectors {
  const pages = Math.ceil((arrays * (slack + 16) + 4 * numbers) / 2 ** 16);
  const { buffer, ...rest } = instantiate(pages);
  const { normals, uniforms, step, between, add } = rest;
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
    step(start, stride, directions, first, { low, high }, out, from) {
      const [along, to] = [directions.byteOffset + 4 * first, out.byteOffset + 4 * from];
      step(start.byteOffset, along, to, start.length, stride, low, high);
    },
    between(start, end, part, out, from) {
      between(start.byteOffset, end.byteOffset, out.byteOffset + 4 * from, start.length, part);
    },
    add: (sum, values, from) => add(sum.byteOffset, values.byteOffset + 4 * from, sum.length),
  };
}

/** Bytes behind each array that may be written: fifteen float64 numbers. */
const slack = 128;

/** The compiled functions; they take addresses. */
interface Functions {
  normals(noise: number, out: number, count: number): number;
  uniforms(noise: number, out: number, count: number): number;
  step(start: number, along: number, out: number, count: number, stride: number, low: number, high: number): void;
  between(start: number, end: number, out: number, count: number, part: number): void;
  add(sum: number, values: number, count: number): void;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(pages: number): Functions & { buffer: ArrayBuffer } {
  compiled ??= new WebAssembly.Module(encodeModule({ normals, uniforms, step, between, add }));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { from: { memory } });
  return { ...(exports as unknown as Functions), buffer: memory.buffer };
}

const step = define(["i32", "i32", "i32", "i32", "f32", "f32", "f32"], null, (params, local) => {
  const [start, along, out, count, stride, low, high] = params as [Local, Local, Local, Local, Local, Local, Local];
  const [strides, lows, highs] = [local("vector"), local("vector"), local("vector")];
  return block(
    strides.set(f32x4.ofAll(stride.get)),
    lows.set(f32x4.ofAll(low.get)),
    highs.set(f32x4.ofAll(high.get)),
    bySixteens(count, [start, along, out], (at) => {
      const there = f32x4.add(memory.load(start.get, at), f32x4.multiply(strides.get, memory.load(along.get, at)));
      return memory.store(out.get, f32x4.least(f32x4.most(there, lows.get), highs.get), at);
    }),
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

const add = define(["i32", "i32", "i32"], null, (params) => {
  const [sum, values, count] = params as [Local, Local, Local];
  return bySixteens(count, [sum, sum, values], (at) =>
    block(
      ...[0, 8].map((half) => {
        const place = 2 * (at + half);
        const more = memory.loadDoubles(values.get, at + half);
        return memory.store(sum.get, f64x2.add(memory.load(sum.get, place), more), place);
      }),
    ),
  );
});

/**
 * Goes on by sixteen numbers at each address as long as there are numbers left; an address named twice goes on by as many
 * float64. `body` is of four numbers, `at` bytes behind the addresses.
 */
function bySixteens(count: Local, addresses: readonly Local[], body: (at: number) => Code): Code {
  return repeatWhile(
    i32.greater(count.get, i32.constant(0)),
    ...[0, 16, 32, 48].map(body),
    ...addresses.map((address) => address.set(i32.add(address.get, i32.constant(64)))),
    count.set(i32.subtract(count.get, i32.constant(16))),
  );
}
