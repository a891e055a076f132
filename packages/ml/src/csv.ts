import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { show } from "@shadowfarm/core/validation";
import { parse } from "csv-parse/sync";
import { numberOf } from "./datasets/formats/table-rows.ts";
import type { NpyArray } from "./npy.ts";

/** What programs write for numbers that are not finite, and for truth values. */
const words: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["true", 1],
  ["false", 0],
]);

/**
 * Reads a CSV file of numbers as an array, rows × columns. The first line may name the columns; `true` and `false` are 1
 * and 0, and `nan` and `inf` are what they say.
 *
 * @param name of the file, for messages
 * @throws {InvalidInput} for a cell that is no number, rows of different lengths, a column without a name, and no rows.
 */
export function parseCsv(file: Uint8Array, name: string): NpyArray {
  const rows: Float64Array[] = [];
  let width: number | null = null;
  const take = (cells: string[], { lines }: { lines: number }): null => {
    const place = `${name}, line ${lines}`;
    if (width !== null && cells.length !== width) {
      throw new InvalidInput(`${place}: ${cells.length} values, but ${width} in the first line; correct it`);
    }
    if (width !== null || !isHeader(cells, place)) rows.push(rowOf(cells, place));
    width = cells.length;
    // What is returned would be kept.
    return null;
  };
  try {
    parse(file, { bom: true, relax_column_count: true, skip_empty_lines: true, trim: true, on_record: take });
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput(`${name} cannot be read as CSV: ${messageOf(error)}; correct it`);
  }
  if (width === null || rows.length === 0) {
    throw new InvalidInput(`${name} holds no numbers; give a line of them for each record`);
  }
  const data = new Float64Array(rows.length * width);
  for (const [at, row] of rows.entries()) data.set(row, at * row.length);
  return { shape: [rows.length, width], data };
}

/** Whether a first line names columns: by words, or by 0, 1, 2 …, as data frames without names do. */
function isHeader(cells: readonly string[], place: string): boolean {
  if (cells[0] === "" && cells.length > 1) {
    throw new InvalidInput(`${place}: column 1 has no name, as of a row number; leave that column out`);
  }
  if (cells.every((cell) => numberIn(cell) === null)) return true;
  return cells.length > 2 && cells.every((cell, at) => cell === String(at));
}

function rowOf(cells: readonly string[], place: string): Float64Array {
  return Float64Array.from(cells, (cell, at) => {
    const value = numberIn(cell);
    if (value === null) throw new InvalidInput(`${place}, column ${at + 1}: ${show(cell)} is not a number; correct it`);
    return value;
  });
}

function numberIn(cell: string): number | null {
  return numberOf(cell) ?? words.get(cell.toLowerCase()) ?? null;
}
