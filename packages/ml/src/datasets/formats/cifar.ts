import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Encoding, InputInfo } from "@shadowfarm/core/catalog";
import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import type { Inspected, Located, Records } from "../../unit.ts";
import { type Entry, entriesOf } from "./entries.ts";
import { checksumOf, type Digest, digestOf, firstFile } from "./files.ts";

/** The binary version of a CIFAR dataset. Krizhevsky 2009. */
export interface CifarFormat {
  /** Name of the official archive, and of the folder in it. */
  archive: string;
  folder: string;
  /** Files of records; more of them than there are is no fault. */
  batches: RegExp;
  /** Where a batch stands among the others. */
  rankOf(batch: string): number;
  /** How many values each label byte of a record has; the last byte is the class. */
  labels: readonly number[];
}

const side = 32;
const channels = 3;
const plane = side * side;
/** Five times CIFAR's size. */
const limits = { maxBytes: 2 ** 30 };

/** What records of this format are to a model. Standardized as in Salem et al. 2019's published code. */
export const cifarPictures = {
  kind: "image" as const,
  params: z.strictObject({}),
  input: (): InputInfo => ({ kind: "image", shape: [side, side, channels], low: 0, high: 1 }),
  encoding: (): Encoding => ({ kind: "standardize", leastDeviation: 1 / 255 }),
};

/**
 * The archive, or else its unpacked folder with at least one batch, in the first of `places` that has it. The archive is
 * preferred because what it lacks is noticed.
 */
export async function locateCifar(format: CifarFormat, places: readonly string[]): Promise<Located | null> {
  for (const place of places) {
    const archive = await firstFile(place, [format.archive]);
    if (archive !== null) return { files: [archive], origin: `archive ${format.archive}` };
    const folder = join(place, format.folder);
    const names = (await readdir(folder).catch(() => [])).filter((name) => format.batches.test(name));
    if (names.length === 0) continue;
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    const records = Math.floor(sizes.reduce((sum, size) => sum + size, 0) / recordBytes(format));
    const batches = names.length === 1 ? "1 binary batch" : `${names.length} binary batches`;
    return { files: [folder], origin: `${batches}, ${records.toLocaleString("en")} records` };
  }
  return null;
}

/** @throws {InvalidInput} when a batch is not a whole number of records, or there is none. */
export async function inspectCifar(format: CifarFormat, { files }: Located): Promise<Inspected> {
  const source = files[0] as string;
  const digests = new Map<string, Digest>();
  for await (const { name, entry } of batchesOf(format, source)) {
    const digest = await digestOf(entry.stream());
    wholeRecords(format, digest.bytes, entry.place);
    digests.set(name, digest);
  }
  const names = inOrder(format, digests.keys(), source);
  const bytes = names.reduce((sum, name) => sum + (digests.get(name) as Digest).bytes, 0);
  const checksum = checksumOf(names.map((name) => [name, (digests.get(name) as Digest).sha256]));
  return { records: bytes / recordBytes(format), checksum, largestGroup: 1 };
}

/**
 * The records of all batches in their order: pixels as height × width × channels, and classes.
 *
 * @throws {InvalidInput} as `inspectCifar` does, and naming the record (from 0) whose label is out of range.
 */
export async function loadCifar(format: CifarFormat, { files }: Located): Promise<Records> {
  const source = files[0] as string;
  // Sizes first, so that the pixels are held once only.
  const sizes = new Map<string, number>();
  for await (const { name, entry } of batchesOf(format, source)) {
    let bytes = 0;
    for await (const chunk of entry.stream()) bytes += chunk.length;
    sizes.set(name, wholeRecords(format, bytes, entry.place));
  }
  const starts = new Map<string, number>();
  let records = 0;
  for (const name of inOrder(format, sizes.keys(), source)) {
    starts.set(name, records);
    records += sizes.get(name) as number;
  }
  const features = new Uint8Array(records * plane * channels);
  const labels = new Int32Array(records);
  for await (const { name, entry } of batchesOf(format, source)) {
    await readBatch(format, entry, starts.get(name) as number, { features, labels });
  }
  return { features, labels };
}

async function* batchesOf(format: CifarFormat, source: string): AsyncGenerator<{ name: string; entry: Entry }> {
  for await (const entry of entriesOf(source, limits)) {
    const [folder, name, ...rest] = entry.path.split("/");
    if (folder === format.folder && name !== undefined && rest.length === 0 && format.batches.test(name)) {
      yield { name, entry };
    }
  }
}

function inOrder(format: CifarFormat, names: Iterable<string>, source: string): string[] {
  const ordered = [...names].sort((a, b) => format.rankOf(a) - format.rankOf(b));
  if (ordered.length === 0) throw new InvalidInput(`${source} holds no batch in ${format.folder}; download it again`);
  return ordered;
}

function recordBytes({ labels }: CifarFormat): number {
  return labels.length + plane * channels;
}

/** How many records a batch has. */
function wholeRecords(format: CifarFormat, bytes: number, place: string): number {
  const each = recordBytes(format);
  const over = bytes % each;
  if (over !== 0 || bytes === 0) {
    const problem = bytes === 0 ? "is empty" : `ends ${over} bytes into record ${(bytes - over) / each}`;
    throw new InvalidInput(`${place} ${problem}: it has ${bytes} bytes, and a record ${each}; download it again`);
  }
  return bytes / each;
}

/** Decodes one batch into its place among all records, whatever pieces it comes in. */
async function readBatch(
  format: CifarFormat,
  entry: Entry,
  start: number,
  { features, labels }: { features: Uint8Array; labels: Int32Array },
): Promise<void> {
  const record = new Uint8Array(recordBytes(format));
  let filled = 0;
  let at = start;
  for await (const chunk of entry.stream()) {
    for (let from = 0; from < chunk.length; ) {
      const taken = Math.min(record.length - filled, chunk.length - from);
      record.set(chunk.subarray(from, from + taken), filled);
      from += taken;
      filled += taken;
      if (filled < record.length) break;
      labels[at] = labelOf(format, record, entry.place, at - start);
      interleave(record, format.labels.length, features, at * plane * channels);
      at++;
      filled = 0;
    }
  }
}

function labelOf({ labels }: CifarFormat, record: Uint8Array, place: string, at: number): number {
  for (const [byte, values] of labels.entries()) {
    const label = record[byte] as number;
    if (label >= values) {
      throw new InvalidInput(
        `${place}, record ${at}: label byte ${byte} is ${label}, not 0 … ${values - 1}; download it again`,
      );
    }
  }
  return record[labels.length - 1] as number;
}

/** Planes of red, green and blue become pixels. */
function interleave(record: Uint8Array, from: number, features: Uint8Array, to: number): void {
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      features[to + pixel * channels + channel] = record[from + channel * plane + pixel] as number;
    }
  }
}
