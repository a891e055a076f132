import { createHash, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { gather } from "@shadowfarm/store/gather";
import type { Response } from "express";

/** Answers that stay the same while nothing that they are made from has changed, ready to be sent. */
export interface Replies {
  /**
   * Sends the answer to a question, made at most once for all who ask.
   *
   * @param version of what answers are made from; it rises with every change. Null where there is none: then those who ask while an
   *   answer is made get the next one, together, and nothing is kept
   * @param freshMs an answer may be so old whatever has changed meanwhile
   * @param make the answer
   */
  send(
    response: Response,
    question: string,
    options: { version: (() => Promise<number>) | null; freshMs: number; make(): Promise<Buffer>; mediaType: string },
  ): Promise<void>;
}

interface Kept {
  version: number;
  at: number;
  etag: string;
  plain: Promise<Buffer>;
  packed: Promise<Buffer> | null;
  bytes: number;
}

/** Of all that is kept. */
const MOST_BYTES = 64 * 2 ** 20;
/** A larger answer is sent and forgotten. */
const LARGEST_BYTES = 8 * 2 ** 20;
/** Shorter ones are not worth packing. */
const LEAST_PACKED_BYTES = 1_000;
/** A quarter of the usual time for a seventh more bytes. */
const PACKING = { level: 2 };
const pack = promisify(gzip);

/** @param now milliseconds that never go back */
export function keepReplies(now: () => number = () => performance.now()): Replies {
  const kept = new Map<string, Kept>();
  let bytes = 0;
  // Other versions of this program may answer otherwise.
  const salt = randomBytes(6).toString("base64url");

  const drop = (question: string) => {
    bytes -= kept.get(question)?.bytes ?? 0;
    kept.delete(question);
  };
  const hold = (question: string, reply: Kept, size: number) => {
    if (kept.get(question) !== reply) return;
    reply.bytes += size;
    bytes += size;
    if (reply.bytes > LARGEST_BYTES) drop(question);
    // Maps are in order of insertion: the first was made the longest ago.
    for (const oldest of kept.keys()) if (bytes > MOST_BYTES) drop(oldest);
  };
  const replyTo = async (
    question: string,
    version: () => Promise<number>,
    freshMs: number,
    make: () => Promise<Buffer>,
  ) => {
    const before = kept.get(question);
    if (before && now() - before.at < freshMs) return before;
    const at = now();
    const newest = await version();
    const meanwhile = kept.get(question);
    if (meanwhile && meanwhile.version >= newest) {
      meanwhile.at = Math.max(meanwhile.at, at);
      return meanwhile;
    }
    const plain = make();
    const reply: Kept = { version: newest, at, etag: `W/"${salt}-${newest}"`, plain, packed: null, bytes: 0 };
    drop(question);
    kept.set(question, reply);
    plain.then(
      (body) => hold(question, reply, body.length + question.length),
      () => kept.get(question) === reply && drop(question),
    );
    return reply;
  };

  const together = new Map<string, { ask: (one: null) => Promise<Kept>; asking: number }>();
  const madeTogether = async (question: string, make: () => Promise<Buffer>): Promise<Kept> => {
    const flight = together.get(question) ?? {
      asking: 0,
      ask: gather(async (asked: readonly null[]) => {
        const body = await make();
        const etag = `W/"${createHash("sha1").update(body).digest("base64url")}"`;
        const reply: Kept = { version: 0, at: 0, etag, plain: Promise.resolve(body), packed: null, bytes: 0 };
        return asked.map(() => reply);
      }),
    };
    together.set(question, flight);
    flight.asking++;
    try {
      return await flight.ask(null);
    } finally {
      flight.asking--;
      if (flight.asking === 0) together.delete(question);
    }
  };

  return {
    async send(response, question, { version, freshMs, make, mediaType }) {
      const reply = await (version ? replyTo(question, version, freshMs, make) : madeTogether(question, make));
      let body = await reply.plain;
      response.type(mediaType).set("etag", reply.etag).vary("accept-encoding");
      if (response.req.fresh) {
        response.status(304).end();
        return;
      }
      if (body.length >= LEAST_PACKED_BYTES && response.req.acceptsEncodings("gzip")) {
        if (!reply.packed) {
          reply.packed = pack(body, PACKING);
          reply.packed.then(
            (packed) => hold(question, reply, packed.length),
            () => {},
          );
        }
        body = await reply.packed;
        response.set("content-encoding", "gzip");
      }
      response.set("content-length", String(body.length)).end(body);
    },
  };
}
