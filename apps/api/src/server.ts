import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { plainDimensions } from "@shadowfarm/core/dimensions";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import type { Place } from "@shadowfarm/ml/check-experiment";
import { catalogIn } from "@shadowfarm/ml/data-source";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Store } from "@shadowfarm/store/client";
import { keepResults } from "@shadowfarm/store/keep-results";
import { openReader } from "@shadowfarm/store/reader";
import { valuesOf } from "@shadowfarm/store/result-values";
import { keepRowTexts } from "@shadowfarm/store/row-texts";
import type { Logger } from "pino";
import { isLoopback } from "./access.ts";
import { createApp } from "./app.ts";
import { definitionsIn } from "./definitions.ts";
import { openEvents } from "./events.ts";
import { keepReplies } from "./replies.ts";
import { shippedExperiments } from "./shipped-experiments.ts";

/** What the API needs. */
export interface ApiOptions {
  store: Store;
  artifacts: Artifacts;
  place: Place;
  host: string;
  /** 0: any that is free; null: the usual one, or when it is taken any that is free. */
  port: number | null;
  /** Requests in a minute for each token; only where tokens are needed. */
  rate: number;
  /** Whose share is used by what is submitted without a token. */
  user: string;
  log: Logger;
}

/** The API while it is served. */
export interface Api {
  url: string;
  stop(): Promise<void>;
}

/** Who sends its headers or its body more slowly is let go. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const CHECK_MS = 2_000;
/** Longer than proxies keep an idle connection, or one may send a request on a connection that is closing. */
const IDLE_MS = 65_000;
const MOST_CONNECTIONS = 2_000;
/** Questions about very many rows that the database is given at a time; each takes a core. */
const SCANS = 2;
const USUAL_PORT = 7070;

/**
 * Serves the API, its documentation and the dashboard.
 *
 * @throws {EnvironmentFault} when the port cannot be had.
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { store, artifacts, place, host, port, log } = options;
  const reader = await openReader(store.url);
  const scanner = await openReader(store.url, SCANS);
  const results = keepResults(store.url, reader);
  // Now, or the first who ask would wait for all that is read and numbered once.
  await results.version();
  await results.ask((memory) => valuesOf(memory, plainDimensions));
  const closeReaders = async () => {
    for (const one of [results, reader, scanner]) await one.close();
  };
  const events = await openEvents(store, reader, log);
  const catalog = await catalogIn(place.datasetFolders);
  const kept = { replies: keepReplies(), rowTexts: keepRowTexts() };
  const web = fileURLToPath(new URL("../../web/dist", import.meta.url));
  const definitions = await definitionsIn(fileURLToPath(new URL("../../../docs", import.meta.url)));
  const shipped = await shippedExperiments(catalog);
  const app = createApp(
    {
      store,
      reader,
      scanner,
      results,
      artifacts,
      catalog,
      definitions,
      shipped,
      place,
      events,
      ...kept,
      user: options.user,
    },
    { host, rate: options.rate, web, log },
  );
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: IDLE_MS,
    },
    app,
  );
  server.maxConnections = MOST_CONNECTIONS;
  try {
    if (port !== null) await listen(server, host, port);
    else await listen(server, host, USUAL_PORT).catch(() => listen(server, host, 0));
  } catch (error) {
    await events.close();
    await closeReaders();
    throw new EnvironmentFault(
      `the API cannot be served at ${host}:${port ?? USUAL_PORT} (${messageOf(error)}); set SHADOWFARM_API_HOST to an address of this machine and SHADOWFARM_API_PORT to a free port, or 0 for any`,
      { cause: error },
    );
  }
  const bound = server.address() as AddressInfo;
  const url = `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
  log.info({ url, tokens: !isLoopback(host) }, "the API is served");
  return {
    url,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      await events.close();
      server.closeAllConnections();
      await closed;
      await closeReaders();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
