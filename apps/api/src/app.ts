import type { Catalog } from "@shadowfarm/core/catalog";
import { sha256Hex } from "@shadowfarm/core/fingerprint";
import { recordAudit } from "@shadowfarm/store/tokens";
import compression from "compression";
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import helmet from "helmet";
import type { Logger } from "pino";
import { z } from "zod";
import { type Identify, identifierOf, isLoopback, tokenOf, withoutTokens } from "./access.ts";
import { dashboard } from "./dashboard.ts";
import { docsPage } from "./docs-page.ts";
import { openApiOf } from "./openapi.ts";
import { ApiProblem, problemOf, unexpected } from "./problem.ts";
import { parsePart, parseQuery } from "./request.ts";
import { type Keeping, type Resources, type Route, Written } from "./route.ts";
import { experimentRoutes } from "./routes/experiments.ts";
import { farmRoutes } from "./routes/farm.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { paperRoutes } from "./routes/papers.ts";
import { recordRoutes } from "./routes/records.ts";
import { resultRoutes } from "./routes/results.ts";
import { sessionRoutes } from "./routes/session.ts";

/** Every endpoint there is. */
export function routesOf(catalog: Catalog): Route[] {
  return [
    ...experimentRoutes,
    ...jobRoutes,
    ...resultRoutes(catalog),
    ...recordRoutes,
    ...paperRoutes,
    ...farmRoutes,
    ...sessionRoutes,
  ];
}

const nothing = z.strictObject({});
const BODY_BYTES = 2 ** 20;
/** Characters of a path, and of a body, that the audit log keeps. */
const KEPT = 2_000;
/** Requests with a token that is none, which an address may make in a minute. */
const MOST_REFUSED = 30;

/** How the API is served. */
export interface AppOptions {
  host: string;
  /** Requests in a minute for each token; only where tokens are needed. */
  rate: number;
  /** Folder of the built dashboard. */
  web: string;
  log: Logger;
}

/** The whole API as one Express application: routing, validation and access follow from the table of routes. */
export function createApp(resources: Resources, options: AppOptions): Express {
  const { host, log } = options;
  const app = express();
  app.disable("x-powered-by");
  // Queries are read by their schemas.
  app.set("query parser", false);
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          "default-src": ["'none'"],
          "script-src": ["'self'"],
          "style-src": ["'self'"],
          "img-src": ["'self'", "data:", "blob:"],
          "font-src": ["'self'"],
          "connect-src": ["'self'"],
          "base-uri": ["'none'"],
          "form-action": ["'self'"],
          "frame-ancestors": ["'none'"],
        },
      },
      // Whether there is TLS is known to who sits in front.
      strictTransportSecurity: !isLoopback(host),
    }),
  );
  app.use(
    compression({
      // A higher one takes several times as long for a few per cent.
      level: 3,
      // Events would wait for a block to fill; Parquet is compressed already.
      filter: (request, response) =>
        !/event-stream|parquet|octet-stream/.test(String(response.getHeader("content-type"))) &&
        compression.filter(request, response),
    }),
  );

  const routes = routesOf(resources.catalog);
  const document = openApiOf(routes);
  const identify = identifierOf(resources.store, host);
  app.get("/openapi.json", (_request, response) => void response.json(document));
  app.use("/docs", docsPage());

  const api = express.Router({ caseSensitive: true });
  api.use((_request, response, next) => {
    response.set("cache-control", "no-cache");
    next();
  });
  if (!isLoopback(host)) for (const limit of limits(options.rate)) api.use(limit);
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method.toUpperCase()]);
    const handlers = handlersOf(route, resources, identify, log);
    api[route.method](route.path, ...handlers);
  }
  for (const [path, known] of methods) {
    api.all(path, (request, response) => {
      response.set("allow", known.join(", "));
      throw new ApiProblem("method-not-allowed", `${request.method} is not for this; use ${known.join(" or ")}`);
    });
  }
  api.use((request) => {
    throw new ApiProblem(
      "not-found",
      `nothing is at ${request.originalUrl.split("?", 1)[0]}; /openapi.json lists what there is`,
    );
  });
  app.use("/api", api);
  app.use(dashboard(options.web));
  app.use(sendProblem(log));
  return app;
}

function handlersOf(route: Route, resources: Resources, identify: Identify, log: Logger): RequestHandler[] {
  const writes = route.method !== "get";
  const readBody = express.json({ limit: BODY_BYTES, strict: false, type: "application/json" });
  const answer: RequestHandler = async (request, response) => {
    const caller = await identify(request, route.role);
    response.locals.caller = caller;
    const params = parsePart("path", route.params ?? nothing, { ...request.params });
    const query = parseQuery(route.query ?? nothing, new URL(request.url, "http://api").searchParams);
    if (route.body) await bodyOf(request, response, readBody);
    const body = route.body ? parsePart("body", route.body, request.body) : {};
    const url = request.originalUrl;
    const handle = () => route.handle({ params, query, body, caller, resources, url, response } as never);
    if (route.keeping) await sendKept(route, route.keeping, handle, resources, response);
    else {
      const result = await handle();
      if (result !== undefined) response.status(route.status).json(result);
    }
  };
  if (!writes) return [answer];
  const audit: RequestHandler = (request, response, next) => {
    response.once("finish", () => {
      const token: string = response.locals.caller?.token ?? "";
      const { method, originalUrl } = request;
      const body = route.path === "/session" ? "" : asText(JSON.stringify(request.body) ?? "");
      const path = asText(originalUrl);
      recordAudit(resources.store, { token, method, path, status: response.statusCode, body }).catch((error) =>
        log.error({ err: error }, "a request could not be written into the audit log"),
      );
    });
    next();
  };
  return [audit, answer];
}

async function sendKept(
  { answer }: Route,
  { version, freshMs }: Keeping,
  handle: () => Promise<unknown>,
  resources: Resources,
  response: Response,
): Promise<void> {
  await resources.replies.send(response, response.req.originalUrl, {
    ...{ freshMs, version: version && (() => version(resources)) },
    mediaType: "schema" in answer ? "application/json; charset=utf-8" : answer.mediaType,
    async make() {
      const result = await handle();
      return result instanceof Written ? result.body : Buffer.from(JSON.stringify(result));
    },
  });
}

/** As the audit log keeps it: no token that was sent in a wrong place, and neither NUL nor halves of characters, which Postgres refuses. */
function asText(text: string): string {
  return withoutTokens(text)
    .slice(0, KEPT)
    .replaceAll(/\0|\p{Surrogate}/gu, "�");
}

/** Read only after it is known who asks. */
async function bodyOf(request: Request, response: Response, read: RequestHandler): Promise<void> {
  if (request.is("application/json") === false) {
    throw new ApiProblem("unsupported-media-type", 'send JSON, and say so: "Content-Type: application/json"');
  }
  // The parser would first wait for all of it.
  if (Number(request.headers["content-length"]) > BODY_BYTES) {
    response.set("connection", "close");
    throw new ApiProblem("too-large", "the body is larger than 1 MB; send less");
  }
  await new Promise<void>((resolve, reject) => {
    void read(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

/** For each token, or each address while it has none; and far fewer for those who guess tokens. */
function limits(rate: number): RequestHandler[] {
  const refuse = () => {
    throw new ApiProblem(
      "too-many-requests",
      "wait a minute, or ask less often; the RateLimit header says how much is left",
    );
  };
  const common = { windowMs: 60_000, standardHeaders: "draft-8", legacyHeaders: false, handler: refuse } as const;
  return [
    rateLimit({
      ...common,
      limit: rate,
      identifier: "requests",
      keyGenerator: (request) => {
        const token = tokenOf(request);
        return token === null ? ipKeyGenerator(request.ip ?? "") : sha256Hex(token);
      },
    }),
    rateLimit({
      ...common,
      limit: MOST_REFUSED,
      identifier: "refused",
      skipSuccessfulRequests: true,
      requestWasSuccessful: (_request, response) => response.locals.guessed !== true,
    }),
  ];
}

function sendProblem(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const known = problemOf(error);
    if (!known)
      log.error({ err: error, method: request.method, path: withoutTokens(request.path) }, "a request failed");
    if (response.headersSent) {
      // In the middle of an export: the client must not take it for whole.
      response.destroy();
      return;
    }
    const { document } = known ?? unexpected;
    if (document.status === 401) response.set("www-authenticate", "Bearer");
    response.status(document.status).type("application/problem+json").send(JSON.stringify(document));
  };
}
