import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import { type OpenArtifact, openFile } from "./open-artifact.ts";
import { type Bundle, decodeBundle, encodeBundle } from "./tensors.ts";

/** Where bytes are kept: their own hash, and their length. */
export interface ArtifactRef {
  sha256: string;
  bytes: number;
}

/** A folder of artifacts, each in a file named by the SHA-256 of its content: equal content is kept once. */
export interface Artifacts {
  put(bundle: Bundle): Promise<ArtifactRef>;
  /** @throws {ArtifactCorrupt} when the file is missing, or is not what was put there. */
  get(ref: ArtifactRef): Promise<Bundle>;
  /**
   * For one that is too large to hold: its arrays are read from the file when they are asked for, in parts. The whole is
   * verified first, once for as long as the file stays as it is.
   *
   * @throws {ArtifactCorrupt} as `get` does.
   */
  open(ref: ArtifactRef): Promise<OpenArtifact>;
}

export function openArtifacts(folder: string): Artifacts {
  const fileOf = (sha256: string) => path.join(folder, sha256.slice(0, 2), `${sha256}.safetensors`);
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
      if (present === ref.sha256) return ref;
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
  };
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

function unreadable(file: string, { code }: NodeJS.ErrnoException): ArtifactCorrupt {
  return new ArtifactCorrupt(`artifact ${file} cannot be read (${code})`);
}

function expectHash(file: string, expected: string, found: string): void {
  if (found === expected) return;
  throw new ArtifactCorrupt(
    `artifact ${file} has SHA-256 ${found} instead of ${expected}; it was altered after it was written`,
  );
}
