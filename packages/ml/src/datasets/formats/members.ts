import { InvalidInput } from "@shadowfarm/core/errors";
import { archiveNames, filesIn } from "./archive.ts";
import { chunksOf } from "./files.ts";

/**
 * A file's content in pieces: the file itself or, of an archive, the first file in it whose path is `member` or ends in
 * `/member`. An archive is read to its end, so that one cut short is noticed.
 *
 * @throws {InvalidInput} naming the archive, as `filesIn` does, and when it does not hold the file.
 */
export async function* contentOf(path: string, member: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (!archiveNames.test(path)) {
    yield* chunksOf(path);
    return;
  }
  let found = false;
  for await (const file of filesIn(path, { maxBytes })) {
    if (found || !isMember(file.path, member)) continue;
    found = true;
    yield* file.stream();
  }
  if (!found) throw new InvalidInput(`${path} holds no file named "${member}"; download it again`);
}

/** Whether a path in an archive is that of `member`, in whatever folder the archive keeps it. */
export function isMember(path: string, member: string): boolean {
  return path === member || path.endsWith(`/${member}`);
}
