import { basename } from "node:path";
import type { Column } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { chunksOf, digestOf } from "./formats/files.ts";
import { cellsOf, columnOf, numberOf } from "./formats/table-rows.ts";
import { type TableManifest, tableNameSchema, widthOf } from "./table.ts";

const mostChoices = 100;
const mostClasses = 1000;
const fewestRecords = 8;
/** As float32: what one machine can be expected to hold. */
const mostBytes = 2 ** 32;

/** @throws {InvalidInput} for a name that is not allowed, or is one of those `taken`. */
export function checkTableName(name: string, taken: readonly string[]): string {
  if (!tableNameSchema.safeParse(name).success) {
    throw new InvalidInput(
      `"${name}" cannot be a table's name; give one of at most 40 lower-case letters, digits and dashes with --name`,
    );
  }
  if (taken.includes(name)) {
    throw new InvalidInput(`"${name}" is a dataset that Shadowfarm brings; give the table another name with --name`);
  }
  return name;
}

/** The name of a table that was given none: that of its file, as far as names allow. */
export function tableNameOf(file: string): string {
  return basename(file)
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
}

/** What is known of a column after some rows. */
interface Survey {
  name: string;
  low: number;
  high: number;
  /** The first value that is no number, and where; null while all are numbers. */
  word: { value: string; row: number } | null;
  /** Different values, as long as there are not too many of them. */
  values: Set<string>;
}

/**
 * Finds out what a CSV file is as a dataset: its classes, and which columns are numbers and which are choices (columns
 * with a value that is no number). Reads it row by row.
 *
 * @throws {InvalidInput} naming file, row and column: as `cellsOf` does, for a label column that does not exist, one class
 *   alone or more than 1,000, more than 100 choices in a column, fewer than 8 records, no other column, or a table that is
 *   too large once its choices are features.
 */
export async function planTable(file: string, label: string, name: string): Promise<TableManifest> {
  let surveys: Survey[] | null = null;
  let records = 0;
  for await (const { row, header, cellOf } of cellsOf(file)) {
    if (surveys === null) {
      columnOf(file, header, label);
      surveys = header.map(surveyOf);
    }
    for (const column of surveys) {
      note(column, cellOf(column.name), row, column.name === label ? mostClasses : mostChoices);
    }
    records++;
  }
  if (surveys === null || records < fewestRecords) {
    throw new InvalidInput(`${file} has ${records} records; give at least ${fewestRecords}`);
  }
  const classes = classesOf(file, surveys.find((column) => column.name === label) as Survey);
  const others = surveys.filter((column) => column.name !== label);
  if (others.length === 0) {
    throw new InvalidInput(`${file} has no column besides ${label}; give some to predict it from`);
  }
  const columns = columnsOf(file, others);
  if (records * widthOf(columns) * 4 > mostBytes) {
    throw new InvalidInput(
      `${file}: ${records} records of ${widthOf(columns)} features are too many; leave out columns`,
    );
  }
  const { sha256 } = await digestOf(chunksOf(file));
  return { format: 1, name, label, classes, columns, records, sha256, importedFrom: basename(file) };
}

function surveyOf(name: string): Survey {
  return { name, low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, word: null, values: new Set() };
}

function note(column: Survey, value: string, row: number, most: number): void {
  const number = numberOf(value);
  if (number === null) column.word ??= { value, row };
  else {
    column.low = Math.min(column.low, number);
    column.high = Math.max(column.high, number);
  }
  // One more than is allowed shows that there are too many.
  if (column.values.size <= most) column.values.add(value);
}

function classesOf(file: string, { name, word, values }: Survey): string[] {
  const place = `${file}, column ${name}`;
  if (values.size < 2) {
    throw new InvalidInput(`${place}: all records are of one class, "${[...values][0]}"; give two or more`);
  }
  if (values.size > mostClasses) {
    throw new InvalidInput(`${place}: more than ${mostClasses} different values are not classes; name another label`);
  }
  return word === null ? [...values].sort((a, b) => Number(a) - Number(b)) : [...values].sort();
}

function columnsOf(file: string, surveys: readonly Survey[]): TableManifest["columns"] {
  const numbers = surveys.filter(({ word }) => word === null).map(({ name, low, high }) => ({ name, low, high }));
  const choices = surveys.filter(({ word }) => word !== null).map((column) => choicesOf(file, column));
  return [...numbers, ...choices];
}

function choicesOf(file: string, { name, word, values }: Survey): Extract<Column, { choices: unknown }> {
  if (values.size > mostChoices) {
    throw new InvalidInput(
      `${file}, column ${name}: "${word?.value}" in row ${word?.row} is no number, and more than ${mostChoices} different values are not choices; correct or leave out the column`,
    );
  }
  return { name, choices: [...values].sort() };
}
