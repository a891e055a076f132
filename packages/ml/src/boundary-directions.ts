import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { seedNoise } from "@shadowfarm/engine/noise";
import { noiseWords } from "@shadowfarm/engine/noise-code";
import type { Parts, Vectors } from "@shadowfarm/engine/vectors";
import type { Geometry, Share, Walk } from "./boundary-walk.ts";

/** Where random directions are drawn: anywhere, or as images of half the height and width, enlarged (Li et al. 2020, QEBA-S). */
export type Subspace = "full" | "half";

/** Random directions, and their lengths as vectors. Valid until the next ones are drawn. */
export interface Directions extends Parts {
  lengths: Float64Array; // at least count
}

/** Draws so many directions. */
export type DrawDirections = (rng: Rng, count: number) => Directions;

/** A direction begins at one of 2^16 places in a block of noise: few enough to stay in a core's cache. */
const placeBits = 16;
const places = 2 ** placeBits;

/** 32-bit numbers of memory that `directionsIn` takes, in five arrays, for records of so many numbers. */
export function directionNumbers(width: number, most: number, subspace: Subspace): number {
  return noiseWords + places + width + most * (subspace === "half" ? width + 2 : 1);
}

/**
 * Directions for records of a shape, at most `most` at once, in memory of `vectors`: normal noise, or in `linf` uniform.
 *
 * All are parts of one block of noise, each from a place drawn anew, as in Salimans et al. 2017, §2.1: a direction is then one
 * random number instead of one for each coordinate. Two that overlap do so with a shift, so their errors do not add up.
 */
export function directionsIn(
  vectors: Vectors,
  shape: readonly number[],
  most: number,
  geometry: Geometry,
  subspace: Subspace,
  rng: Rng,
): DrawDirections {
  const width = sizeOf(shape);
  if (subspace === "full") return partsOf(vectors, width, most, geometry, rng);
  const [height = 1, across = 1, channels = 1] = shape;
  const [smallHeight, smallAcross] = [Math.ceil(height / 2), Math.ceil(across / 2)];
  const drawSmall = partsOf(vectors, smallHeight * smallAcross * channels, most, geometry, rng);
  const wide = new Float32Array(smallHeight * across * channels);
  const [values, firsts, lengths] = [vectors.float32(most * width), vectors.int32(most), new Float64Array(most)];
  for (let at = 0; at < most; at++) firsts[at] = at * width;
  const [down, right] = [between(smallHeight, height), between(smallAcross, across)];
  return (rng, count) => {
    const small = drawSmall(rng, count);
    for (let at = 0; at < count; at++) {
      for (let row = 0; row < smallHeight; row++) {
        const first = (small.firsts[at] as number) + row * smallAcross * channels;
        stretch(small.values, first, channels, right, wide, row * across * channels);
      }
      lengths[at] = Math.sqrt(stretch(wide, 0, across * channels, down, values, at * width));
    }
    return { values, firsts, lengths, count };
  };
}

function partsOf(vectors: Vectors, width: number, most: number, geometry: Geometry, rng: Rng): DrawDirections {
  const values = vectors.float32(places + width);
  const noise = seedNoise(vectors.int32(noiseWords), rng);
  if (geometry === "l2") vectors.fillNormal(noise, values, 0, values.length);
  else vectors.fillUniform(noise, values, 0, values.length);
  const lengthsAt = new Float32Array(places);
  let squares = 0; // of the `width` values before `end`
  for (let end = 0; end < values.length; end++) {
    const [begin, value] = [end - width, values[end] as number];
    if (begin >= 0) {
      lengthsAt[begin] = Math.sqrt(squares);
      squares -= (values[begin] as number) ** 2;
    }
    squares += value * value;
  }
  const [firsts, lengths] = [vectors.int32(most), new Float64Array(most)];
  return (rng, count) => {
    for (let at = 0; at < count; at++) {
      const place = rng.uint32() >>> (32 - placeBits);
      firsts[at] = place;
      lengths[at] = lengthsAt[place] as number;
    }
    return { values, firsts, lengths, count };
  };
}

/**
 * What is left of an older estimate in the next one, in `linf`. There a step goes equally far in every coordinate, also where an
 * estimate hardly tells the sign: those of earlier steps, at places nearby, make it surer for no queries. In L2, where such
 * coordinates hardly count, it gains nothing.
 */
const remembered = 0.8;

/**
 * Adds up tried points and makes of them the estimated gradient (Chen et al. 2020). Of one walk at a time.
 *
 * With labels of ±1 and their mean as the baseline, the sum over (label − mean) × direction is, up to its length, the mean of
 * the points with another label less the mean of those with the record's: so only two sums are kept.
 */
export class GradientSum {
  private readonly vectors: Vectors;
  private readonly others: Sum;
  private readonly sames: Sum;

  /** @param most rows that are added at once */
  constructor(vectors: Vectors, width: number, most: number) {
    this.vectors = vectors;
    this.others = { sum: vectors.float64(width), firsts: vectors.int32(most) };
    this.sames = { sum: vectors.float64(width), firsts: vectors.int32(most) };
  }

  /** Adds the rows of a walk's share by their labels, and counts them. */
  add({ walk, first, count }: Share, rows: Float32Array, labels: Int32Array): void {
    const { vectors, others, sames } = this;
    const width = others.sum.length;
    let [other, same] = [0, 0];
    for (let row = first; row < first + count; row++) {
      if (labels[row] === walk.label) sames.firsts[same++] = row * width;
      else others.firsts[other++] = row * width;
    }
    vectors.add(others.sum, { values: rows, firsts: others.firsts, count: other });
    vectors.add(sames.sum, { values: rows, firsts: sames.firsts, count: same });
    walk.others += other;
    walk.sames += same;
  }

  /** Writes the walk's direction: of length 1, or in `linf` the signs of what it remembers. Then begins anew. */
  writeDirection({ anchor, direction, estimate, others, sames, spread }: Walk, geometry: Geometry): void {
    const [otherSum, sameSum] = [this.others.sum, this.sames.sum];
    // Where all labels are one, the anchor takes the place of the points with the other label.
    if (others === 0) otherSum.set(anchor);
    if (sames === 0) sameSum.set(anchor);
    const [otherCount, sameCount] = [others || 1, sames || 1];
    // Points are spread / √width × a direction away, and an estimate counts by the number of them.
    const weight = (others + sames) / spread;
    let squares = 0;
    for (let at = 0; at < direction.length; at++) {
      const found = (otherSum[at] as number) / otherCount - (sameSum[at] as number) / sameCount;
      squares += found ** 2;
      if (geometry === "l2") direction[at] = found;
      else {
        estimate[at] = remembered * (estimate[at] as number) + weight * found;
        direction[at] = Math.sign(estimate[at] as number);
      }
    }
    if (geometry === "l2") {
      const length = Math.sqrt(squares) || 1;
      for (let at = 0; at < direction.length; at++) direction[at] = (direction[at] as number) / length;
    }
    otherSum.fill(0);
    sameSum.fill(0);
  }
}

/** A sum of rows, and where those begin that are to be added. */
interface Sum {
  sum: Float64Array; // width
  firsts: Int32Array; // rows of an ask
}

/** How an axis of `to` points is interpolated from one of `from`: two neighbours, and the second one's share. */
interface Axis {
  before: Int32Array; // to
  after: Int32Array; // to
  share: Float32Array; // to
}

/** Bilinear interpolation with the pixels' centres in line, constant beyond the outermost. */
function between(from: number, to: number): Axis {
  const axis = { before: new Int32Array(to), after: new Int32Array(to), share: new Float32Array(to) };
  for (let at = 0; at < to; at++) {
    const place = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    axis.before[at] = Math.floor(place);
    axis.after[at] = Math.min(from - 1, Math.floor(place) + 1);
    axis.share[at] = place - Math.floor(place);
  }
  return axis;
}

/** Interpolates along an axis whose points are `size` numbers each, and returns the sum of the squares. */
function stretch(
  input: Float32Array,
  first: number,
  size: number,
  { before, after, share }: Axis,
  out: Float32Array,
  from: number,
): number {
  let squares = 0;
  for (let point = 0; point < share.length; point++) {
    const one = first + (before[point] as number) * size;
    const two = first + (after[point] as number) * size;
    const weight = share[point] as number;
    const to = from + point * size;
    for (let at = 0; at < size; at++) {
      const value = (1 - weight) * (input[one + at] as number) + weight * (input[two + at] as number);
      out[to + at] = value;
      squares += value * value;
    }
  }
  return squares;
}
