import { createReadStream } from "node:fs";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { suggestion } from "@shadowfarm/core/suggestion";
import { type Info, parse } from "csv-parse";

/** A row below the header. */
export interface TableRow {
  /** Line of the file on which it ends, from 1; the header is line 1 as a rule. */
  row: number;
  /** @throws {InvalidInput} when there is no such column. */
  cellOf(column: string): string;
}

const missing = /^(?:|na|n\/a|nan|null|\?)$/i;
const finite = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const infinite = /^[+-]?inf(?:inity)?$/i;

/**
 * The rows of a CSV file with a header, one at a time. Values are without spaces at their ends.
 *
 * @throws {InvalidInput} naming file, row and column, for a header with empty or equal names, a row with more or fewer
 *   values, a value that is missing or not finite, and quotes that do not end.
 */
export async function* cellsOf(file: string): AsyncGenerator<TableRow & { header: readonly string[] }> {
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true });
  const source = createReadStream(file);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let header: readonly string[] | null = null;
  const places = new Map<string, number>();
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: Info; record: string[] }>) {
      const row = info.lines;
      if (header === null) {
        header = headerOf(file, record);
        for (const [at, name] of header.entries()) places.set(name, at);
        continue;
      }
      checkRow(file, row, header, record);
      const columns = header;
      yield {
        row,
        header: columns,
        cellOf: (name) => record[places.get(name) ?? columnOf(file, columns, name)] as string,
      };
    }
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput(`${file} cannot be read as CSV: ${messageOf(error)}; correct it`);
  } finally {
    source.destroy();
  }
  if (header === null) throw new InvalidInput(`${file} is empty; give a CSV file with a header`);
}

/** A value as a finite number; null when it is none. */
export function numberOf(value: string): number | null {
  return finite.test(value) ? Number(value) : null;
}

/** @throws {InvalidInput} with what may have been meant. */
export function columnOf(file: string, header: readonly string[], name: string): number {
  const at = header.indexOf(name);
  if (at < 0) throw new InvalidInput(`${file} has no column "${name}"; ${suggestion(name, header)}`);
  return at;
}

function headerOf(file: string, names: readonly string[]): readonly string[] {
  for (const [at, name] of names.entries()) {
    if (name === "") throw new InvalidInput(`${file}, row 1: column ${at + 1} has no name; give every column one`);
    if (names.indexOf(name) < at) throw new InvalidInput(`${file}, row 1: two columns "${name}"; rename one of them`);
  }
  return names;
}

function checkRow(file: string, row: number, header: readonly string[], values: readonly string[]): void {
  if (values.length !== header.length) {
    throw new InvalidInput(
      `${file}, row ${row}: ${values.length} values for ${header.length} columns; correct or remove the row`,
    );
  }
  for (const [at, value] of values.entries()) {
    const place = `${file}, row ${row}, column ${header[at]}`;
    if (missing.test(value)) throw new InvalidInput(`${place}: no value ("${value}"); fill it in or remove the row`);
    if (infinite.test(value) || (finite.test(value) && !Number.isFinite(Math.fround(Number(value))))) {
      throw new InvalidInput(`${place}: ${value} is not a finite number; correct it or remove the row`);
    }
  }
}
