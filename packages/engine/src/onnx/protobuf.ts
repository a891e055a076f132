const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** Writes one message in Protocol Buffers' wire format: as much of it as ONNX's messages need. */
export class Message {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  int(field: number, value: number | bigint): this {
    return this.push(varint((field << 3) | VARINT)).push(varint(value));
  }

  /** Repeated integers, packed. */
  ints(field: number, values: readonly number[]): this {
    return this.bytes(field, concatenated(values.map(varint)));
  }

  float(field: number, value: number): this {
    return this.push(varint((field << 3) | FIXED32)).push(new Uint8Array(Float32Array.of(value).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  bytes(field: number, value: Uint8Array): this {
    return this.push(varint((field << 3) | BYTES))
      .push(varint(value.length))
      .push(value);
  }

  finish(): Uint8Array {
    return concatenated(this.chunks, this.length);
  }

  private push(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  if (value >= 0 && value < 0x80) return Uint8Array.of(Number(value));
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function concatenated(chunks: readonly Uint8Array[], length = chunks.reduce((sum, part) => sum + part.length, 0)) {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
