import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
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
}

export function openArtifacts(folder: string): Artifacts {
  const fileOf = (sha256: string) => path.join(folder, sha256.slice(0, 2), `${sha256}.safetensors`);
  return {
    async put(bundle) {
      const bytes = encodeBundle(bundle);
      const ref = { sha256: hash(bytes), bytes: bytes.length };
      const file = fileOf(ref.sha256);
      // Read rather than trusted, so that doing a job again mends an artifact that was damaged.
      const present = await readFile(file).catch(() => null);
      if (present !== null && hash(present) === ref.sha256) return ref;
      await mkdir(path.dirname(file), { recursive: true });
      const unfinished = `${file}.${randomUUID()}`;
      try {
        const handle = await open(unfinished, "wx");
        try {
          await handle.writeFile(bytes);
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
      const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        throw new ArtifactCorrupt(`artifact ${file} cannot be read (${error.code})`);
      });
      const found = hash(bytes);
      if (found !== ref.sha256) {
        throw new ArtifactCorrupt(
          `artifact ${file} has SHA-256 ${found} instead of ${ref.sha256}; it was altered after it was written`,
        );
      }
      return decodeBundle(bytes);
    },
  };
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
