import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { seedNoise } from "@shadowfarm/engine/noise";
import { noiseWords } from "@shadowfarm/engine/noise-code";
import type { Parts, Vectors } from "@shadowfarm/engine/vectors";
import type { Geometry, Share, Walk } from "./boundary-walk.ts";

/** Where random directions are drawn: anywhere, or as images of half the height and width, enlarged (Li et al. 2020, QEBA-S). */
export type Subspace = "full" | "half";

/** Random directions of about one length, the more so the wider they are. Valid until the next ones are drawn. */
export interface Directions extends Parts {
  /** The root mean square of their lengths. */
  length: number;
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
 * random number instead of one for each coordinate. Two that overlap do so with a shift, so their errors do not add up. They are not
 * brought to one length: of normal noise those of 446 numbers vary by 3 %, and looking up each would take as long as half a step.
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
  if (subspace === "full") {
    const { values, firsts, size, draw } = partsOf(vectors, width, most, geometry, rng);
    const length = size * Math.sqrt(width);
    return (rng, count) => {
      draw(rng, count);
      return { values, firsts, count, length };
    };
  }
  const [height = 1, across = 1, channels = 1] = shape;
  const [smallHeight, smallAcross] = [Math.ceil(height / 2), Math.ceil(across / 2)];
  const small = partsOf(vectors, smallHeight * smallAcross * channels, most, geometry, rng);
  const wide = new Float32Array(smallHeight * across * channels);
  const [values, firsts] = [vectors.float32(most * width), vectors.int32(most)];
  for (let at = 0; at < most; at++) firsts[at] = at * width;
  const [down, right] = [between(smallHeight, height), between(smallAcross, across)];
  const length = small.size * Math.sqrt(channels * squaresOf(down) * squaresOf(right));
  return (rng, count) => {
    small.draw(rng, count);
    for (let at = 0; at < count; at++) {
      for (let row = 0; row < smallHeight; row++) {
        const first = (small.firsts[at] as number) + row * smallAcross * channels;
        stretch(small.values, first, channels, right, wide, row * across * channels);
      }
      stretch(wide, 0, across * channels, down, values, at * width);
    }
    return { values, firsts, count, length };
  };
}

/** A block of noise, of which `size` is the root mean square, and where the parts begin that were drawn last. */
function partsOf(vectors: Vectors, width: number, most: number, geometry: Geometry, rng: Rng) {
  const values = vectors.float32(places + width);
  const noise = seedNoise(vectors.int32(noiseWords), rng);
  const fill = geometry === "l2" ? vectors.fillNormal : vectors.fillUniform;
  const size = Math.sqrt(fill(noise, values, 0, values.length) / values.length);
  const firsts = vectors.int32(most);
  const draw = (rng: Rng, count: number): void => {
    for (let at = 0; at < count; at++) firsts[at] = rng.uint32() >>> (32 - placeBits);
  };
  return { values, firsts, size, draw };
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
    this.others = { sum: vectors.float32(width), firsts: vectors.int32(most) };
    this.sames = { sum: vectors.float32(width), firsts: vectors.int32(most) };
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
    vectors.add(others.sum, walk.anchor, { values: rows, firsts: others.firsts, count: other });
    vectors.add(sames.sum, walk.anchor, { values: rows, firsts: sames.firsts, count: same });
    walk.others += other;
    walk.sames += same;
  }

  /** Writes the walk's direction: of length 1, or in `linf` the signs of what it remembers. Then begins anew. */
  writeDirection({ direction, estimate, others, sames, spread }: Walk, geometry: Geometry): void {
    const [otherSum, sameSum] = [this.others.sum, this.sames.sum];
    // Where all labels are one, the anchor takes the place of the points with the other label: their sum is none.
    const squares = this.vectors.combine(1 / (others || 1), otherSum, -1 / (sames || 1), sameSum, direction, 0);
    if (geometry === "l2") this.vectors.combine(1 / (Math.sqrt(squares) || 1), direction, 0, direction, direction, 0);
    else {
      // Points are spread / √width × a direction away, and an estimate counts by the number of them.
      const weight = (others + sames) / spread;
      for (let at = 0; at < direction.length; at++) {
        estimate[at] = remembered * (estimate[at] as number) + weight * (direction[at] as number);
        direction[at] = Math.sign(estimate[at] as number);
      }
    }
    otherSum.fill(0);
    sameSum.fill(0);
  }
}

/** A sum of rows, and where those begin that are to be added. */
interface Sum {
  sum: Float32Array; // width; of what rows are more than the walk's anchor
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

/** The sum of the squares of all weights: of what is interpolated from noise, so many times the squares are expected. */
function squaresOf({ before, after, share }: Axis): number {
  return share.reduce((sum, part, at) => sum + (before[at] === after[at] ? 1 : (1 - part) ** 2 + part ** 2), 0);
}

/** Interpolates along an axis whose points are `size` numbers each. */
function stretch(
  input: Float32Array,
  first: number,
  size: number,
  { before, after, share }: Axis,
  out: Float32Array,
  from: number,
): void {
  for (let point = 0; point < share.length; point++) {
    const one = first + (before[point] as number) * size;
    const two = first + (after[point] as number) * size;
    const weight = share[point] as number;
    const to = from + point * size;
    for (let at = 0; at < size; at++) {
      out[to + at] = (1 - weight) * (input[one + at] as number) + weight * (input[two + at] as number);
    }
  }
}
