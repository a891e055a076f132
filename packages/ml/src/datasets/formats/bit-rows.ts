import { createHash } from "node:crypto";
import { InvalidInput } from "@shadowfarm/core/errors";

/** What a row is: a class, 1 … `classes`, in double quotes when `quoted`; then bits; all with commas between. */
export interface RowForm {
  /** Absent when rows have no class. */
  label?: { classes: number; quoted: boolean };
  bits: number;
}

export interface BitRows {
  records: number;
  /** SHA-256 of the bytes. */
  checksum: string;
  bits: Uint8Array; // records × bits; empty unless kept
  labels: Int32Array; // records; 0 … classes − 1; empty unless kept, or when rows have none
}

const comma = 44;
const lineFeed = 10;
const carriageReturn = 13;
/** Longest class that a message shows. */
const shown = 40;

/**
 * Reads rows of bits from the pieces of a file, as bytes and without ever holding its text.
 *
 * @param room rows for which memory is taken at first (more when there are more); 0: check and count only
 * @throws {InvalidInput} naming `file`, the row (from 1) and what is wrong in it; also when there is no row.
 */
export async function readBitRows(
  chunks: AsyncIterable<Uint8Array>,
  form: RowForm,
  file: string,
  room: number,
): Promise<BitRows> {
  const state = start(form, file, room);
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    scan(state, chunk);
  }
  // The last row need not end in a line feed.
  if (state.column > 0 || state.text !== "") scan(state, Uint8Array.of(lineFeed));
  const { row: records, keep, bits, labels } = state;
  if (records === 0) throw new InvalidInput(`${file} has no rows; download it again`);
  return {
    records,
    checksum: hash.digest("hex"),
    bits: first(bits, keep ? records * form.bits : 0),
    labels: first(labels, keep && form.label ? records : 0),
  };
}

interface State {
  readonly form: RowForm;
  readonly file: string;
  readonly keep: boolean;
  /** Rows that `bits` and `labels` have room for. */
  room: number;
  bits: Uint8Array;
  labels: Int32Array;
  /** Whole rows so far. */
  row: number;
  /** Bits of the present row so far. */
  column: number;
  /** The present row's class so far. */
  text: string;
  next: "label" | "bit" | "separator";
}

function start(form: RowForm, file: string, room: number): State {
  // What is not kept is written over row by row.
  const rows = Math.max(1, room);
  const bits = new Uint8Array(rows * form.bits);
  const labels = new Int32Array(form.label ? rows : 0);
  const next = form.label ? "label" : "bit";
  return { form, file, keep: room > 0, room: rows, bits, labels, row: 0, column: 0, text: "", next };
}

function scan(state: State, chunk: Uint8Array): void {
  const { form, keep } = state;
  const width = form.bits;
  let { bits, column, next } = state;
  let to = (keep ? state.row * width : 0) + column;
  for (let at = 0; at < chunk.length; at++) {
    if (column === 0 && next !== "separator" && state.row === state.room && keep) {
      makeRoom(state);
      bits = state.bits;
    }
    if (next === "bit" && column === 0 && chunk.length - at >= 2 * width && copyBits(chunk, at, bits, to, width - 1)) {
      column = width - 1;
      at += 2 * column;
      to += column;
    }
    const byte = chunk[at] as number;
    if (next === "bit") {
      if (byte !== 48 && byte !== 49) throw wrongBit(state, column, byte);
      bits[to++] = byte - 48;
      column++;
      next = "separator";
    } else if (next === "separator") {
      if (byte === comma && column < width) next = "bit";
      else if (byte === lineFeed && column === width) {
        endRow(state);
        column = 0;
        to = keep ? state.row * width : 0;
        next = form.label ? "label" : "bit";
      } else if (byte !== carriageReturn || column < width) throw wrongSeparator(state, column, byte);
    } else if (byte !== comma && byte !== lineFeed && byte !== carriageReturn) {
      state.text += String.fromCharCode(byte);
      if (state.text.length > shown) throw wrongLabel(state);
    } else {
      setLabel(state);
      next = byte === comma && width > 0 ? "bit" : "separator";
      // What ends the row is looked at once more.
      if (next === "separator") at--;
    }
  }
  state.column = column;
  state.next = next;
}

/** The fast way through most of a row: whether it is `count` bits with a comma after each. Copies them in any case. */
function copyBits(chunk: Uint8Array, from: number, bits: Uint8Array, to: number, count: number): boolean {
  let wrong = 0;
  const end = to + count;
  for (let at = from; to < end; at += 2) {
    const bit = (chunk[at] as number) ^ 48;
    wrong |= (bit & 254) | ((chunk[at + 1] as number) ^ comma);
    bits[to++] = bit;
  }
  return wrong === 0;
}

function setLabel(state: State): void {
  const { form, text, keep, row, labels } = state;
  const { classes, quoted } = form.label as NonNullable<RowForm["label"]>;
  const digits = (quoted ? /^"(\d{1,4})"$/ : /^(\d{1,4})$/).exec(text)?.[1];
  if (digits === undefined || Number(digits) < 1 || Number(digits) > classes) throw wrongLabel(state);
  labels[keep ? row : 0] = Number(digits) - 1;
}

/** Counts the row. */
function endRow(state: State): void {
  state.row++;
  state.text = "";
}

/** Makes room for the row that begins; not before one does, or the expected number of rows would take twice their memory. */
function makeRoom(state: State): void {
  const { bits, labels } = state;
  state.room *= 2;
  state.bits = new Uint8Array(2 * bits.length);
  state.bits.set(bits);
  state.labels = new Int32Array(2 * labels.length);
  state.labels.set(labels);
}

function first<T extends Uint8Array | Int32Array>(values: T, count: number): T {
  return (count === values.length ? values : values.slice(0, count)) as T;
}

function wrongLabel({ form, file, row, text }: State): InvalidInput {
  const { classes, quoted } = form.label as NonNullable<RowForm["label"]>;
  const range = quoted ? `"1" … "${classes}"` : `1 … ${classes}`;
  return new InvalidInput(`${file}, row ${row + 1}: the class ${text} is not ${range}; download it again`);
}

function wrongBit({ form, file, row }: State, column: number, byte: number): InvalidInput {
  if (byte === lineFeed || byte === carriageReturn) return tooShort(form, file, row, column);
  const found = JSON.stringify(String.fromCharCode(byte));
  return new InvalidInput(`${file}, row ${row + 1}, value ${column + 1}: ${found} is not 0 or 1; download it again`);
}

function wrongSeparator({ form, file, row }: State, column: number, byte: number): InvalidInput {
  if (column === form.bits) {
    return new InvalidInput(`${file}, row ${row + 1}: more than ${form.bits} values; download it again`);
  }
  if (byte === lineFeed || byte === carriageReturn) return tooShort(form, file, row, column);
  const found = JSON.stringify(String.fromCharCode(byte));
  return new InvalidInput(
    `${file}, row ${row + 1}, value ${column}: followed by ${found}, not by a comma; download it again`,
  );
}

function tooShort({ bits }: RowForm, file: string, row: number, column: number): InvalidInput {
  return new InvalidInput(`${file}, row ${row + 1}: ends after ${column} of ${bits} values; download it again`);
}
