import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { ArtifactCorrupt, EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import type { ArtifactRef, Artifacts } from "./artifacts.ts";
import { openFolder } from "./folder-artifacts.ts";
import { storedName } from "./stored-name.ts";

/** Gets an artifact's bytes from where they are kept, verified when it returns. */
export type Download = (ref: ArtifactRef, take: (chunk: Uint8Array) => Promise<void>) => Promise<void>;

/** A folder of artifacts that are kept elsewhere, shared by the processes of a machine. */
export interface ArtifactCache {
  /** Reads an artifact from the folder, into which it is downloaded if it is not there or was altered there. */
  with<T>(ref: ArtifactRef, download: Download, read: (kept: Artifacts) => Promise<T>): Promise<T>;
}

/** Another process may remove what this one has just downloaded; hardly more than once. */
const TRIES = 3;
/** Age of a download that was not finished, its process having died. */
const ABANDONED_MS = 3_600_000;

/** @param mostBytes beyond which those go that were not read for the longest time; the newest stays, however large */
export function openCache(folder: string, mostBytes: number): ArtifactCache {
  const kept = openFolder(folder);

  const fetch = async (ref: ArtifactRef, download: Download): Promise<void> => {
    const file = path.join(folder, storedName(ref.sha256));
    const unfinished = `${file}.${randomUUID()}`;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const handle = await open(unfinished, "wx");
      try {
        await download(ref, async (chunk) => {
          await handle.writeFile(chunk);
        });
      } finally {
        await handle.close();
      }
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      if (error instanceof Error && "syscall" in error) {
        throw new EnvironmentFault(
          `${folder} cannot hold an artifact of ${ref.bytes} bytes (${messageOf(error)}); make room, or set SHADOWFARM_HOME to another disk`,
          { retryable: true, cause: error },
        );
      }
      throw error;
    }
    await evict(folder, kept, mostBytes, ref.sha256);
  };

  return {
    async with(ref, download, read) {
      for (let tries = 1; ; tries++) {
        try {
          const value = await read(kept);
          await touch(path.join(folder, storedName(ref.sha256)));
          return value;
        } catch (error) {
          if (!(error instanceof ArtifactCorrupt || isGone(error)) || tries === TRIES) throw error;
        }
        await fetch(ref, download);
      }
    },
  };
}

/** Notes when a file was last read; its modification time stays, by which a verified file is known. */
async function touch(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found) await utimes(file, new Date(), found.mtime).catch(() => {});
}

async function evict(folder: string, kept: Artifacts, mostBytes: number, newest: string): Promise<void> {
  const files: { name: string; bytes: number; readAt: number }[] = [];
  for await (const { name, sha256, bytes, putAt } of kept.list()) {
    if (sha256 === null) {
      if (Date.now() - putAt.getTime() > ABANDONED_MS) await kept.remove(name);
      continue;
    }
    const found = await stat(path.join(folder, name)).catch(() => null);
    if (found) files.push({ name, bytes, readAt: sha256 === newest ? Number.POSITIVE_INFINITY : found.atimeMs });
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of files.sort((a, b) => a.readAt - b.readAt).slice(0, -1)) {
    if (total <= mostBytes) break;
    await kept.remove(name);
    total -= bytes;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
