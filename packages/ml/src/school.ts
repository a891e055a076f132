import type { School } from "./defense.ts";
import type { Lesson } from "./lesson.ts";
import { packSize } from "./pack.ts";
import { type Trained, train } from "./train.ts";

/**
 * Trains the network as it would be trained without a `build`: of the same lesson, it learns the same to the bit.
 *
 * @param lesson other records than the school's
 */
export function trainAsUsual(
  { engine, recipe, lesson: own, signal }: Pick<School, "engine" | "recipe" | "lesson" | "signal">,
  lesson: Lesson = own,
): Promise<Trained> {
  return train(engine, recipe, lesson, { signal, asPack: !recipe.objective && packSize(engine, recipe) > 1 });
}

/** Some of a lesson's records, by their places. */
export function lessonOf(lesson: Lesson, places: Uint32Array, streams: Lesson["rng"]): Lesson {
  const width = lesson.features.length / lesson.labels.length;
  return {
    features: rowsOf(lesson.features, places, width),
    labels: Int32Array.from(places, (place) => lesson.labels[place] as number),
    rng: streams,
  };
}

/** Some rows of a matrix. */
export function rowsOf(rows: Float32Array, places: Uint32Array, width: number): Float32Array {
  const taken = new Float32Array(places.length * width);
  places.forEach((place, at) => {
    taken.set(rows.subarray(place * width, (place + 1) * width), at * width);
  });
  return taken;
}
