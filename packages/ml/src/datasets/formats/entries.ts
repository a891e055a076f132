import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { type ArchivedFile, type ArchiveLimits, archiveNames, filesIn } from "./archive.ts";
import { sha256Of } from "./files.ts";

/** A file of a distribution, packed or unpacked. */
export interface Entry extends ArchivedFile {
  /** Where it is, for people. */
  place: string;
}

/**
 * The files of an archive, or those below a folder as if it were still packed: their paths begin with the folder's name.
 * A folder's files come in the order of their paths, an archive's in its own.
 *
 * @throws {InvalidInput} as `filesIn` does; of a folder, when a file cannot be read.
 */
export async function* entriesOf(source: string, limits: ArchiveLimits): AsyncGenerator<Entry> {
  if (archiveNames.test(source)) {
    for await (const file of filesIn(source, limits)) yield { ...file, place: `${source}, ${file.path}` };
    return;
  }
  const found = await readdir(source, { recursive: true, withFileTypes: true }).catch(unreadable(source));
  const files = found.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const path = [basename(source), ...relative(source, file).split(sep)].join("/");
    yield { path, place: file, read: () => readFile(file).catch(unreadable(file)), stream: () => chunksOf(file) };
  }
}

/** What a file's content is told from. */
export interface Digest {
  sha256: string;
  bytes: number;
}

/** Reads an entry for its digest, piece by piece. */
export async function digestOf(entry: Entry): Promise<Digest> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of entry.stream()) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** One checksum for several files, in this order; each with the name that it has wherever the files are. */
export function checksumOf(files: Iterable<readonly [name: string, sha256: string]>): string {
  return sha256Of(Array.from(files, ([name, sha256]) => `${sha256}  ${name}\n`).join(""));
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    unreadable(file)(error);
  }
}

function unreadable(file: string): (error: unknown) => never {
  return (error) => {
    throw new InvalidInput(`${file} cannot be read: ${messageOf(error)}; correct its folder`);
  };
}
