import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { labelsByWeight } from "./labels.ts";
import { add, expose, type Shape, texture } from "./textures.ts";

/** How pictures show their class, and how they hide it. */
export interface Blend {
  shape: Shape;
  /** Of each class, in proportion: its records. */
  classSizes: readonly number[];
  /** Classes that a picture may blend: the first so many, the next so many, …; divides the number of classes. */
  family: number;
  /** Classes of the family in one picture, its own among them. */
  blended: number;
  /** Patterns of a class, of which a picture shows one; and of what stands behind, with its strength. */
  views: number;
  backgrounds: number;
  background: number;
  /** Share of the strongest class in a picture, least and most; the others share the rest equally. */
  strongest: readonly [number, number];
  /** Share of the pictures in which the strongest class is another one: what no model can know. */
  doubt: number;
  /** The level of a picture without contrast, least and most; levels of one deviation; and noise of a pixel. */
  middle: readonly [number, number];
  contrast: number;
  grain: number;
}

/** Furthest shift of a pattern, in pixels. */
const reach = 1;

/**
 * Pictures that blend smooth patterns of several classes before a background that has no class. A model soon knows the
 * patterns, but which of them is the class's remains a guess: `doubt` bounds its accuracy, however many records it has.
 */
export function synthesizeBlends(rng: Rng, records: number, blend: Blend): Records {
  const { shape, classSizes, family, blended, views, backgrounds, doubt } = blend;
  const size = shape[0] * shape[1] * shape[2];
  const patterns = classSizes.map((_, label) =>
    Array.from({ length: views }, (_, view) => texture(rng.child("class", label, view), shape, 3)),
  );
  const behind = Array.from({ length: backgrounds }, (_, at) => texture(rng.child("background", at), shape, 6));
  const labels = labelsByWeight(classSizes, records, rng.child("labels"));
  const features = new Uint8Array(records * size);
  const stream = rng.child("records");
  const between = ([least, most]: readonly [number, number]) => least + (most - least) * stream.uniform();
  const move = () => [stream.int(2 * reach + 1) - reach, stream.int(2 * reach + 1) - reach] as const;
  const picture = new Float32Array(size);
  labels.forEach((label, record) => {
    const first = label - (label % family);
    const offset = stream.int(family - 1);
    const shown = Array.from({ length: blended - 1 }, (_, at) => {
      return first + ((label - first + 1 + ((offset + at) % (family - 1))) % family);
    });
    shown.splice(stream.uniform() < doubt ? 1 : 0, 0, label);
    const share = between(blend.strongest);
    picture.fill(0);
    shown.forEach((one, at) => {
      const pattern = patterns[one]?.[stream.int(views)] as Float32Array;
      add(picture, shape, pattern, at === 0 ? share : (1 - share) / (blended - 1), move());
    });
    add(picture, shape, behind[stream.int(backgrounds)] as Float32Array, blend.background, move());
    const bytes = features.subarray(record * size, (record + 1) * size);
    expose(picture, bytes, { middle: between(blend.middle), contrast: blend.contrast, grain: blend.grain }, stream);
  });
  return { features, labels };
}
