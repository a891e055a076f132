import { createHash } from "node:crypto";
import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { extract } from "tar-stream";

/** The first of `names` (relative paths) that exists in `folder`, as a full path; null when none does. */
export async function firstFile(folder: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const path = join(folder, name);
    if (await exists(path)) return path;
  }
  return null;
}

/** SHA-256 of bytes, as 64 hexadecimal digits; native, so fast enough for files. */
export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * A file's bytes as they are stored.
 *
 * @throws {InvalidInput} naming the file, when it has more than `maxBytes`.
 */
export async function readBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxBytes) throw new InvalidInput(`${path} has ${size} bytes, more than the ${maxBytes} that are possible`);
  return readFile(path);
}

/**
 * A file's content: its bytes, decompressed when its name ends in `.gz` or `.tgz`.
 *
 * @throws {InvalidInput} naming the file, when it cannot be decompressed or its content exceeds `maxBytes`.
 */
export async function readContent(path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await readBytes(path, maxBytes);
  if (!/\.t?gz$/.test(path)) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new InvalidInput(
      `${path} (${bytes.length} bytes) cannot be decompressed: ${messageOf(error)}; download it again`,
    );
  }
}

/**
 * The content of one file inside a `.tgz` archive, found by its base name; the first when there are several.
 *
 * @throws {InvalidInput} naming the archive, when it is damaged, lacks the file, or holds more than `maxBytes`.
 */
export async function readFromArchive(path: string, member: string, maxBytes: number): Promise<Uint8Array> {
  // Unpacked from memory: the archives are small, and decompressing first bounds them before anything else reads them.
  const content = await readContent(path, maxBytes);
  const unpack = extract();
  unpack.end(content);
  let found: Uint8Array | null = null;
  try {
    for await (const entry of unpack) {
      const { name, type } = entry.header;
      const wanted = found === null && type === "file" && name.split("/").at(-1) === member;
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      if (wanted) found = Buffer.concat(chunks);
    }
  } catch (error) {
    throw new InvalidInput(`${path} cannot be unpacked: ${messageOf(error)}; download it again`);
  }
  if (found === null) throw new InvalidInput(`${path} holds no file named "${member}"; download it again`);
  return found;
}

/** The error for content that is not the published one. */
export function wrongChecksum(path: string, expected: string, found: string): InvalidInput {
  return new InvalidInput(`${path}: SHA-256 of the content is ${found}, not ${expected}; download it again`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
