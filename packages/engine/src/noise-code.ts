import {
  bits,
  block,
  type Code,
  define,
  type FunctionCode,
  f32x4,
  i32,
  i32x4,
  type Local,
  memory,
  repeatWhile,
  when,
} from "@shadowfarm/core/wasm-code";

/** Words of a generator's state: four each of four sfc32 generators (Doty-Humphrey, PractRand), which run side by side. */
export const noiseWords = 16;

/** The sign of a number, as a bit. */
const signBit = -(2 ** 31);

/**
 * `(noise, out, count)`, addresses and a count: writes standard normals, and returns the sum of their squares. Box and
 * Muller 1958, to some 1e-6. Whole pairs of vectors are written, zeros beyond `count`.
 */
export const normals = filling((next, local) => {
  const [first, second] = [local(), local()];
  const [fraction, power, square, size] = [local(), local(), local(), local()];
  const [angle, sine, cosine, twice] = [local(), local(), local(), local()];
  const { add, subtract, multiply, divide, constant, fromInt, root } = f32x4;
  const { shiftLeft, shiftRight, shiftRightUnsigned } = i32x4;
  const polynomial = (x: Local, coefficients: readonly number[]): Code =>
    coefficients.map(constant).reduceRight((higher, coefficient) => add(coefficient, multiply(x.get, higher)));
  return {
    code: block(
      next(first),
      next(second),
      // The first word as a number u from 2⁻³¹ to 1: ln u is ln of its fraction, from √½ to √2, and ln 2 times its power.
      first.set(bits.or(shiftRightUnsigned(first.get, 1), i32x4.constant(1, 1, 1, 1))),
      first.set(multiply(fromInt(first.get), constant(2 ** -31))),
      power.set(shiftRight(i32x4.subtract(first.get, constant(Math.SQRT1_2)), 23)),
      fraction.set(i32x4.subtract(first.get, shiftLeft(power.get, 23))),
      // ln f = 2 artanh s = 2s (1 + s² / 3 + s⁴ / 5 + …) for s = (f − 1) / (f + 1), |s| < 0.172. Wanted is −2 ln u.
      fraction.set(divide(subtract(fraction.get, constant(1)), add(fraction.get, constant(1)))),
      square.set(multiply(fraction.get, fraction.get)),
      square.set(multiply(fraction.get, polynomial(square, [-4, -4 / 3, -4 / 5]))),
      square.set(add(square.get, multiply(fromInt(power.get), constant(-2 * Math.LN2)))),
      size.set(root(square.get)),
      // 31 bits of the second word are an angle from −π/4 to π/4. Doubled it is one of half a circle; the sign is for the rest.
      size.set(bits.xor(size.get, bits.and(second.get, i32x4.constant(signBit, signBit, signBit, signBit)))),
      angle.set(multiply(fromInt(shiftLeft(second.get, 1)), constant((Math.PI / 4) * 2 ** -31))),
      square.set(multiply(angle.get, angle.get)),
      sine.set(multiply(angle.get, polynomial(square, [1, -1 / 6, 1 / 120, -1 / 5040]))),
      cosine.set(polynomial(square, [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40_320])),
      twice.set(multiply(sine.get, size.get)),
      twice.set(add(twice.get, twice.get)),
    ),
    values: [multiply(twice.get, cosine.get), subtract(size.get, multiply(twice.get, sine.get))],
  };
});

/** As `normals`, with uniform numbers from [−1, 1). */
export const uniforms = filling((next, local) => {
  const [first, second] = [local(), local()];
  // The upper 24 bits: a float32 holds all of them, and does not round up to 1.
  const value = (word: Local) => f32x4.multiply(f32x4.fromInt(i32x4.shiftRight(word.get, 8)), f32x4.constant(2 ** -23));
  return { code: block(next(first), next(second)), values: [value(first), value(second)] };
});

/** A function that fills an array with what `draw` makes, two vectors a turn. `next` sets a variable to random bits. */
function filling(
  draw: (next: (word: Local) => Code, local: () => Local) => { code: Code; values: readonly [Code, Code] },
): FunctionCode {
  return define(["i32", "i32", "i32"], "f32", (params, makeLocal) => {
    const [noise, out, count] = params as [Local, Local, Local];
    const local = () => makeLocal("vector");
    const state = [local(), local(), local(), local()] as const;
    const [value, squares] = [local(), local()];
    const { code, values } = draw((word) => nextWord(state, word), local);
    const write = (numbers: Code, offset: number): Code =>
      block(
        value.set(numbers),
        memory.store(out.get, value.get, offset),
        squares.set(f32x4.add(squares.get, f32x4.multiply(value.get, value.get))),
      );
    const upToCount = (numbers: Code, ...places: readonly [number, number, number, number]): Code =>
      bits.and(numbers, i32x4.less(i32x4.constant(...places), i32x4.ofAll(count.get)));
    const moreThanATurn = i32.greater(count.get, i32.constant(8));
    return block(
      ...state.map((word, at) => word.set(memory.load(noise.get, 16 * at))),
      when(
        moreThanATurn,
        repeatWhile(
          moreThanATurn,
          code,
          write(values[0], 0),
          write(values[1], 16),
          out.set(i32.add(out.get, i32.constant(32))),
          count.set(i32.subtract(count.get, i32.constant(8))),
        ),
      ),
      code,
      write(upToCount(values[0], 0, 1, 2, 3), 0),
      write(upToCount(values[1], 4, 5, 6, 7), 16),
      ...state.map((word, at) => memory.store(noise.get, word.get, 16 * at)),
      f32x4.sum(squares),
    );
  });
}

function nextWord([a, b, c, counter]: readonly [Local, Local, Local, Local], word: Local): Code {
  const { add, shiftLeft, shiftRightUnsigned } = i32x4;
  return block(
    word.set(add(add(a.get, b.get), counter.get)),
    counter.set(add(counter.get, i32x4.constant(1, 1, 1, 1))),
    a.set(bits.xor(b.get, shiftRightUnsigned(b.get, 9))),
    b.set(add(c.get, shiftLeft(c.get, 3))),
    c.set(add(bits.or(shiftLeft(c.get, 21), shiftRightUnsigned(c.get, 11)), word.get)),
  );
}
