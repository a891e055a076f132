import { type FileHandle, open } from "node:fs/promises";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import { decodeHeader, headerLength, PREFIX_BYTES, type Tensor, type TensorPlace, type TypedArray } from "./tensors.ts";

/** Rows that lie nearer to each other than this are read at once, with what is between them. */
const GAP_BYTES = 64 * 2 ** 10;
const READ_BYTES = 4 * 2 ** 20;

/** An artifact whose arrays stay on disk until they are asked for. */
export interface OpenArtifact {
  meta: unknown;
  /** Names and shapes of its arrays. */
  shapes: Readonly<Record<string, readonly number[]>>;
  /** @throws {ArtifactCorrupt} when there is no such array. */
  read(name: string): Promise<Tensor>;
  /**
   * Rows of an array along its first axis, in the given order, which may repeat.
   *
   * @throws {ArtifactCorrupt} when there is no such array.
   * @throws {RangeError} for a row that it does not have.
   */
  rows(name: string, indices: Uint32Array): Promise<Tensor>;
  close(): Promise<void>;
}

/** Opens a safetensors file without reading its arrays. */
export async function openFile(file: string): Promise<OpenArtifact> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = headerLength(await bytesAt(handle, 0, Math.min(size, PREFIX_BYTES)), size);
    const { meta, places } = decodeHeader(await bytesAt(handle, PREFIX_BYTES, length), size);
    const placeOf = (name: string): TensorPlace => {
      const place = places[name];
      if (!place) throw new ArtifactCorrupt(`artifact ${file} has no array "${name}"`);
      return place;
    };
    return {
      meta,
      shapes: Object.fromEntries(Object.entries(places).map(([name, { shape }]) => [name, shape])),
      async read(name) {
        const { type, shape, from, to } = placeOf(name);
        return { shape, data: arrayOver(type, await bytesAt(handle, from, to - from)) };
      },
      async rows(name, indices) {
        const { type, shape, from, to } = placeOf(name);
        const [rows = 0, ...rest] = shape;
        const rowBytes = rows === 0 ? 0 : (to - from) / rows;
        const wrong = indices.find((row) => row >= rows);
        if (wrong !== undefined) throw new RangeError(`"${name}" has ${rows} rows and no row ${wrong}`);
        const bytes = await gather(handle, from, rowBytes, indices);
        return { shape: [indices.length, ...rest], data: arrayOver(type, bytes) };
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Rows of `rowBytes` each, from where they begin in the file, into one array in the order asked for. */
async function gather(handle: FileHandle, from: number, rowBytes: number, indices: Uint32Array): Promise<Uint8Array> {
  const gathered = new Uint8Array(indices.length * rowBytes);
  // In the file's order, so that neighbours are read together.
  const positions = Uint32Array.from(indices.keys()).sort((a, b) => (indices[a] as number) - (indices[b] as number));
  const startOf = (at: number) => from + (indices[positions[at] as number] as number) * rowBytes;
  for (let first = 0; first < positions.length; ) {
    const start = startOf(first);
    let next = first + 1;
    while (
      next < positions.length &&
      startOf(next) - startOf(next - 1) - rowBytes <= GAP_BYTES &&
      startOf(next) + rowBytes - start <= READ_BYTES
    ) {
      next++;
    }
    const bytes = await bytesAt(handle, start, startOf(next - 1) + rowBytes - start);
    for (let at = first; at < next; at++) {
      const offset = startOf(at) - start;
      gathered.set(bytes.subarray(offset, offset + rowBytes), (positions[at] as number) * rowBytes);
    }
    first = next;
  }
  return gathered;
}

/** @throws {ArtifactCorrupt} when the file ends before: it was whole when it was verified. */
async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new ArtifactCorrupt("an artifact ends before its arrays do");
    done += bytesRead;
  }
  return bytes;
}

function arrayOver(type: TensorPlace["type"], bytes: Uint8Array): TypedArray {
  return new type(bytes.buffer as ArrayBuffer);
}
