import { basename } from "node:path";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { Inspected, Located, Records } from "../unit.ts";
import { firstFile, readBytes, readContent, sha256Of, wrongChecksum } from "./files.ts";
import { parseIdx } from "./idx.ts";

/** SHA-256 of each official file, uncompressed and as it is distributed, in the order in which records are numbered. */
const official: Readonly<Record<string, { content: string; gzip: string }>> = {
  "train-images-idx3-ubyte": {
    content: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    gzip: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
  },
  "train-labels-idx1-ubyte": {
    content: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    gzip: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
  },
  "t10k-images-idx3-ubyte": {
    content: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    gzip: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
  },
  "t10k-labels-idx1-ubyte": {
    content: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    gzip: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
  },
};

const records = 70_000;
const pixels = 28 * 28;
/** The largest of the files, uncompressed, and some room to report what is wrong with a larger one. */
const maxBytes = 64 * 2 ** 20;

/**
 * The four IDX files, plain or gzipped, in `mnist/` of the first folder that has one of them, or in the folder itself.
 *
 * @throws {InvalidInput} when only some of the four are there: going on without them would silently change the data.
 */
export async function locateIdx(folders: readonly string[]): Promise<Located | null> {
  for (const folder of folders) {
    const names = Object.keys(official);
    const places = names.map((name) => [`mnist/${name}`, `mnist/${name}.gz`, name, `${name}.gz`]);
    const files = await Promise.all(places.map((candidates) => firstFile(folder, candidates)));
    const found = files.filter((file) => file !== null);
    if (found.length === names.length) return { files: found, origin: "IDX files (70,000 digits)" };
    if (found.length > 0) {
      const missing = names.filter((_, at) => files[at] === null);
      throw new InvalidInput(
        `${found[0]} is there, but not ${missing.join(", ")} beside it; add the missing MNIST files`,
      );
    }
  }
  return null;
}

/** @throws {InvalidInput} when a file is not the official one. */
export async function inspectIdx({ files }: Located): Promise<Inspected> {
  for (const file of files) {
    const { content, gzip } = officialOf(file);
    const stored = sha256Of(await readBytes(file, maxBytes));
    // The known compressed file needs no decompression (0.3 s for all four); any other is judged by its content.
    if (stored !== content && stored !== gzip) await readVerified(file);
  }
  const contents = Object.entries(official).map(([name, { content }]) => `${content}  ${name}\n`);
  return { records, checksum: sha256Of(contents.join("")) };
}

/** Training digits, then test digits. */
export async function loadIdx({ files }: Located): Promise<Records> {
  const features = new Float32Array(records * pixels);
  const labels = new Int32Array(records);
  let first = 0;
  for (const [imageFile, labelFile] of [files.slice(0, 2), files.slice(2, 4)] as [string, string][]) {
    const images = parseIdx(await readVerified(imageFile), 3, imageFile).bytes;
    const digits = parseIdx(await readVerified(labelFile), 1, labelFile).bytes;
    for (let at = 0; at < images.length; at++) features[first * pixels + at] = (images[at] as number) / 255;
    labels.set(digits, first);
    first += digits.length;
  }
  return { features, labels };
}

/** The file's content. What is wrong with its structure is told before that the checksum differs. */
async function readVerified(file: string): Promise<Uint8Array> {
  const bytes = await readContent(file, maxBytes);
  const found = sha256Of(bytes);
  const { content } = officialOf(file);
  if (found !== content) {
    parseIdx(bytes, basename(file).includes("idx3") ? 3 : 1, file);
    throw wrongChecksum(file, content, found);
  }
  return bytes;
}

function officialOf(file: string): { content: string; gzip: string } {
  return official[basename(file, ".gz")] as { content: string; gzip: string };
}
