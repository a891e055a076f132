import { InvalidInput } from "@shadowfarm/core/errors";

/** An array of unsigned bytes, row-major. */
export interface IdxArray {
  shape: readonly number[];
  bytes: Uint8Array;
}

/**
 * Parses the content of an IDX file (LeCun's format for MNIST): two zero bytes, the type, the number of axes, each
 * axis's size as a big-endian uint32, then the values. Only unsigned bytes (type 8) are read.
 *
 * @throws {InvalidInput} naming `file`, for another magic number, or a header whose sizes do not match the bytes.
 */
export function parseIdx(content: Uint8Array, axes: number, file: string): IdxArray {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const header = 4 + 4 * axes;
  if (content.length < header) {
    throw new InvalidInput(`${file}: an IDX header has ${header} bytes, but the content ends after ${content.length}`);
  }
  const magic = view.getUint32(0);
  const expected = 0x0800 + axes;
  if (magic !== expected) {
    throw new InvalidInput(`${file}: the magic number is ${magic}, not ${expected} (unsigned bytes, ${axes} axes)`);
  }
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const announced = shape.reduce((product, size) => product * size, 1);
  const present = content.length - header;
  if (announced !== present) {
    throw new InvalidInput(
      `${file}: the header announces ${announced} bytes (${shape.join(" × ")}), but ${present} follow`,
    );
  }
  return { shape, bytes: content.subarray(header) };
}
