import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server does with the files it has. Everything can be changed between requests. */
interface ServedFile {
  content: Buffer;
  etag?: string;
  lastModified?: string;
  /** Ranges are not heeded. */
  ignoresRange?: boolean;
  /** Ranges are heeded whatever the condition. */
  ignoresIfRange?: boolean;
  /** How many bytes of each answer are sent before its connection is cut; none left: it is not cut. */
  cuts?: number[];
  /** Answers pause after this many bytes, until the gate opens; without one they are never finished. */
  holdsAfter?: number;
  gate?: Promise<void>;
  /** Answered in place of the file, as often as there are some. */
  statuses?: number[];
  headers?: Record<string, string>;
}

/** A web server on a free port of this machine that remembers what it was asked. */
export interface FileServer {
  url(path: string): string;
  files: Record<string, ServedFile>;
  /** Requests in their order, with the bytes of the body that were sent. */
  requests: { path: string; range: string | undefined; status: number; sent: number }[];
  close(): Promise<void>;
}

export async function startFileServer(): Promise<FileServer> {
  const requests: FileServer["requests"] = [];
  const listener = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://server").pathname.slice(1);
    const log = { path, range: request.headers.range, status: 0, sent: 0 };
    requests.push(log);
    const file = server.files[path];
    log.status = file ? answer(file, request, response, (bytes) => (log.sent += bytes)) : fail(response, 404);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const server: FileServer = {
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    files: {},
    requests,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
  return server;
}

function answer(
  file: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
  onSent: (bytes: number) => void,
): number {
  const status = file.statuses?.shift();
  if (status !== undefined) return fail(response, status, file.headers);
  const { content, etag, lastModified } = file;
  if (etag !== undefined) response.setHeader("etag", etag);
  if (lastModified !== undefined) response.setHeader("last-modified", lastModified);
  for (const [name, value] of Object.entries(file.headers ?? {})) response.setHeader(name, value);
  const condition = request.headers["if-range"]?.toString();
  // By RFC 9110, §13.1.5, a weak ETag never matches.
  const names = [etag, lastModified].filter((name) => name !== undefined && !name.startsWith("W/"));
  const same = file.ignoresIfRange || condition === undefined || names.includes(condition);
  const first = file.ignoresRange || !same ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const from = first ? Number(first) : 0;
  if (first) {
    if (from >= content.length) return fail(response, 416);
    response.statusCode = 206;
    response.setHeader("content-range", `bytes ${from}-${content.length - 1}/${content.length}`);
  }
  response.setHeader("content-length", content.length - from);
  const rest = content.subarray(from);
  const cut = file.cuts?.shift();
  const sent = rest.subarray(0, cut ?? file.holdsAfter ?? rest.length);
  onSent(sent.length);
  if (sent.length === rest.length) response.end(sent);
  else if (cut !== undefined) response.write(sent, () => response.socket?.end());
  else {
    response.write(sent);
    void file.gate?.then(() => {
      onSent(rest.length - sent.length);
      response.end(rest.subarray(sent.length));
    });
  }
  return response.statusCode;
}

function fail(response: ServerResponse, status: number, headers: Record<string, string> = {}): number {
  response.writeHead(status, headers).end(`${status}\n`);
  return status;
}
