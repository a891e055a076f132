import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { ArtifactCorrupt, EnvironmentFault, StoreUnusable } from "@shadowfarm/core/errors";
import { type Artifacts, FRESH_MS } from "./artifacts.ts";
import { openFile } from "./open-artifact.ts";
import { hashOfName, storedName } from "./stored-name.ts";
import { decodeBundle, encodeBundle } from "./tensors.ts";

/** A folder of artifacts; also one that machines share, for each file appears whole or not at all. */
export function openFolder(folder: string): Artifacts {
  const fileOf = (sha256: string) => path.join(folder, storedName(sha256));
  /** The files that were read through and found good, by what tells one file from a later one of its name. */
  const verified = new Map<string, string>();
  const verify = async (file: string, sha256: string): Promise<void> => {
    const { ino, size, mtimeMs } = await stat(file).catch((error) => Promise.reject(unreadable(file, error)));
    const identity = `${ino}/${size}/${mtimeMs}`;
    if (verified.get(sha256) === identity) return;
    expectHash(file, sha256, await hashOfFile(file));
    verified.set(sha256, identity);
  };
  return {
    async put(bundle) {
      const parts = encodeBundle(bundle);
      const ref = { sha256: hashOf(parts), bytes: parts.reduce((sum, { length }) => sum + length, 0) };
      const file = fileOf(ref.sha256);
      // Read rather than trusted, so that doing a job again mends an artifact that was damaged.
      const present = await hashOfFile(file).catch(() => null);
      if (present === ref.sha256 && (await isFresh(file))) return ref;
      await writeWhole(file, parts).catch((error) => Promise.reject(unwritable(folder, error)));
      return ref;
    },
    async get(ref) {
      const file = fileOf(ref.sha256);
      const bytes = await readFile(file).catch((error) => Promise.reject(unreadable(file, error)));
      expectHash(file, ref.sha256, hashOf([bytes]));
      return decodeBundle(bytes);
    },
    async open(ref) {
      const file = fileOf(ref.sha256);
      await verify(file, ref.sha256);
      return openFile(file);
    },
    async verify({ sha256 }) {
      const file = fileOf(sha256);
      const found = await hashOfFile(file).catch((error) => Promise.reject(unreadable(file, error)));
      expectHash(file, sha256, found);
    },
    async *list() {
      for (const group of await namesIn(folder)) {
        if (!/^[0-9a-f]{2}$/.test(group)) continue;
        for (const base of await namesIn(path.join(folder, group))) {
          const name = `${group}/${base}`;
          const sha256 = hashOfName(name);
          if (sha256 === undefined) continue;
          const found = await stat(path.join(folder, name)).catch(() => null);
          if (found?.isFile()) yield { name, sha256, bytes: found.size, putAt: found.mtime };
        }
      }
    },
    async remove(name) {
      await rm(path.join(folder, name), { force: true }).catch((error) => Promise.reject(unwritable(folder, error)));
    },
    async probe() {
      const file = path.join(folder, `probe-${randomUUID()}`);
      await writeWhole(file, [new Uint8Array(1)]).catch((error) => Promise.reject(unwritable(folder, error)));
      await rm(file, { force: true });
    },
  };
}

/** Writes beside the final name and renames, so that nobody ever sees half a file under it, whatever dies when. */
async function writeWhole(file: string, parts: readonly Uint8Array[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  try {
    const handle = await open(unfinished, "wx");
    try {
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes the new name last, where a folder can be synced; elsewhere the system sees to it in its time. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Whether a file may stay as it is; an old one is made young, or must be written again. */
async function isFresh(file: string): Promise<boolean> {
  try {
    if (Date.now() - (await stat(file)).mtimeMs > FRESH_MS) await utimes(file, new Date(), new Date());
    return true;
  } catch {
    return false;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw unwritable(folder, error);
  }
}

function hashOf(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

async function hashOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** A file that is not there, or that its disk cannot give back, is lost; whatever else keeps it from being read may pass. */
function unreadable(file: string, error: NodeJS.ErrnoException): Error {
  const { code } = error;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR" || code === "EIO") {
    return new ArtifactCorrupt(`artifact ${file} cannot be read (${code})`);
  }
  return new StoreUnusable(
    `artifact ${file} cannot be read (${code ?? error.message}); see that this user may read the folder and that its disk is well`,
    error,
  );
}

function unwritable(folder: string, error: unknown): EnvironmentFault {
  const { code = "unknown", message } = error as NodeJS.ErrnoException;
  const place = `the folder of artifacts ${folder}`;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StoreUnusable(
      `${place} is full (${code}); make room (shadowfarm artifacts gc), or set SHADOWFARM_ARTIFACTS to another`,
      error,
    );
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) {
    return new EnvironmentFault(
      `${place} cannot be written (${code}); make it a folder that this user may write, or set SHADOWFARM_ARTIFACTS to another`,
      { cause: error },
    );
  }
  return new StoreUnusable(`${place} cannot be used (${message}); see that its disk or share is well`, error);
}

function expectHash(file: string, expected: string, found: string): void {
  if (found === expected) return;
  throw new ArtifactCorrupt(
    `artifact ${file} has SHA-256 ${found} instead of ${expected}; it was altered after it was written`,
  );
}
