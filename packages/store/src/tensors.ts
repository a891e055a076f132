import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import { canonicalJson } from "@shadowfarm/core/fingerprint";

/** Arrays that an artifact may hold, by the dtype names of the safetensors format. */
const arrayTypes = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

type Dtype = keyof typeof arrayTypes;
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A named array of an artifact; `data` is row-major. */
export interface Tensor<T extends TypedArray = TypedArray> {
  shape: readonly number[];
  data: T;
}

/** The content of an artifact: arrays, and a JSON value that says what they are. */
export interface Bundle {
  meta: unknown;
  tensors: Readonly<Record<string, Tensor>>;
}

/**
 * Encodes a bundle in the safetensors format (8-byte header length, JSON header, little-endian data), which NumPy,
 * PyTorch and others read. Equal bundles give equal bytes: names and the keys of `meta` are sorted, and nothing else
 * varies.
 *
 * @returns the bytes in parts, one an array, so that large ones are not copied
 * @throws {TypeError} when an array has not as many elements as its shape says, or `meta` is not JSON.
 */
export function encodeBundle({ meta, tensors }: Bundle): Uint8Array[] {
  // Larger elements first, so that every array starts at a multiple of its element size.
  const sizeOf = (name: string) => (tensors[name] as Tensor).data.BYTES_PER_ELEMENT;
  const names = Object.keys(tensors)
    .sort()
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  const header: Record<string, unknown> = { __metadata__: { shadowfarm: canonicalJson(meta) } };
  let end = 0;
  for (const name of names) {
    const { shape, data } = tensors[name] as Tensor;
    if (elements(shape) !== data.length)
      throw new TypeError(`"${name}" of shape [${shape}] has ${data.length} elements instead of ${elements(shape)}`);
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces, as the format allows, so that the first array starts at a multiple of 8.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const front = new Uint8Array(8 + headerLength).fill(0x20, 8);
  new DataView(front.buffer).setBigUint64(0, BigInt(headerLength), true);
  front.set(json, 8);
  const bodies = names.map((name) => {
    const { data } = tensors[name] as Tensor;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  return [front, ...bodies];
}

/** Where an array of an artifact lies. */
export interface TensorPlace {
  type: (typeof arrayTypes)[Dtype];
  shape: readonly number[];
  /** First byte, and the one after the last, from the start of the artifact. */
  from: number;
  to: number;
}

/** What the beginning of an artifact says of the rest. */
export interface Header {
  meta: unknown;
  places: Readonly<Record<string, TensorPlace>>;
}

/** Bytes at the start of an artifact that say how many more its header has. */
export const PREFIX_BYTES = 8;

/** @throws {ArtifactCorrupt} when there are not enough bytes for a prefix and the header that it announces. */
export function headerLength(prefix: Uint8Array, artifactBytes: number): number {
  if (prefix.length < PREFIX_BYTES) throw new ArtifactCorrupt(`an artifact of ${prefix.length} bytes has no header`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (PREFIX_BYTES + length > artifactBytes) throw new ArtifactCorrupt("an artifact ends within its header");
  return length;
}

/** @throws {ArtifactCorrupt} for a header that `encodeBundle` did not make. */
export function decodeHeader(bytes: Uint8Array, artifactBytes: number): Header {
  const header = parseJson(new TextDecoder().decode(bytes));
  if (!isObject(header)) throw new ArtifactCorrupt("an artifact's header is not an object");
  const { __metadata__: metadata, ...entries } = header;
  if (!isObject(metadata) || typeof metadata.shadowfarm !== "string") {
    throw new ArtifactCorrupt("an artifact's header does not say what its arrays are");
  }
  const start = PREFIX_BYTES + bytes.length;
  const places = Object.entries(entries).map(([name, entry]) => [name, placeOf(name, entry, start, artifactBytes)]);
  return { meta: parseJson(metadata.shadowfarm), places: Object.fromEntries(places) };
}

/** @throws {ArtifactCorrupt} for bytes that `encodeBundle` did not make. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const length = headerLength(bytes.subarray(0, PREFIX_BYTES), bytes.length);
  const { meta, places } = decodeHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length), bytes.length);
  const tensors = Object.entries(places).map(([name, { type, shape, from, to }]) => {
    // Copied, because a view must start at a multiple of the element size. (A Buffer's own `slice` would not copy.)
    return [name, { shape, data: new type(new Uint8Array(bytes.subarray(from, to)).buffer) }] as const;
  });
  return { meta, tensors: Object.fromEntries(tensors) };
}

function placeOf(name: string, entry: unknown, start: number, artifactBytes: number): TensorPlace {
  const { dtype, shape, data_offsets } = isObject(entry) ? entry : {};
  const [from, to] = isSizes(data_offsets) && data_offsets.length === 2 ? data_offsets : [];
  if (
    typeof dtype !== "string" ||
    !Object.hasOwn(arrayTypes, dtype) ||
    !isSizes(shape) ||
    from === undefined ||
    to === undefined
  ) {
    throw new ArtifactCorrupt(`an artifact's array "${name}" has a header that makes no sense`);
  }
  const type = arrayTypes[dtype as Dtype];
  if (start + to > artifactBytes) throw new ArtifactCorrupt(`an artifact ends within its array "${name}"`);
  if (to - from !== elements(shape) * type.BYTES_PER_ELEMENT) {
    throw new ArtifactCorrupt(`an artifact's array "${name}" of shape [${shape}] has ${to - from} bytes`);
  }
  return { type, shape, from: start + from, to: start + to };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ArtifactCorrupt("an artifact's header is not JSON");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function dtypeOf(data: TypedArray): Dtype {
  const found = Object.entries(arrayTypes).find(([, type]) => data instanceof type);
  if (!found) throw new TypeError(`${data.constructor.name} has no dtype`);
  return found[0] as Dtype;
}
