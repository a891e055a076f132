import { basename } from "node:path";
import type { Download, Encoding, InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import type { Inspected, Located, Records } from "../../unit.ts";
import { checksumOf, firstFile, readBytes, readContent, sha256Of, wrongChecksum } from "./files.ts";
import { parseIdx } from "./idx.ts";

/** An official file. */
interface OfficialFile {
  name: string;
  /** SHA-256 as it is distributed, and its size. */
  gzip: string;
  bytes: number;
  /** SHA-256 uncompressed; null when it is not known. */
  content: string | null;
}

/** Images and their labels. */
interface IdxPart {
  images: OfficialFile;
  labels: OfficialFile;
  records: number;
  /** Whether the dataset can do without it. */
  optional?: boolean;
}

/** A dataset of 28 × 28 grey pixels that is distributed as MNIST is. */
export interface IdxDataset {
  title: string;
  /** What its records are. */
  of: string;
  /** In the order in which records are numbered. */
  parts: readonly IdxPart[];
}

const side = 28;
/** What records of such a dataset are to a model. */
export const idxPictures = {
  kind: "image" as const,
  params: z.strictObject({}),
  input: (): InputInfo => ({ kind: "image", shape: [side, side, 1], low: 0, high: 1 }),
  encoding: (): Encoding => ({ kind: "none" }),
};

/** The largest of the files, uncompressed, and some room to report what is wrong with a larger one. */
const maxBytes = 64 * 2 ** 20;

/**
 * The IDX files, plain or gzipped, in the first of `folders` (each a list of places that together count as one) that has
 * one of them.
 *
 * @throws {InvalidInput} when some are there and others not: going on without them would silently change the data.
 */
export async function locateIdx(
  { title, parts, of }: IdxDataset,
  folders: readonly (readonly string[])[],
): Promise<Located | null> {
  for (const places of folders) {
    const found = await Promise.all(parts.map((part) => filesOf(part, places)));
    const present = found.flat().filter((file) => file !== null);
    if (present.length === 0) continue;
    const missing = parts.flatMap(({ images, labels, optional }, at) => {
      const files = found[at] as (string | null)[];
      if (optional && files.every((file) => file === null)) return [];
      return [images.name, labels.name].filter((_, file) => files[file] === null);
    });
    if (missing.length > 0) {
      throw new InvalidInput(
        `${present[0]} is there, but not ${missing.join(", ")} beside it; add the missing ${title} files`,
      );
    }
    const records = recordsOf(parts.filter((_, at) => found[at]?.[0] !== null));
    return { files: present, origin: `IDX files (${records.toLocaleString("en")} ${of})` };
  }
  return null;
}

/** @throws {InvalidInput} when a file is not the official one. */
export async function inspectIdx({ parts }: IdxDataset, { files }: Located): Promise<Inspected> {
  const contents: [string, string][] = [];
  for (const file of files) {
    const official = officialOf(parts, file);
    const stored = sha256Of(await readBytes(file, maxBytes));
    // The known compressed file needs no decompression (0.3 s for all four); any other is judged by its content.
    const known = stored === official.gzip || stored === official.content ? official.content : null;
    contents.push([official.name, known ?? sha256Of(await readVerified(official, file))]);
  }
  const present = parts.filter(({ images }) => contents.some(([name]) => name === images.name));
  return { records: recordsOf(present), checksum: checksumOf(contents), largestGroup: 1 };
}

/** Pixels and labels of all parts, one part after another. */
export async function loadIdx({ parts }: IdxDataset, { files }: Located): Promise<Records> {
  const pairs = Array.from({ length: files.length / 2 }, (_, pair) => files.slice(2 * pair, 2 * pair + 2));
  const records = recordsOf(parts.slice(0, pairs.length));
  const features = new Uint8Array(records * side * side);
  const labels = new Int32Array(records);
  let first = 0;
  for (const [imageFile, labelFile] of pairs as [string, string][]) {
    features.set(
      parseIdx(await readVerified(officialOf(parts, imageFile), imageFile), 3, imageFile).bytes,
      first * side * side,
    );
    const classes = parseIdx(await readVerified(officialOf(parts, labelFile), labelFile), 1, labelFile).bytes;
    labels.set(classes, first);
    first += classes.length;
  }
  return { features, labels };
}

/** The files by the folders that hold them on the internet, the official one first. */
export function downloadsOf({ parts }: IdxDataset, addresses: readonly string[]): Download[] {
  return parts
    .flatMap(({ images, labels }) => [images, labels])
    .map(({ name, gzip, bytes }) => ({
      file: `${name}.gz`,
      urls: addresses.map((address) => `${address}/${name}.gz`),
      checksum: { algorithm: "sha256", hex: gzip },
      bytes,
    }));
}

function filesOf({ images, labels }: IdxPart, places: readonly string[]): Promise<(string | null)[]> {
  return Promise.all([images, labels].map(({ name }) => firstIn(places, [name, `${name}.gz`])));
}

async function firstIn(places: readonly string[], names: readonly string[]): Promise<string | null> {
  for (const place of places) {
    const file = await firstFile(place, names);
    if (file !== null) return file;
  }
  return null;
}

function recordsOf(parts: readonly IdxPart[]): number {
  return parts.reduce((sum, { records }) => sum + records, 0);
}

/** The file's content. What is wrong with its structure is told before that the checksum differs. */
async function readVerified({ gzip, content }: OfficialFile, file: string): Promise<Uint8Array> {
  const bytes = await readContent(file, maxBytes);
  const found = sha256Of(bytes);
  if (found === content) return bytes;
  const stored = content === null ? sha256Of(await readBytes(file, maxBytes)) : null;
  if (stored === gzip) return bytes;
  parseIdx(bytes, basename(file).includes("idx3") ? 3 : 1, file);
  if (content !== null) throw wrongChecksum(file, content, found);
  throw new InvalidInput(
    `${file}: SHA-256 of the file is ${stored}, not ${gzip}; download it again, and leave it compressed`,
  );
}

function officialOf(parts: readonly IdxPart[], file: string): OfficialFile {
  const name = basename(file, ".gz");
  return parts.flatMap(({ images, labels }) => [images, labels]).find((known) => known.name === name) as OfficialFile;
}
