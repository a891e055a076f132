import { InvalidInput } from "@shadowfarm/core/errors";

/** A picture of bytes, row-major, a pixel's channels together. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array; // height × width × channels
}

/** Between the numbers of a header: white space, and comments to the end of their line. */
const gap = String.raw`(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+`;
const header = new RegExp(String.raw`^P([56])${gap}(\d{1,5})${gap}(\d{1,5})${gap}(\d{1,5})[ \t\r\n\v\f]`);
/** Room for long comments. */
const headerBytes = 4096;

/**
 * Parses a binary Netpbm file: PGM (`P5`, grey) or PPM (`P6`, red, green and blue), of one picture with 255 as its highest
 * value.
 *
 * @throws {InvalidInput} naming `file`, for another format or range, or a header whose sizes do not match the bytes.
 */
export function parseNetpbm(content: Uint8Array, file: string): Picture {
  const start = Buffer.from(content.subarray(0, headerBytes)).toString("latin1");
  const [head, magic, ...numbers] = header.exec(start) ?? [];
  if (head === undefined) {
    throw new InvalidInput(
      `${file} begins with ${JSON.stringify(start.slice(0, 16))}, not with the header of a binary PGM or PPM picture; download it again`,
    );
  }
  const [width, height, highest] = numbers.map(Number) as [number, number, number];
  if (highest !== 255) throw new InvalidInput(`${file}: its highest value is ${highest}, not 255; convert it to bytes`);
  const channels = magic === "5" ? 1 : 3;
  const announced = width * height * channels;
  const present = content.length - head.length;
  if (announced !== present || announced === 0) {
    throw new InvalidInput(
      `${file}: the header announces ${announced} bytes (${height} × ${width} × ${channels}), but ${present} follow; download it again`,
    );
  }
  return { width, height, channels, pixels: content.subarray(head.length) };
}
