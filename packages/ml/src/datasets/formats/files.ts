import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";

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
 * A file's bytes in pieces.
 *
 * @throws {InvalidInput} naming the file, when it cannot be read.
 */
export async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What a content is told from. */
export interface Digest {
  sha256: string;
  bytes: number;
}

/** The digest of what comes in pieces. */
export async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** One checksum for several files, in this order; each with the name that it has wherever the files are. */
export function checksumOf(files: Iterable<readonly [name: string, sha256: string]>): string {
  return sha256Of(Array.from(files, ([name, sha256]) => `${sha256}  ${name}\n`).join(""));
}

export function unreadable(path: string, error: unknown): InvalidInput {
  return new InvalidInput(`${path} cannot be read: ${messageOf(error)}; correct its folder`);
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
