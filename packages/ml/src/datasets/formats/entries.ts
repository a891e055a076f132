import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { type ArchivedFile, type ArchiveLimits, archiveNames, filesIn } from "./archive.ts";
import { chunksOf, unreadable } from "./files.ts";

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
  const found = await readdir(source, { recursive: true, withFileTypes: true }).catch(refuse(source));
  const files = found.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const path = [basename(source), ...relative(source, file).split(sep)].join("/");
    yield { path, place: file, read: () => readFile(file).catch(refuse(file)), stream: () => chunksOf(file) };
  }
}

function refuse(path: string): (error: unknown) => never {
  return (error) => {
    throw unreadable(path, error);
  };
}
