import { request } from "node:http";

/** What a server answered; of a stream of events only its beginning. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends a path as it is, which `fetch` would first make a proper one, and headers that it would not send. */
export function rawRequest(
  url: string,
  {
    method = "GET",
    path,
    headers = {},
    body,
    from = "127.0.0.1",
  }: {
    method?: string;
    path: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    /** Any address of the loopback network, so that it counts as another client. */
    from?: string;
  },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false, localAddress: from }, (response) => {
      const parts: Buffer[] = [];
      const answer = () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() });
      if (/event-stream/.test(response.headers["content-type"] ?? "")) {
        answer();
        sent.destroy();
        return;
      }
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", answer);
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
