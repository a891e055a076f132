/**
 * What a column holds, and how Postgres's COPY has it in binary: `id`s are bigints, `name`s are few, `key`s are hexadecimal digits,
 * and a `measure` is a number, or NaN where there is none.
 */
export type ColumnKind = "id" | "name" | "key" | "number" | "measure" | "integer" | "boolean" | "time";

/** Rows by column; those of measures are of type Float64Array. */
export interface Columns {
  rows: number;
  values: (unknown[] | Float64Array)[]; // columns × rows
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
  const none = kinds.map((kind) => (kind === "measure" ? Number.NaN : null));
  const empty = () => kinds.map((kind) => (kind === "measure" ? new Float64Array(most) : new Array<unknown>(most)));
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
    // Numbers are read several times as fast as through the buffer.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let next = rowEnd(view, at, kinds.length); next > at; next = rowEnd(view, at, kinds.length)) {
      let field = at + 2;
      for (let column = 0; column < kinds.length; column++) {
        const length = view.getInt32(field);
        field += 4;
        (values[column] as unknown[])[rows] = length < 0 ? none[column] : readers[column]?.(view, field, length, bytes);
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
function rowEnd(view: DataView, at: number, columns: number): number {
  if (at + 2 > view.byteLength || view.getInt16(at) < 0) return at;
  let end = at + 2;
  for (let column = 0; column < columns; column++) {
    if (end + 4 > view.byteLength) return at;
    end += 4 + Math.max(0, view.getInt32(end));
  }
  return end > view.byteLength ? at : end;
}

/** @param bytes those that are viewed */
type Read = (view: DataView, at: number, length: number, bytes: Buffer) => unknown;

function readerOf(kind: ColumnKind): Read {
  switch (kind) {
    case "id":
      return (view, at) => view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
    case "name":
      return unlessRepeated((_, at, length, bytes) => bytes.toString("utf8", at, at + length));
    case "time":
      return unlessRepeated((view, at) => new Date(Number(view.getBigInt64(at) / 1000n) + EPOCH_MS).toISOString());
    case "key":
      return (_, at, length, bytes) => bytes.toString("latin1", at, at + length);
    case "number":
    case "measure":
      return (view, at) => view.getFloat64(at);
    case "integer":
      return (view, at) => view.getInt32(at);
    case "boolean":
      return (view, at) => view.getUint8(at) === 1;
  }
}

/** Neighbours often agree, and comparing bytes is quicker than making a text of them. */
function unlessRepeated(read: (...field: Parameters<Read>) => string): Read {
  let before: Uint8Array = new Uint8Array();
  let value: string | null = null;
  return (view, at, length, bytes) => {
    let same = value !== null && before.length === length;
    for (let byte = 0; same && byte < length; byte++) same = before[byte] === bytes[at + byte];
    if (!same) {
      before = Uint8Array.prototype.slice.call(bytes, at, at + length);
      value = read(view, at, length, bytes);
    }
    return value;
  };
}
