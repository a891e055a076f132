import type { Column, InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import { sizeOf } from "@shadowfarm/engine/arrays";

/** One feature of a record: a value, or the several values of a column of choices, of which exactly one is 1. */
export interface Feature {
  /** Where its values begin in a row, and how many they are. */
  at: number;
  width: number;
  /** Writes a value that is uniform over all that the feature can be. */
  draw(row: Float32Array, rng: Rng): void;
}

/**
 * The features of a dataset's records, in order: bits, pixels, or the columns of a table.
 *
 * @throws {InvalidInput} for text, whose records are terms of any number.
 */
export function featuresOf({ kind, shape, low, high, columns = [] }: InputInfo): Feature[] {
  const width = sizeOf(shape);
  const each = (value: (rng: Rng) => number) => Array.from({ length: width }, (_, at) => single(at, value));
  switch (kind) {
    case "binary":
      return each((rng) => (rng.uniform() < 0.5 ? low : high));
    case "image":
      return each((rng) => low + (high - low) * rng.uniform());
    case "tabular":
      return columnsOf(columns);
    case "text":
      throw new InvalidInput("text has no features that could be drawn one by one; use another dataset");
  }
}

/** Draws every feature of a record. */
export function randomRow(features: readonly Feature[], row: Float32Array, rng: Rng): void {
  for (const feature of features) feature.draw(row, rng);
}

function columnsOf(columns: readonly Column[]): Feature[] {
  let at = 0;
  return columns.map((column) => {
    const from = at;
    if (!("choices" in column)) {
      at++;
      return single(from, (rng) => column.low + (column.high - column.low) * rng.uniform());
    }
    const width = column.choices.length;
    at += width;
    return {
      at: from,
      width,
      draw(row, rng) {
        row.fill(0, from, from + width);
        row[from + rng.int(width)] = 1;
      },
    };
  });
}

function single(at: number, value: (rng: Rng) => number): Feature {
  return {
    at,
    width: 1,
    draw(row, rng) {
      row[at] = value(rng);
    },
  };
}
