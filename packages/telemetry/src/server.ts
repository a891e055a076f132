import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import type { Hide } from "@shadowfarm/core/secrets";
import type { Logger } from "pino";
import { collectDefaultMetrics, type Registry } from "prom-client";
import type { Problem } from "./health.ts";

/** Where metrics, health and readiness are served. */
export interface Address {
  host: string;
  /** 0: any that is free. */
  port: number;
}

export interface Served {
  url: string;
  close(): Promise<void>;
}

/** What there is to be served. */
interface Pages {
  log: Logger;
  hide: Hide;
  metrics: Registry;
  healthz(): Promise<Problem[]>;
  readyz(): Promise<Problem[]>;
}

/** Answers `/metrics`, `/healthz` and `/readyz` over HTTP. */
export async function serve({ host, port }: Address, pages: Pages): Promise<Served> {
  const { log, hide, metrics } = pages;
  collectDefaultMetrics({ register: metrics });

  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    if (path === "/metrics") return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    if (path === "/healthz" || path === "/readyz") {
      const problems = await (path === "/healthz" ? pages.healthz() : pages.readyz());
      return json(problems.length === 0 ? 200 : 503, { ok: problems.length === 0, problems });
    }
    return json(404, { error: `nothing is at ${path}; ask for /metrics, /healthz or /readyz` });
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    void answer(path)
      .catch((error) => {
        log.error({ err: error, path }, "a page of the metrics server failed");
        return json(500, { error: messageOf(error) });
      })
      .then(({ status, type, body }) => {
        response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
        response.end(request.method === "HEAD" ? "" : hide(body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new EnvironmentFault(
          `metrics cannot be served at ${host}:${port} (${messageOf(error)}); set SHADOWFARM_METRICS_PORT to another port, or 0 for any`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  // Serving is no reason for a process to go on.
  server.unref();
  const bound = server.address() as AddressInfo;
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  const url = `http://${name}:${bound.port}`;
  log.info({ url }, "metrics are served");
  return {
    url,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function json(status: number, body: unknown): { status: number; type: string; body: string } {
  return { status, type: "application/json; charset=utf-8", body: `${JSON.stringify(body)}\n` };
}
