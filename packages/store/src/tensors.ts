import { ArtifactCorrupt } from "@shadowfarm/core/errors";

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
 * PyTorch and others read. Equal bundles give equal bytes: names are sorted and nothing else varies.
 */
export function encodeBundle({ meta, tensors }: Bundle): Uint8Array {
  const names = Object.keys(tensors).sort();
  const header: Record<string, unknown> = { __metadata__: { shadowfarm: JSON.stringify(meta) } };
  let end = 0;
  for (const name of names) {
    const { shape, data } = tensors[name] as Tensor;
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces, as the format allows, so that every array of 8-byte numbers starts at a multiple of 8.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  let offset = 8 + headerLength;
  for (const name of names) {
    const { data } = tensors[name] as Tensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/** @throws {ArtifactCorrupt} for bytes that `encodeBundle` did not make. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw new ArtifactCorrupt(`an artifact of ${bytes.length} bytes has no header`);
  const headerLength = Number(view.getBigUint64(0, true));
  if (8 + headerLength > bytes.length) throw new ArtifactCorrupt("an artifact ends within its header");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength))) as Record<string, unknown>;
  const { __metadata__: metadata, ...entries } = header as { __metadata__: { shadowfarm: string } } & Record<
    string,
    unknown
  >;
  const tensors: Record<string, Tensor> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry as { dtype: Dtype; shape: number[]; data_offsets: [number, number] };
    const [from, to] = data_offsets.map((offset) => 8 + headerLength + offset) as [number, number];
    if (to > bytes.length) throw new ArtifactCorrupt(`an artifact ends within its array "${name}"`);
    // Copied, because a view must start at a multiple of the element size. (A Buffer's own `slice` would not copy.)
    tensors[name] = { shape, data: new arrayTypes[dtype](new Uint8Array(bytes.subarray(from, to)).buffer) };
  }
  return { meta: JSON.parse(metadata.shadowfarm), tensors };
}

function dtypeOf(data: TypedArray): Dtype {
  const found = Object.entries(arrayTypes).find(([, type]) => data instanceof type);
  if (!found) throw new TypeError(`${data.constructor.name} has no dtype`);
  return found[0] as Dtype;
}
