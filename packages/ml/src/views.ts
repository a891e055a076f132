import { InvalidInput } from "@shadowfarm/core/errors";
import { sizeOf } from "@shadowfarm/engine/arrays";

/**
 * Each image and altered copies of it, as a target may have been trained on: with 2 views its mirror image, with 18 also
 * both shifted by one pixel in the eight directions, pixels at the edge repeated. Carlini et al. 2022, §VI-B use 18, too.
 *
 * @param values records × shape
 * @param shape height, width, channels
 * @returns records × views × shape
 * @throws {InvalidInput} for another number of views, and for copies of what is not an image.
 */
export function viewsOf(values: Float32Array, shape: readonly number[], views: number): Float32Array {
  if (views === 1) return values;
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) {
    throw new InvalidInput(`records of shape [${shape}] have no views; only images do`);
  }
  const size = sizeOf(shape);
  const seen = new Float32Array((values.length / size) * views * size);
  let to = 0;
  for (let from = 0; from < values.length; from += size) {
    for (const { down, right, mirrored } of alterations(views)) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const column = within(x - right, width);
          const pixel = within(y - down, height) * width + (mirrored ? width - 1 - column : column);
          for (let channel = 0; channel < channels; channel++) {
            seen[to++] = values[from + pixel * channels + channel] as number;
          }
        }
      }
    }
  }
  return seen;
}

interface Alteration {
  down: number;
  right: number;
  mirrored: boolean;
}

function alterations(views: number): Alteration[] {
  const shifts = views === 18 ? [0, -1, 1] : [0];
  const all = [false, true].flatMap((mirrored) =>
    shifts.flatMap((down) => shifts.map((right) => ({ down, right, mirrored }))),
  );
  if (all.length !== views) throw new InvalidInput(`${views} views are not known; use 1, 2 or 18`);
  return all;
}

function within(place: number, size: number): number {
  return Math.max(0, Math.min(size - 1, place));
}
