import { type IncomingMessage, get as plainGet } from "node:http";
import { get as secureGet } from "node:https";
import { VERSION } from "@shadowfarm/core/version";

const MAX_REDIRECTS = 5;

/** Raised when asking the same address again would have the same answer. */
export class Unanswerable extends Error {}

/**
 * Asks for an address and follows its redirects. The answer's body is what was stored, byte for byte: `fetch` would unpack
 * a `.tgz` that an older server declares as `Content-Encoding: x-gzip`, which is why it is not used.
 *
 * @param silentMs after which a connection without a sign of life is given up, before and during the answer
 * @throws {Unanswerable} when the address cannot be asked or redirects without end
 */
export async function ask(
  url: string,
  headers: Record<string, string>,
  { silentMs, signal }: { silentMs: number; signal: AbortSignal | undefined },
): Promise<IncomingMessage> {
  let address = addressOf(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await askOnce(address, headers, silentMs, signal);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    address = addressOf(location, address);
  }
  throw new Unanswerable(`redirects more than ${MAX_REDIRECTS} times`);
}

function addressOf(text: string, base?: URL): URL {
  if (!URL.canParse(text, base)) throw new Unanswerable(`leads to "${text}", which is no address`);
  const url = new URL(text, base);
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  throw new Unanswerable(`leads to ${url.protocol}, which is neither http nor https`);
}

function askOnce(
  url: URL,
  headers: Record<string, string>,
  silentMs: number,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? secureGet : plainGet)(url, {
      headers: { "user-agent": `shadowfarm/${VERSION}`, "accept-encoding": "identity", ...headers },
      agent: false,
      timeout: silentMs,
      ...(signal && { signal }),
    });
    let stream: { destroy(error: Error): unknown } = request;
    request.once("timeout", () => stream.destroy(new Error(`silent for ${silentMs / 1000} s`)));
    request.on("error", reject);
    request.once("response", (response) => {
      stream = response;
      resolve(response);
    });
  });
}
