import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Download } from "@shadowfarm/core/catalog";
import { checksumNames, checksumOf, folderFault, publish, recordChecksum, recordedChecksum } from "./data-folder.ts";
import { type AttemptOptions, fetchPart } from "./download-attempt.ts";
import { dropNote, dropPart } from "./download-part.ts";
import { withFileLock } from "./file-lock.ts";

/**
 * What became of a download. `present`: the file was there, and is what was published or what arrived before. `resumedFrom`:
 * bytes that were there before the last connection. `reasons`: what each address answered, in the order in which they are
 * tried. `reached`: some server answered.
 */
export type Downloaded =
  | { state: "present" }
  | { state: "downloaded"; url: string; resumedFrom: number }
  | { state: "failed"; reasons: { url: string; reason: string }[]; reached: boolean };

export interface DownloadOptions extends Partial<AttemptOptions> {
  /** Called once when another process downloads the file, with who it is. */
  onWait?: ((process: string) => void) | undefined;
  /** How often each address is tried, and how long to wait before the second round; before a later one thrice as long. */
  rounds?: number;
  againMs?: number;
}

/** A connection may be cut very often, as long as each brings something. */
const MAX_RESUMES = 1_000;

/**
 * Downloads a file into a folder: from the first of its addresses that has it, going on where a cut or interrupted download
 * stopped, verified, and under its own name only when whole. Of several at once, in any processes, one downloads and the
 * others wait for it. No npm library was found that goes on with a part only where it is certain to be of the same file,
 * tries mirrors and verifies checksums.
 *
 * @param folder the dataset's own
 * @throws {EnvironmentFault} when the folder cannot be written or is full; what has arrived is kept
 * @throws the signal's reason, when it is aborted; what has arrived is kept
 */
export async function download(wanted: Download, folder: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const file = path.join(folder, wanted.file);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const { signal, onWait } = options;
    return await withFileLock(`${file}.lock`, { signal, onWait }, async () =>
      (await isVerified(wanted, folder)) ? { state: "present" } : await fetchAny(wanted, file, options),
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    throw folderFault(error, folder);
  }
}

/** Whether a file is in its folder and has the checksum that was published or, where none was, recorded. */
export async function isVerified({ file, checksum }: Download, folder: string): Promise<boolean> {
  const place = path.join(folder, file);
  const { algorithm, hex } = checksum ?? { algorithm: "sha256", hex: await recordedChecksum(place) };
  return hex !== null && (await checksumOf(place, algorithm)) === hex;
}

async function fetchAny(wanted: Download, file: string, options: DownloadOptions): Promise<Downloaded> {
  const { rounds = 3, againMs = 500, signal } = options;
  const left = new Set(wanted.urls);
  const reasons = new Map<string, string>();
  let reached = false;
  for (let round = 0; round < rounds && left.size > 0; round++) {
    if (round > 0) await wait(againMs * 3 ** (round - 1), undefined, signal ? { signal } : {});
    for (const url of left) {
      const got = await fetchFrom(url, wanted, file, options);
      if (got.end === "verified") return { state: "downloaded", url, resumedFrom: got.resumedFrom };
      reasons.set(url, got.reason);
      reached ||= got.end === "refused" || got.reached;
      if (got.end === "refused") left.delete(url);
    }
  }
  return { state: "failed", reasons: [...reasons].map(([url, reason]) => ({ url, reason })), reached };
}

type Fetched =
  | { end: "verified"; resumedFrom: number }
  | { end: "refused"; reason: string }
  | { end: "failed"; reason: string; reached: boolean };

async function fetchFrom(url: string, wanted: Download, file: string, options: DownloadOptions): Promise<Fetched> {
  const part = `${file}.part`;
  const { signal, silentMs = 30_000, onProgress } = options;
  let judged = false;
  for (let resumes = 0; ; resumes++) {
    const got = await fetchPart(part, wanted, url, { signal, silentMs, onProgress });
    signal?.throwIfAborted();
    if (got.end === "failed" && got.progress && resumes < MAX_RESUMES) continue;
    if (got.end !== "whole") return got;
    const wrong = await accept(part, wanted, file);
    if (wrong === null) return { end: "verified", resumedFrom: got.resumedFrom };
    await dropPart(part);
    // What was there before may be what is wrong, so the address is judged by a file that is all its own.
    if (got.resumedFrom === 0 || judged) return { end: "refused", reason: wrong };
    judged = true;
  }
}

/** Verifies a whole file and gives it its name; otherwise says what is wrong with it. */
async function accept(part: string, { checksum }: Download, file: string): Promise<string | null> {
  const { algorithm, hex } = checksum ?? { algorithm: "sha256", hex: null };
  const found = (await checksumOf(part, algorithm)) ?? "";
  if (hex === null) await recordChecksum(file, found);
  else if (found !== hex) return `sends a file with ${checksumNames[algorithm]} ${found}, where ${hex} is published`;
  await publish(part, file);
  await dropNote(part);
  return null;
}
