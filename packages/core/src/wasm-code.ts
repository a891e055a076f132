/** WebAssembly instructions: those of an expression leave one value, those of a statement none. */
export type Code = readonly number[];

/** Types of values, by their number in WebAssembly; a vector is four float32 or int32 numbers, or two float64. */
export const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, vector: 0x7b } as const;
export type Type = keyof typeof types;

/** A parameter or variable of a function. */
export interface Local {
  get: Code;
  set(value: Code): Code;
}

/** A function of a module. */
export interface FunctionCode {
  params: readonly Type[];
  result: Type | null;
  locals: readonly Type[];
  code: Code;
}

/**
 * Defines a function. `body` is called once; `local` makes a variable, which begins as 0.
 */
export function define(
  params: readonly Type[],
  result: Type | null,
  body: (params: readonly Local[], local: (type: Type) => Local) => Code,
): FunctionCode {
  const locals: Type[] = [];
  const variable = (place: number): Local => ({
    get: [0x20, ...unsigned(place)],
    set: (value) => [...value, 0x21, ...unsigned(place)],
  });
  const local = (type: Type): Local => variable(params.length + locals.push(type) - 1);
  const code = body(
    params.map((_, place) => variable(place)),
    local,
  );
  return { params, result, locals, code };
}

/** Statements one after another; an expression may be the last. */
export function block(...codes: readonly Code[]): Code {
  return codes.flat();
}

/** Does `body`, and again as long as `condition` is not 0. */
export function repeatWhile(condition: Code, ...body: readonly Code[]): Code {
  return [0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0x00, 0x0b];
}

/** Does `body` if `condition` is not 0. */
export function when(condition: Code, ...body: readonly Code[]): Code {
  return [...condition, 0x04, 0x40, ...body.flat(), 0x0b];
}

const binary =
  (...opcode: readonly number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const unary =
  (...opcode: readonly number[]) =>
  (a: Code): Code => [...a, ...opcode];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];

/** Whole numbers; addresses, counts and bits to shift by. */
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: binary(0x6a),
  subtract: binary(0x6b),
  shiftLeft: (a: Code, bits: number): Code => [...a, ...i32.constant(bits), 0x74],
  greater: binary(0x4a),
  /** 1 where a is 0, else 0. */
  isZero: unary(0x45),
};

export const f32 = {
  add: binary(0x92),
};

/** Operations on all four numbers of a vector as int32; shifts are by one number for all. */
export const i32x4 = {
  constant: (...values: readonly [number, number, number, number]): Code => [
    ...simd(0x0c),
    ...new Uint8Array(Int32Array.from(values).buffer),
  ],
  ofAll: unary(...simd(0x11)),
  add: binary(...simd(0xae)),
  subtract: binary(...simd(0xb1)),
  shiftLeft: (a: Code, bits: number): Code => [...a, ...i32.constant(bits), ...simd(0xab)],
  /** Keeps the sign. */
  shiftRight: (a: Code, bits: number): Code => [...a, ...i32.constant(bits), ...simd(0xac)],
  shiftRightUnsigned: (a: Code, bits: number): Code => [...a, ...i32.constant(bits), ...simd(0xad)],
  /** All bits where a < b, none elsewhere. */
  less: binary(...simd(0x39)),
};

/** Operations on all bits of a vector. */
export const bits = {
  and: binary(...simd(0x4e)),
  or: binary(...simd(0x50)),
  xor: binary(...simd(0x51)),
  /** Those of `a` where `mask` has ones, those of `b` where it has zeros. */
  select: (a: Code, b: Code, mask: Code): Code => [...a, ...b, ...mask, ...simd(0x52)],
};

/** Operations on all four numbers of a vector as float32. */
export const f32x4 = {
  constant: (value: number): Code => [
    ...simd(0x0c),
    ...new Uint8Array(Float32Array.of(value, value, value, value).buffer),
  ],
  ofAll: unary(...simd(0x13)),
  fromInt: unary(...simd(0xfa)),
  add: binary(...simd(0xe4)),
  subtract: binary(...simd(0xe5)),
  multiply: binary(...simd(0xe6)),
  divide: binary(...simd(0xe7)),
  root: unary(...simd(0xe3)),
  /** All bits where a > b, none elsewhere. */
  greater: binary(...simd(0x44)),
  least: binary(...simd(0xea)),
  most: binary(...simd(0xeb)),
  /** The sum of the four, as an f32. */
  sum: (a: Local): Code => {
    const lane = (at: number): Code => [...a.get, ...simd(0x1f), at];
    return f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
  },
};

export const f64 = {
  add: binary(0xa0),
  most: binary(0xa5),
  root: unary(0x9f),
};

/** Operations on both numbers of a vector as float64. */
export const f64x2 = {
  constant: (value: number): Code => [...simd(0x0c), ...new Uint8Array(Float64Array.of(value, value).buffer)],
  ofAll: unary(...simd(0x14)),
  add: binary(...simd(0xf0)),
  subtract: binary(...simd(0xf1)),
  multiply: binary(...simd(0xf2)),
  absolute: unary(...simd(0xec)),
  most: binary(...simd(0xf5)),
  /** All bits where a > b, none elsewhere. */
  greater: binary(...simd(0x4a)),
  /** Makes one of the two, an f64. */
  reduce: (a: Local, operation: (one: Code, other: Code) => Code): Code =>
    operation([...a.get, ...simd(0x21), 0], [...a.get, ...simd(0x21), 1]),
};

/** Reads and writes at an address and `offset` bytes. */
export const memory = {
  load: (address: Code, offset = 0): Code => [...address, ...simd(0x00), 0, ...unsigned(offset)],
  loadInt: (address: Code, offset = 0): Code => [...address, 0x28, 0, ...unsigned(offset)],
  /** One byte, as a whole number from 0 to 255. */
  loadByte: (address: Code): Code => [...address, 0x2d, 0, 0],
  /** One float32 number, as all four of a vector. */
  loadToAll: (address: Code): Code => [...address, ...simd(0x09), 0, 0],
  /** Four float32 numbers, each from an address of its own. */
  gather: (first: Code, second: Code, third: Code, fourth: Code): Code => {
    const lane = (at: number): Code => [...simd(0x56), 0, 0, at];
    return [...fourth, ...third, ...second, ...first, ...simd(0x5c), 0, 0, ...lane(1), ...lane(2), ...lane(3)];
  },
  /** Two float32 numbers, as float64. */
  loadDoubles: (address: Code): Code => [...address, ...simd(0x5d), 0, 0, ...simd(0x5f)],
  /** One float32 number as the first of two float64; the second is 0. */
  loadDouble: (address: Code): Code => [...address, ...simd(0x5c), 0, 0, ...simd(0x5f)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...simd(0x0b),
    0,
    ...unsigned(offset),
  ],
  storeInt: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 0, ...unsigned(offset)],
  storeDouble: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x39, 0, ...unsigned(offset)],
};

/** A module whose functions work on the memory that is imported as `from.memory`, and are exported by their names. */
export function encodeModule(functions: Readonly<Record<string, FunctionCode>>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions);
  const signatures = all.map(([, { params, result }]) => [
    0x60,
    ...list(params.map((type) => [types[type]])),
    ...list(result === null ? [] : [[types[result]]]),
  ]);
  const bodies = all.map(([, { locals, code }]) => {
    const body = [...list(locals.map((type) => [1, types[type]])), ...code, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, signatures),
    ...section(2, [[...text("from"), ...text("memory"), 0x02, 0x00, 1]]),
    ...section(
      3,
      all.map((_, at) => unsigned(at)),
    ),
    ...section(
      7,
      all.map(([name], at) => [...text(name), 0x00, ...unsigned(at)]),
    ),
    ...section(10, bodies),
  ]);
}

function section(id: number, items: readonly Code[]): Code {
  const content = list(items);
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return list([...Buffer.from(value)].map((byte) => [byte]));
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}
