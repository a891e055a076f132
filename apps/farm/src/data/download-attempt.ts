import { open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { Download } from "@shadowfarm/core/catalog";
import { messageOf } from "@shadowfarm/core/errors";
import { beginPart, dropPart, keptPart, type PartNote } from "./download-part.ts";
import { ask, Unanswerable } from "./http.ts";

/**
 * What became of asking one address once. `resumedFrom`: bytes that were there before. `refused`: the same address would
 * say the same again. `progress`: some bytes arrived. `reached`: the server answered.
 */
export type Attempt =
  | { end: "whole"; resumedFrom: number }
  | { end: "refused"; reason: string }
  | { end: "failed"; reason: string; progress: boolean; reached: boolean };

export interface AttemptOptions {
  signal: AbortSignal | undefined;
  silentMs: number;
  /** Called with the bytes that are there, of how many when the server said so. */
  onProgress: ((bytes: number, total: number | null) => void) | undefined;
}

/**
 * Asks an address for a file, or for what is missing of it, and writes it to `part`.
 *
 * @throws what the file system raises, and nothing of the network's
 */
export async function fetchPart(
  part: string,
  wanted: Download,
  url: string,
  options: AttemptOptions,
): Promise<Attempt> {
  const kept = await keptPart(part);
  if (kept !== null && kept.bytes === kept.total) return { end: "whole", resumedFrom: kept.bytes };
  const range = kept && rangeOf(kept, wanted, url);
  let response: IncomingMessage;
  try {
    response = await ask(url, range ?? {}, options);
  } catch (error) {
    return failure(error, { progress: false, reached: false });
  }
  try {
    const { statusCode = 0 } = response;
    if (statusCode === 206 && kept && range && continues(response, kept, url)) {
      return await receive(part, wanted, response, kept, kept.bytes, options);
    }
    if (range && (statusCode === 206 || statusCode === 416)) {
      // Something else than the rest of what is here: begin anew.
      await dropPart(part);
      return await fetchPart(part, wanted, url, options);
    }
    const refusal = refusalOf(response, wanted);
    if (refusal !== null) return refusal;
    const note = { url, validator: validatorOf(response), total: lengthOf(response) };
    await beginPart(part, note);
    return await receive(part, wanted, response, note, 0, options);
  } finally {
    response.destroy();
  }
}

/**
 * How to ask for the rest. The server's name for the bytes makes sure that they are still the same ones; a published
 * checksum does so too, and lets a mirror go on where another stopped. Null when nothing would.
 */
function rangeOf(
  kept: PartNote & { bytes: number },
  { checksum }: Download,
  url: string,
): Record<string, string> | null {
  const validator = kept.url === url ? kept.validator : null;
  if (validator === null && checksum === null) return null;
  return { range: `bytes=${kept.bytes}-`, ...(validator !== null && { "if-range": validator }) };
}

/** Whether an answer is the rest of the file that a part was kept of. */
function continues(response: IncomingMessage, kept: PartNote & { bytes: number }, url: string): boolean {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers["content-range"] ?? "") ?? [];
  if (Number(first) !== kept.bytes) return false;
  if (kept.total !== null && total !== "*" && Number(total) !== kept.total) return false;
  // Some servers heed Range, and not If-Range.
  const validator = validatorOf(response);
  return kept.url !== url || validator === null || kept.validator === null || validator === kept.validator;
}

/** A weak ETag does not promise the same bytes. */
function validatorOf({ headers }: IncomingMessage): string | null {
  if (headers.etag?.startsWith('"')) return headers.etag;
  return headers["last-modified"] ?? null;
}

function lengthOf({ headers }: IncomingMessage): number | null {
  return headers["content-length"] === undefined ? null : Number(headers["content-length"]);
}

function refusalOf(response: IncomingMessage, wanted: Download): Attempt | null {
  const { statusCode = 0, statusMessage = "", headers } = response;
  if (statusCode !== 200) {
    const reason = `answers ${statusCode} ${statusMessage}`.trim();
    // Of the client's errors only these pass: timeout, too early, too many requests.
    const passing = statusCode >= 500 || [408, 425, 429].includes(statusCode);
    return passing ? { end: "failed", reason, progress: false, reached: true } : { end: "refused", reason };
  }
  if (wanted.checksum === null && /^text\/html\b/i.test(headers["content-type"] ?? "")) {
    return { end: "refused", reason: "answers with a web page, perhaps to log in, in place of the file" };
  }
  const length = lengthOf(response);
  return length !== null && length > mostBytes(wanted) ? tooLarge(length, wanted) : null;
}

/** `bytes` of a download is a rough number; an answer far beyond it is something else, and must not fill the disk. */
function mostBytes({ bytes }: Download): number {
  return 2 * bytes + 16 * 2 ** 20;
}

function tooLarge(bytes: number, wanted: Download): Attempt {
  return { end: "refused", reason: `sends ${bytes} bytes or more, where about ${wanted.bytes} were expected` };
}

async function receive(
  part: string,
  wanted: Download,
  response: IncomingMessage,
  { total }: PartNote,
  from: number,
  { onProgress }: AttemptOptions,
): Promise<Attempt> {
  const handle = await open(part, "a");
  let bytes = from;
  let broken: unknown = null;
  try {
    onProgress?.(bytes, total);
    for await (const chunk of chunksOf(response, (error) => (broken = error))) {
      await handle.appendFile(chunk);
      bytes += chunk.length;
      onProgress?.(bytes, total);
      if (bytes > mostBytes(wanted)) break;
    }
  } finally {
    await handle.close();
  }
  if (bytes > mostBytes(wanted)) {
    await dropPart(part);
    return tooLarge(bytes, wanted);
  }
  const progress = bytes > from;
  if (broken !== null) return failure(broken, { progress, reached: true });
  if (total === null || bytes === total) return { end: "whole", resumedFrom: from };
  return { end: "failed", reason: `ends after ${bytes} of ${total} bytes`, progress, reached: true };
}

/** Ends where the connection breaks, so that an error that is thrown in writing is one of the disk. */
async function* chunksOf(response: IncomingMessage, onBreak: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    onBreak(error);
  }
}

function failure(error: unknown, how: { progress: boolean; reached: boolean }): Attempt {
  if (error instanceof Unanswerable) return { end: "refused", reason: error.message };
  const { code = "" } = error as NodeJS.ErrnoException;
  // Of a certificate: it will be no better in a second.
  if (/CERT|TLS|SSL/.test(code)) return { end: "refused", reason: `cannot be trusted (${code})` };
  const what = how.reached ? "breaks off" : "cannot be reached";
  return { end: "failed", reason: `${what} (${code || messageOf(error)})`, ...how };
}
