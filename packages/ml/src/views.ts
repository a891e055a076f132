import { InvalidInput } from "@shadowfarm/core/errors";
import { sizeOf } from "@shadowfarm/engine/arrays";

/** An altered copy of an image; pixels that come from beyond the edge repeat it. */
interface Alteration {
  /** Pixels by which it is shifted. */
  down: number;
  right: number;
  mirrored: boolean;
  /** By which it is turned around its middle, pixels between pixels being interpolated. */
  degrees: number;
}

/** Ways of altering an image, the first of which leaves it as it is. */
export interface Alterations {
  count: number;
  /**
   * @param values records × shape
   * @param shape height, width, channels
   * @returns records × count × shape
   * @throws {InvalidInput} for copies of what is not an image.
   */
  of(values: Float32Array, shape: readonly number[]): Float32Array;
}

const asItIs: Alteration = { down: 0, right: 0, mirrored: false, degrees: 0 };

/**
 * Each image and altered copies of it, as a target may have been trained on: with 2 views its mirror image, with 18 also
 * both shifted by one pixel in the eight directions. Carlini et al. 2022, §VI-B use 18, too.
 *
 * @returns records × views × shape
 * @throws {InvalidInput} for another number of views, and for copies of what is not an image.
 */
export function viewsOf(values: Float32Array, shape: readonly number[], views: number): Float32Array {
  if (views === 1) return values;
  const shifts = views === 18 ? [0, -1, 1] : [0];
  const all = [false, true].flatMap((mirrored) =>
    shifts.flatMap((down) => shifts.map((right) => ({ ...asItIs, down, right, mirrored }))),
  );
  if (all.length !== views) throw new InvalidInput(`${views} views are not known; use 1, 2 or 18`);
  return alterationsBy(all).of(values, shape);
}

/** The image, and all its shifts by |down| + |right| = pixels: 4 × pixels + 1. Choquette-Choo et al. 2021, §3.3. */
export function translations(pixels: number): Alterations {
  const shifts: Alteration[] = [];
  for (let down = -pixels; down <= pixels; down++) {
    const right = pixels - Math.abs(down);
    shifts.push({ ...asItIs, down, right });
    if (right > 0) shifts.push({ ...asItIs, down, right: -right });
  }
  return alterationsBy([asItIs, ...shifts]);
}

/** The image, and the two that are turned by so many degrees. Choquette-Choo et al. 2021, §3.3. */
export function rotations(degrees: number): Alterations {
  return alterationsBy([asItIs, { ...asItIs, degrees }, { ...asItIs, degrees: -degrees }]);
}

function alterationsBy(all: readonly Alteration[]): Alterations {
  return {
    count: all.length,
    of(values, shape) {
      const size = sizeOf(shape);
      const maps = all.map((alteration) => sourcesOf(alteration, shape));
      const made = new Float32Array(values.length * all.length);
      const channels = shape[2] as number;
      let to = 0;
      for (let from = 0; from < values.length; from += size) {
        for (const { pixels, weights } of maps) {
          for (let at = 0; at < pixels.length; at += CORNERS) {
            for (let channel = 0; channel < channels; channel++) {
              let value = 0;
              for (let corner = at; corner < at + CORNERS; corner++) {
                const weight = weights[corner] as number;
                if (weight > 0) {
                  value += weight * (values[from + (pixels[corner] as number) * channels + channel] as number);
                }
              }
              made[to++] = value;
            }
          }
        }
      }
      return made;
    },
  };
}

/** Pixels from which one is interpolated. */
const CORNERS = 4;

/** From which pixels, with which weights, each pixel of a copy is made; pixels × corners. */
interface Sources {
  pixels: Uint32Array;
  weights: Float32Array;
}

function sourcesOf({ down, right, mirrored, degrees }: Alteration, shape: readonly number[]): Sources {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new InvalidInput(`records of shape [${shape}] have no altered copies; only images do`);
  }
  const pixels = new Uint32Array(height * width * CORNERS);
  const weights = new Float32Array(pixels.length);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [shiftedY, shiftedX] = [row - down - middleY, column - right - middleX];
      const y = degrees === 0 ? row - down : within(middleY + cos * shiftedY - sin * shiftedX, height);
      const unmirrored = degrees === 0 ? column - right : middleX + sin * shiftedY + cos * shiftedX;
      const inside = within(unmirrored, width);
      const x = mirrored ? width - 1 - inside : inside;
      const [top, left] = [Math.floor(within(y, height)), Math.floor(x)];
      const [below, beside] = [within(y, height) - top, x - left];
      for (const [dy, dx] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        pixels[at] = within(top + dy, height) * width + within(left + dx, width);
        weights[at++] = (dy === 0 ? 1 - below : below) * (dx === 0 ? 1 - beside : beside);
      }
    }
  }
  return { pixels, weights };
}

function within(place: number, size: number): number {
  return Math.max(0, Math.min(size - 1, place));
}
