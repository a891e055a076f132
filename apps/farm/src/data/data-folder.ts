import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { EnvironmentFault, InvalidInput } from "@shadowfarm/core/errors";
import { withFileLock } from "./file-lock.ts";

const UNWRITABLE = ["EACCES", "EROFS", "EPERM", "ENOTDIR", "EEXIST", "ENOENT"];
const FULL = ["ENOSPC", "EDQUOT", "EFBIG"];

/** What a person can mend about an error in writing below `folder`; any other error as it is. */
export function folderFault(error: unknown, folder: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (FULL.includes(code)) {
    return new EnvironmentFault(
      `there is no room left in ${folder} (${code}); free some and give the same command again (a download goes on where it stopped), or set SHADOWFARM_DATASETS to another`,
      { cause: error },
    );
  }
  if (UNWRITABLE.includes(code)) {
    return new EnvironmentFault(
      `the dataset folder ${folder} cannot be written (${code}); make it writable, or set SHADOWFARM_DATASETS to another`,
      { cause: error },
    );
  }
  return error;
}

/** Checksums by their usual names. */
export const checksumNames = { sha256: "SHA-256", md5: "MD5" } as const;

/** The checksum of a file's bytes, in hexadecimal digits; null when there is no such file. */
export async function checksumOf(file: string, algorithm: keyof typeof checksumNames): Promise<string | null> {
  const hash = createHash(algorithm);
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
  return hash.digest("hex");
}

/**
 * Copies a file, or all files below a folder, to a place where nothing is yet, and does not return before they are on the
 * disk. Anything but files and folders is left out.
 *
 * @throws {InvalidInput} when an original cannot be read
 */
export async function copyTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  const original = await stat(from).catch(unreadable(from));
  if (!original.isDirectory()) return copyFile(from, to, signal);
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true }).catch(unreadable(from))) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) await copyFile(file, path.join(to, path.relative(from, file)), signal);
  }
}

async function copyFile(from: string, to: string, signal: AbortSignal): Promise<void> {
  const original = await open(from).catch(unreadable(from));
  try {
    await mkdir(path.dirname(to), { recursive: true });
    await pipeline(original.createReadStream({ autoClose: false }), createWriteStream(to, { flags: "wx" }), { signal });
  } finally {
    await original.close();
  }
  await flush(to, "r+");
}

function unreadable(file: string): (error: NodeJS.ErrnoException) => never {
  return ({ code }) => {
    throw new InvalidInput(`${file} cannot be read (${code}); make it readable`);
  };
}

/** Gives a finished file its name, on the disk and not only in memory, so that even a power failure leaves no half of it. */
export async function publish(unfinished: string, file: string): Promise<void> {
  await flush(unfinished, "r+");
  await rename(unfinished, file);
  await flushFolder(path.dirname(file));
}

/** Puts the names of a folder's files on the disk, on systems that can. */
export async function flushFolder(folder: string): Promise<void> {
  await flush(folder, "r").catch(() => {});
}

async function flush(target: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(target, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The SHA-256 that was recorded for a file when it arrived; null when none was. */
export async function recordedChecksum(file: string): Promise<string | null> {
  const { name, lines } = await readSums(file);
  return lines.find((line) => line.slice(66) === name)?.slice(0, 64) ?? null;
}

/** Records a file's SHA-256 in `SHA256SUMS` beside it, in the form that `sha256sum --check` reads. Null forgets it. */
export async function recordChecksum(file: string, sha256: string | null): Promise<void> {
  const sums = sumsOf(file);
  await withFileLock(`${sums}.lock`, {}, async () => {
    const { name, lines } = await readSums(file);
    const others = lines.filter((line) => line.slice(66) !== name);
    const now = sha256 === null ? others : [...others, `${sha256}  ${name}`];
    const unfinished = `${sums}.${process.pid}`;
    await writeFile(unfinished, now.map((line) => `${line}\n`).join(""));
    await publish(unfinished, sums);
  });
}

async function readSums(file: string): Promise<{ name: string; lines: string[] }> {
  const content = await readFile(sumsOf(file), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return { name: path.basename(file), lines: content.split("\n").filter((line) => line !== "") };
}

function sumsOf(file: string): string {
  return path.join(path.dirname(file), "SHA256SUMS");
}
