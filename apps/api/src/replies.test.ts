import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepReplies } from "./replies.ts";

let version: number;
let clock: number;
let made: string[];
let fail: boolean;
let url: string;
let close: () => Promise<unknown>;
/** Who asks first is answered when so many have asked. */
const CROWD = 20;
let arrived: number;
let allArrived: () => void;
let crowded: Promise<void>;

beforeEach(async () => {
  [version, clock, made, fail] = [1, 0, [], false];
  arrived = 0;
  crowded = new Promise((resolve) => {
    allArrived = resolve;
  });
  const replies = keepReplies(() => clock);
  const app = express();
  app.get("/together", async ({ url: asked }, response) => {
    arrived++;
    if (arrived === CROWD) allArrived();
    const make = async () => {
      made.push(asked);
      await crowded;
      return Buffer.from(JSON.stringify({ version }));
    };
    await replies.send(response, asked, { version: null, freshMs: 0, make, mediaType: "application/json" });
  });
  app.get("/:freshMs", async ({ url: asked, params }, response) => {
    const make = async () => {
      made.push(asked);
      if (fail) throw new Error("broken");
      return Buffer.from(JSON.stringify({ version, padding: "x".repeat(2_000) }));
    };
    const freshMs = Number(params.freshMs);
    await replies.send(response, asked, {
      version: async () => version,
      freshMs,
      make,
      mediaType: "application/json",
    });
  });
  app.use(((_error, _request, response, _next) => void response.status(500).end()) as express.ErrorRequestHandler);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => new Promise((resolve) => server.close(resolve));
});
afterEach(async () => {
  await close();
});

async function ask(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${path}`, { headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, version: text && JSON.parse(text).version };
}

/** By no `fetch`, which asks for everything anew. */
async function statusFor(path: string, etag: string): Promise<number | undefined> {
  const sent = request(`${url}${path}`, { headers: { "if-none-match": etag } }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test("an answer is made once while nothing changes, for all who ask at a time, and anew when something has", async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask("/0")));
  expect(answers.map((answer) => answer.version)).toEqual([1, 1, 1, 1, 1]);
  expect(made).toEqual(["/0"]);
  version = 2;
  expect((await ask("/0")).version).toBe(2);
  expect((await ask("/0?other=1")).version).toBe(2);
  expect(made).toEqual(["/0", "/0", "/0?other=1"]);
});

test("what may be old for a moment is, and no longer", async () => {
  expect((await ask("/2000")).version).toBe(1);
  version = 2;
  clock = 1_999;
  expect((await ask("/2000")).version).toBe(1);
  clock = 2_000;
  expect((await ask("/2000")).version).toBe(2);
});

test("who has an answer is not sent it again, packed or not", async () => {
  const packed = await ask("/0", { "accept-encoding": "gzip" });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(packed.headers.get("vary")).toMatch(/accept-encoding/i);
  const plain = await ask("/0", { "accept-encoding": "identity" });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(plain.version).toBe(1);
  const etag = plain.headers.get("etag") as string;
  expect(await statusFor("/0", etag)).toBe(304);
  version = 2;
  expect(await statusFor("/0", etag)).toBe(200);
});

test("without a version those who ask at a time are answered together, and who asks later anew", async () => {
  const answers = await Promise.all(Array.from({ length: CROWD }, () => ask("/together")));
  expect(new Set(answers.map((answer) => answer.version))).toEqual(new Set([1]));
  expect(made).toHaveLength(2);
  const [first] = answers;
  expect(await statusFor("/together", first?.headers.get("etag") as string)).toBe(304);
  version = 2;
  expect((await ask("/together")).version).toBe(2);
});

test("a failure is told and not kept", async () => {
  fail = true;
  const failed = await ask("/0").catch(() => null);
  expect(failed?.status ?? 500).toBe(500);
  expect(failed?.headers.get("etag") ?? null).toBeNull();
  fail = false;
  expect((await ask("/0")).version).toBe(1);
});
