import type { OpenArtifact } from "./open-artifact.ts";
import type { Bundle } from "./tensors.ts";

/** Where bytes are kept: their own hash, and their length. */
export interface ArtifactRef {
  sha256: string;
  bytes: number;
}

/** Bytes as a store lists them. */
export interface StoredBytes {
  /** What the store calls them. */
  name: string;
  /** Null: of a write that was never finished. */
  sha256: string | null;
  bytes: number;
  /** When they were last put. */
  putAt: Date;
}

/** Artifacts, each named by the SHA-256 of its content: equal content is kept once. */
export interface Artifacts {
  /**
   * Bytes that are there already are made young again, so that a collection that is going on leaves them.
   *
   * @throws {EnvironmentFault} when the store cannot be written.
   */
  put(bundle: Bundle): Promise<ArtifactRef>;
  /** @throws {ArtifactCorrupt} when it is missing, or is not what was put there. */
  get(ref: ArtifactRef): Promise<Bundle>;
  /**
   * For one that is too large to hold: its arrays are read from a file when they are asked for, in parts. The whole is
   * verified first, once for as long as the file stays as it is.
   *
   * @throws {ArtifactCorrupt} as `get` does.
   */
  open(ref: ArtifactRef): Promise<OpenArtifact>;
  /**
   * Reads the stored bytes through.
   *
   * @throws {ArtifactCorrupt} as `get` does.
   */
  verify(ref: ArtifactRef): Promise<void>;
  /** Everything that is stored, unfinished writes too; files of other names are not Shadowfarm's and left out. */
  list(): AsyncIterable<StoredBytes>;
  /** Removes what `list` named; that it is gone already is no error. */
  remove(name: string): Promise<void>;
  /**
   * Writes and removes something small.
   *
   * @throws {EnvironmentFault} saying what keeps the store from being used.
   */
  probe(): Promise<void>;
}

/** Age of stored bytes from which on they are put again, or marked as young, when a job leaves them once more. */
export const FRESH_MS = 3_600_000;
