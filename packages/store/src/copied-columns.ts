/** What a column holds, and how Postgres's COPY has it in binary: `name`s are few, `key`s are hexadecimal digits. */
export type ColumnKind = "name" | "key" | "number" | "integer" | "boolean" | "time";

/** Rows by column. */
export interface Columns {
  rows: number;
  values: unknown[][]; // columns × rows
}

const SIGNATURE_BYTES = 19;
/** Milliseconds from 1970 to 2000, where Postgres's time begins. */
const EPOCH_MS = 946_684_800_000;

/**
 * Reads what `COPY … TO STDOUT (FORMAT binary)` sends: no row becomes an object, and no number a text.
 *
 * @param parts as they come, rows cut anywhere
 * @param most rows of a batch
 */
export async function* readColumns(
  parts: AsyncIterable<Buffer>,
  kinds: readonly ColumnKind[],
  most: number,
): AsyncGenerator<Columns> {
  const readers = kinds.map(readerOf);
  const empty = (): unknown[][] => kinds.map(() => new Array(most));
  let values = empty();
  let rows = 0;
  let skip = SIGNATURE_BYTES;
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, part]) : part;
    let at = 0;
    if (skip > 0) {
      if (bytes.length < skip) {
        rest = bytes;
        continue;
      }
      at = skip;
      skip = 0;
    }
    for (let next = rowEnd(bytes, at, kinds.length); next > at; next = rowEnd(bytes, at, kinds.length)) {
      let field = at + 2;
      for (let column = 0; column < kinds.length; column++) {
        const length = bytes.readInt32BE(field);
        field += 4;
        (values[column] as unknown[])[rows] = length < 0 ? null : readers[column]?.(bytes, field, length);
        if (length > 0) field += length;
      }
      at = next;
      rows++;
      if (rows === most) {
        yield { rows, values };
        values = empty();
        rows = 0;
      }
    }
    rest = bytes.subarray(at);
  }
  if (rows > 0) yield { rows, values: values.map((column) => column.slice(0, rows)) };
}

/** Where a row ends that begins at `at`; `at` itself when it is not whole, or the end. */
function rowEnd(bytes: Buffer, at: number, columns: number): number {
  if (at + 2 > bytes.length || bytes.readInt16BE(at) < 0) return at;
  let end = at + 2;
  for (let column = 0; column < columns; column++) {
    if (end + 4 > bytes.length) return at;
    end += 4 + Math.max(0, bytes.readInt32BE(end));
  }
  return end > bytes.length ? at : end;
}

type Read = (bytes: Buffer, at: number, length: number) => unknown;

function readerOf(kind: ColumnKind): Read {
  switch (kind) {
    case "name":
      return unlessRepeated((bytes, at, length) => bytes.toString("utf8", at, at + length));
    case "time":
      return unlessRepeated((bytes, at) => new Date(Number(bytes.readBigInt64BE(at) / 1000n) + EPOCH_MS).toISOString());
    case "key":
      return (bytes, at, length) => bytes.toString("latin1", at, at + length);
    case "number":
      return (bytes, at) => bytes.readDoubleBE(at);
    case "integer":
      return (bytes, at) => bytes.readInt32BE(at);
    case "boolean":
      return (bytes, at) => bytes[at] === 1;
  }
}

/** Neighbours often agree, and comparing bytes is quicker than making a text of them. */
function unlessRepeated(read: (bytes: Buffer, at: number, length: number) => string): Read {
  let before: Uint8Array = new Uint8Array();
  let value: string | null = null;
  return (bytes, at, length) => {
    let same = value !== null && before.length === length;
    for (let byte = 0; same && byte < length; byte++) same = before[byte] === bytes[at + byte];
    if (!same) {
      before = Uint8Array.prototype.slice.call(bytes, at, at + length);
      value = read(bytes, at, length);
    }
    return value;
  };
}
