import { get as httpGet } from "node:http";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { eventually, test } from "../fixtures.ts";
import { rawRequest } from "../raw-request.ts";
import { serveStored } from "../served-api.ts";
import { storeExperiment } from "../stored-results.ts";

interface Raw {
  socket: Socket;
  /** All that the server said until it closed the connection. */
  closed: Promise<string>;
}

function dial(url: string): Raw {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let said = "";
  socket.on("data", (part) => {
    said += part;
  });
  // Who is refused may be cut off while it is still sending.
  socket.on("error", () => {});
  return { socket, closed: new Promise((resolve) => socket.once("close", () => resolve(said))) };
}

describe("connections", () => {
  test("that send their headers or their body too slowly are let go, and keep nobody else waiting", {
    timeout: 90_000,
  }, async ({ store, folder }) => {
    const api = await serveStored(store, folder);
    const slow = Array.from({ length: 200 }, () => dial(api.url));
    try {
      const timers = slow.map(({ socket }, at) => {
        const body =
          "POST /api/plans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
        socket.write(at % 2 ? body : "GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
        return setInterval(() => socket.writable && socket.write("x"), 1_000);
      });
      for (let asked = 0; asked < 20; asked++)
        expect((await rawRequest(api.url, { path: "/api/me" })).status).toBe(200);
      const said = await Promise.all(slow.map(({ closed }) => closed));
      for (const timer of timers) clearInterval(timer);
      expect(new Set(said.map((text) => text.slice(0, 12)))).toEqual(new Set(["HTTP/1.1 408"]));
      expect((await rawRequest(api.url, { path: "/api/me" })).status).toBe(200);
    } finally {
      for (const { socket } of slow) socket.destroy();
      await api.stop();
    }
  });

  test("what is too large is refused before it is read", async ({ store, folder }) => {
    const api = await serveStored(store, folder);
    try {
      const json = { "content-type": "application/json" };
      const said = async (head: string, more = "") => {
        const { socket, closed } = dial(api.url);
        socket.write(`${head}\r\nHost: 127.0.0.1\r\nConnection: close\r\n${more}`);
        return (await closed).slice(0, 12);
      };
      // A gigabyte is announced, and nothing of it sent.
      const announced = "Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n";
      expect(await said("POST /api/plans HTTP/1.1", announced)).toBe("HTTP/1.1 413");
      expect(await said("GET /api/me HTTP/1.1", `X-Large: ${"x".repeat(100_000)}\r\n\r\n`)).toBe("HTTP/1.1 431");
      expect(await said(`GET /api/results?dataset=${"x".repeat(100_000)} HTTP/1.1`, "\r\n")).toBe("HTTP/1.1 431");
      const body = JSON.stringify({ spec: { name: "x".repeat(1_100_000) } });
      const chunked = { ...json, "transfer-encoding": "chunked" };
      for (const headers of [json, chunked]) {
        const { status, text } = await rawRequest(api.url, { method: "POST", path: "/api/experiments", headers, body });
        expect(status).toBe(413);
        expect(JSON.parse(text)).toMatchObject({ type: "urn:shadowfarm:problem:too-large" });
      }
      // Small when it is sent, a hundred megabytes when it is unpacked.
      const packed = { ...json, "content-encoding": "gzip" };
      const bomb = gzipSync(Buffer.alloc(100_000_000, " "));
      const { status } = await rawRequest(api.url, { method: "POST", path: "/api/plans", headers: packed, body: bomb });
      expect(status).toBe(413);
    } finally {
      await api.stop();
    }
  });

  test("five hundred that listen hear of a change from one look at the database, and go without a trace", {
    timeout: 60_000,
  }, async ({ store, folder }) => {
    const api = await serveStored(store, folder);
    const LISTENERS = 500;
    const heard = new Array<string>(LISTENERS).fill("");
    const requests = heard.map((_, at) =>
      httpGet(`${api.url}/api/events`, { agent: false }, (response) => {
        response.on("data", (part: Buffer) => {
          heard[at] = `${heard[at]}${part}`;
        });
        response.on("error", () => {});
      }).on("error", () => {}),
    );
    try {
      await eventually("all are connected", async () => heard.every((text) => text.startsWith("retry:")));
      await storeExperiment(store, "abcdef0123");
      await eventually(
        "all have heard",
        async () => heard.every((text) => text.includes('{"id":"abcdef0123"')),
        30_000,
      );
      const told = heard.map((text) => text.match(/event: experiment/g)?.length);
      expect(new Set(told).size).toBe(1);
      expect((await rawRequest(api.url, { path: "/api/experiments" })).status).toBe(200);
    } finally {
      for (const request of requests) request.destroy();
      await api.stop();
    }
  });
});
