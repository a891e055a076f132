import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import type { Sharp } from "sharp";
import type { ArchiveLimits } from "./archive.ts";
import { type Entry, entriesOf } from "./entries.ts";
import type { Picture } from "./netpbm.ts";

/** Pictures decoded at a time. */
const atATime = 16;

/** What a JPEG picture begins with. */
const jpegMarks = [0xff, 0xd8, 0xff];
/** Far more than any dataset here has, so that a small file cannot fill the memory. */
const mostPixels = 2 ** 24;

/** A part of a picture. */
interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Size {
  width: number;
  height: number;
}

/**
 * The pixels of many pictures as one array, in the order of `paths`, whatever order they are stored in.
 *
 * @param size bytes of a decoded picture
 * @param decode gives the picture's bytes, row-major
 * @throws {InvalidInput} as `decode` does, for the first bad picture in the order of `source`, and when one is missing.
 */
export async function decodeAll(
  { source, limits, paths, size }: { source: string; limits: ArchiveLimits; paths: readonly string[]; size: number },
  decode: (content: Uint8Array, place: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const positions = new Map(paths.map((path, at) => [path, at]));
  const features = new Uint8Array(paths.length * size);
  let waiting: { entry: Entry; content: Uint8Array }[] = [];
  const work = async () => {
    const decoded = await Promise.allSettled(waiting.map(({ entry, content }) => decode(content, entry.place)));
    for (const [at, result] of decoded.entries()) {
      if (result.status === "rejected") throw result.reason;
      const { path } = (waiting[at] as { entry: Entry }).entry;
      features.set(result.value, (positions.get(path) as number) * size);
      positions.delete(path);
    }
    waiting = [];
  };
  for await (const entry of entriesOf(source, limits)) {
    if (!positions.has(entry.path)) continue;
    waiting.push({ entry, content: await entry.read() });
    if (waiting.length === atATime) await work();
  }
  await work();
  for (const path of positions.keys()) throw new InvalidInput(`${source} no longer holds ${path}; leave it as it is`);
  return features;
}

/**
 * A region of a JPEG picture, shrunk or enlarged; height × width × 3 bytes.
 *
 * @param expected the size that the whole picture must have
 * @throws {InvalidInput} naming `place`, when it does not decode or has another size.
 */
export async function decodeJpeg(
  content: Uint8Array,
  place: string,
  { expected, region, to }: { expected: Size; region: Region; to: Size },
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  try {
    if (!jpegMarks.every((byte, at) => content[at] === byte)) throw new Error("it does not begin as one");
    // Decoded as a whole first: what is below the region would not be read otherwise, and damage there not seen.
    const { data, info } = await sharp(content, { limitInputPixels: mostPixels })
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    if (width !== expected.width || height !== expected.height) {
      throw new InvalidInput(
        `${place} has ${width} × ${height} pixels, not ${expected.width} × ${expected.height}; download it again`,
      );
    }
    return await scaled(sharp(data, { raw: { width, height, channels: 3 } }).extract(region), to, 3);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput(`${place} is not a JPEG picture that decodes: ${firstLine(error)}; download it again`);
  }
}

/** A picture in another size; height × width × channels bytes. */
export async function resize({ width, height, channels, pixels }: Picture, to: Size): Promise<Uint8Array> {
  if (width === to.width && height === to.height) return pixels;
  const sharp = await loadSharp();
  return scaled(sharp(pixels, { raw: { width, height, channels } }), to, channels);
}

/** Loaded when the first picture is, because every command that knows the datasets loads this file. */
async function loadSharp() {
  return (await import("sharp")).default;
}

/** Scaled by a cubic kernel (Catmull–Rom), which is widened where the picture shrinks, so that no pixel is left out. */
function scaled(picture: Sharp, { width, height }: Size, channels: 1 | 3): Promise<Uint8Array> {
  return picture
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer();
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n")[0] as string;
}
