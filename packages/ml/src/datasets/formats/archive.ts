import { createReadStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createGunzip } from "node:zlib";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { extract, type Header } from "tar-stream";
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from "yauzl";

/** A file inside an archive. What is not read is passed over; it can be read once, and only before the next one. */
export interface ArchivedFile {
  /** With `/` between folders, relative, and without `..`. */
  path: string;
  read(): Promise<Uint8Array>;
  stream(): AsyncIterable<Uint8Array>;
}

/** Bounds that no honest distribution comes near, so that a small archive cannot fill the memory. */
export interface ArchiveLimits {
  /** Of all files together, decompressed; of a zip archive, of all that are read. */
  maxBytes: number;
  maxFiles?: number;
}

/** The names under which archives are known here. */
export const archiveNames = /\.(?:tar|tar\.gz|tgz|zip)$/;

/**
 * The files of a `.tar`, `.tar.gz`, `.tgz` or `.zip` archive (an `.npz` file is one of the last) in the archive's order, straight from disk: nothing is ever
 * unpacked into a folder. An archive is known to be whole only when this has ended.
 *
 * @throws {InvalidInput} naming the archive, when it is damaged, has a link, an absolute path, one with `..` or one twice,
 *   or exceeds the limits.
 */
export async function* filesIn(archive: string, limits: ArchiveLimits): AsyncGenerator<ArchivedFile> {
  const bounds = new Bounds(archive, limits);
  try {
    yield* /\.(?:zip|npz)$/.test(archive) ? zipFiles(archive, bounds) : tarFiles(archive, bounds);
  } catch (error) {
    throw damaged(archive, error);
  }
}

async function* tarFiles(archive: string, bounds: Bounds): AsyncGenerator<ArchivedFile> {
  const unpack = extract();
  const source = createReadStream(archive);
  const checked = checkedTar(bounds);
  // What goes wrong in reading or decompressing ends the unpacking with that error.
  const fed = archive.endsWith("gz")
    ? pipeline(source, createGunzip(), checked, unpack)
    : pipeline(source, checked, unpack);
  fed.catch(() => {});
  try {
    for await (const entry of unpack) {
      const path = bounds.admit(entry.header.name, isLink(entry.header));
      if (entry.header.type === "file") yield* onlyNow(path, () => chunksOf(archive, entry));
      // The next entry comes only after this one was consumed.
      if (!entry.destroyed) entry.resume();
    }
    await fed;
  } finally {
    unpack.destroy();
    source.destroy();
  }
}

function isLink({ type }: Header): boolean {
  return type === "symlink" || type === "link";
}

/** Counts bytes, and sees to it that they end in zeros: without its mark of the end, a tar may lack files. */
function checkedTar(bounds: Bounds): Transform {
  let last: Uint8Array = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      last = chunk.length >= endMark ? chunk.subarray(-endMark) : Buffer.concat([last, chunk]).subarray(-endMark);
      settle(done, () => bounds.count(chunk), chunk);
    },
    flush(done) {
      const whole = last.length === endMark && last.every((byte) => byte === 0);
      done(whole ? null : new Error("unexpected end of data"));
    },
  });
}

/** Bytes of zeros at the end of a tar: two blocks. */
const endMark = 1024;

function settle(done: (error: Error | null, chunk?: Uint8Array) => void, check: () => void, chunk: Uint8Array): void {
  try {
    check();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, chunk);
}

/** The bytes of a tar's entry. Stopping early leaves the entry as it is: destroying it would end the whole archive. */
async function* chunksOf(archive: string, entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const chunks = entry[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    while (true) {
      const { value, done } = await chunks.next();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw damaged(archive, error);
  }
}

async function* zipFiles(archive: string, bounds: Bounds): AsyncGenerator<ArchivedFile> {
  // Names are left to `Bounds`, whose message says what to do.
  const zip = await openPromise(archive, { autoClose: false, decodeStrings: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const { generalPurposeBitFlag, fileNameRaw, extraFields, externalFileAttributes } = entry;
      const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
      const path = bounds.admit(name, externalFileAttributes >>> 28 === 0xa);
      if (!path.endsWith("/")) yield* onlyNow(path, () => inflated(archive, path, zip, entry, bounds));
    }
  } finally {
    zip.close();
  }
}

/** The bytes of a zip's entry, counted as they are decompressed, for an entry may claim any size. */
async function* inflated(
  archive: string,
  path: string,
  zip: ZipFile,
  entry: Entry,
  bounds: Bounds,
): AsyncGenerator<Uint8Array> {
  try {
    let checksum = 0;
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
      bounds.count(chunk);
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
    if (checksum !== entry.crc32) throw new Error(`the checksum of ${path} is wrong`);
  } catch (error) {
    throw damaged(archive, error);
  }
}

/** A file whose bytes can be read once, and until the next file is asked for: later they would seem to be none. */
function* onlyNow(path: string, open: () => AsyncIterable<Uint8Array>): Generator<ArchivedFile> {
  let readable = true;
  const stream = () => {
    if (!readable) throw new Error(`${path} was read before, or the archive is past it`);
    readable = false;
    return open();
  };
  const read = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream()) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  yield { path, stream, read };
  readable = false;
}

function damaged(archive: string, error: unknown): InvalidInput {
  if (error instanceof InvalidInput) return error;
  return new InvalidInput(`${archive} cannot be unpacked: ${messageOf(error)}; download it again`);
}

class Bounds {
  readonly #archive: string;
  readonly #limits: ArchiveLimits;
  readonly #paths = new Set<string>();
  #bytes = 0;

  constructor(archive: string, limits: ArchiveLimits) {
    this.#archive = archive;
    this.#limits = limits;
  }

  /** The path that a name stands for. */
  admit(name: string, link: boolean): string {
    const path = name.replaceAll("\\", "/").replace(/^(?:\.\/)+/, "");
    const { maxFiles = 100_000 } = this.#limits;
    if (path.startsWith("/") || /^[A-Za-z]:/.test(path) || path.split("/").includes("..")) {
      throw this.#refused(`"${name}", a path out of its own folder`);
    }
    if (link) throw this.#refused(`"${name}", a link`);
    if (this.#paths.has(path) && !path.endsWith("/")) throw this.#refused(`"${name}" twice`);
    this.#paths.add(path);
    if (this.#paths.size > maxFiles) throw this.#refused(`more than ${maxFiles} files`);
    return path;
  }

  count(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const { maxBytes } = this.#limits;
    if (this.#bytes > maxBytes) throw this.#refused(`more than ${maxBytes} bytes decompressed`);
  }

  #refused(what: string): InvalidInput {
    return new InvalidInput(`${this.#archive} holds ${what}; do not trust this archive`);
  }
}
