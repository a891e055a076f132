import {
  bits,
  block,
  type Code,
  define,
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

// Functions of vectors in memory: they take addresses, and counts above 0.

/** `(start, width, stride, values, firsts, count, out, low, high)`: writes `count` rows of start + stride × direction, clipped to the box. */
export const step = define(["i32", "i32", "f32", "i32", "i32", "i32", "i32", "f32", "f32"], null, (params, local) => {
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

/** `(part, one, rest, other, out, count)`: writes part × one + rest × other, and returns the sum of the squares. */
export const combine = define(["f32", "i32", "f32", "i32", "i32", "i32"], "f32", (params, local) => {
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

/** `(low, high, out, count)`: clips numbers to the box. */
export const clip = define(["f32", "f32", "i32", "i32"], null, (params, local) => {
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

/** `(starts, ends, parts, count, width, out)`: writes `count` rows of (1 − part) × start + part × end. */
export const between = eachPair((part, local) => {
  const rest = local("vector");
  return {
    before: rest.set(f32x4.subtract(f32x4.constant(1), part.get)),
    row: (start, end) => f32x4.add(f32x4.multiply(rest.get, start), f32x4.multiply(part.get, end)),
  };
});

/** As `between`: the end, clipped to start ± part. */
export const within = eachPair((part) => ({
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

/** `(sum, start, width, values, firsts, count)`: adds up what `count` vectors are more than the start. */
export const add = define(["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
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

/** `(one, other, count, least, out)`: writes in how many numbers two vectors differ by more than `least`, and by how much in L1, L2 and L∞. */
export const measure = define(["i32", "i32", "i32", "f64", "i32"], null, (params, local) => {
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

/** `(rows, width, count, out)`: writes the place of the largest number in each row, for a `count` that four divides. */
export const largest = define(["i32", "i32", "i32", "i32"], null, (params, local) => {
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
