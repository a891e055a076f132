import { InvalidInput } from "@shadowfarm/core/errors";

/** An array of a `.npy` file. */
export interface NpyArray {
  shape: readonly number[];
  data: Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array; // row-major; float32 values as doubles
}

const MAGIC = "\u0093NUMPY";

/** Element types that are read: little-endian, as nearly every machine writes them. */
const readers: Readonly<Record<string, { bytes: number; read: (body: ArrayBuffer) => NpyArray["data"] }>> = {
  "<f8": { bytes: 8, read: (body) => new Float64Array(body) },
  "<f4": { bytes: 4, read: doublesOf },
  "<i4": { bytes: 4, read: (body) => new Int32Array(body) },
  "<i8": { bytes: 8, read: (body) => new BigInt64Array(body) },
  "|u1": { bytes: 1, read: (body) => new Uint8Array(body) },
  "|i1": { bytes: 1, read: (body) => new Int8Array(body) },
  "|b1": { bytes: 1, read: (body) => new Uint8Array(body) },
};

/**
 * Reads a `.npy` file (versions 1 to 3, C order). The packages for it on the registry have been left for years.
 *
 * @param name of the file, for messages
 * @throws {InvalidInput} for another format, element type or order, and for a file that is cut short.
 */
export function parseNpy(file: Uint8Array, name: string): NpyArray {
  const text = (from: number, to: number) => Buffer.from(file.subarray(from, to)).toString("latin1");
  if (text(0, 6) !== MAGIC || file.length < 12) throw new InvalidInput(`${name}: not a .npy file`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [start, length] = (file[6] as number) === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = text(start, start + length);
  const type = /'descr': *'([^']+)'/.exec(header)?.[1] ?? "none";
  const shapeText = /'shape': *\(([^)]*)\)/.exec(header)?.[1];
  const reader = readers[type];
  if (shapeText === undefined || !reader) {
    const known = Object.keys(readers).join(", ");
    throw new InvalidInput(`${name}: elements of type ${type} cannot be read; save it as one of ${known}`);
  }
  if (/'fortran_order': *True/.test(header)) {
    throw new InvalidInput(`${name}: in Fortran order; save it with numpy.ascontiguousarray`);
  }
  const shape = shapeText
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const bytes = shape.reduce((product, size) => product * size, 1) * reader.bytes;
  // A copy, because elements must begin where their size divides.
  const body = new Uint8Array(file.subarray(start + length, start + length + bytes));
  if (body.length !== bytes) {
    throw new InvalidInput(`${name}: holds ${body.length} bytes of data, but shape [${shape}] needs ${bytes}`);
  }
  return { shape, data: reader.read(body.buffer) };
}

/**
 * Float32 values as doubles. Those below 2⁻¹²⁶ are put together from their bits: once ONNX Runtime has run in a process,
 * its processor takes them for 0.
 */
function doublesOf(body: ArrayBuffer): Float64Array {
  const bits = new Uint32Array(body);
  return Float64Array.from(new Float32Array(body), (value, at) => {
    const word = bits[at] as number;
    if ((word & 0x7f80_0000) !== 0) return value;
    return (word & 0x007f_ffff) * 2 ** -149 * (word >>> 31 === 1 ? -1 : 1);
  });
}
