import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { submitExperiment } from "@shadowfarm/store/experiments";
import { EXPERIMENT, spanIdOf, traceIdOf } from "@shadowfarm/telemetry/traces";
import { expect } from "vitest";
import { readConfig } from "../../apps/farm/src/config.ts";
import { checkSubmission } from "../../apps/farm/src/submission.ts";
import { test as base, eventually } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Span {
  name: string;
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  attributes: Record<string, unknown>;
  status: number;
}

interface Otlp {
  resourceSpans: {
    resource: { attributes: Pair[] };
    scopeSpans: { spans: (Omit<Span, "attributes" | "status"> & { attributes: Pair[]; status: { code: number } })[] }[];
  }[];
}
type Pair = { key: string; value: Record<string, unknown> };

const test = base.extend<{ collector: { url: string; spans: Span[]; bodies: string[]; headers: unknown[] } }>({
  async collector({ task: _ }, use) {
    const spans: Span[] = [];
    const bodies: string[] = [];
    const headers: unknown[] = [];
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      bodies.push(body);
      headers.push(request.headers["x-token"]);
      spans.push(...read(JSON.parse(body)));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await use({ url: `http://127.0.0.1:${port}`, spans, bodies, headers });
    server.closeAllConnections();
    server.close();
  },
});

function read({ resourceSpans }: Otlp): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(plain(resource.attributes)["service.name"]);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        service,
        attributes: plain(span.attributes),
        status: span.status.code,
      })),
    );
  });
}

function plain(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}

test("an experiment is one trace, from its plan to its commits, across scheduler, worker and compute process", {
  timeout: 300_000,
}, async ({ store, databaseUrl, folder, collector }) => {
  const home = path.join(folder, "home");
  const config = readConfig({ SHADOWFARM_HOME: home });
  const id = await submitExperiment(store, await checkSubmission(await writeSpec(folder), config, false));
  const start = (app: string): ChildProcess =>
    spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps", app, "src/main.ts")], {
      cwd: ROOT,
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        REDIS_URL: "",
        SHADOWFARM_DATASETS: "",
        SHADOWFARM_HOME: home,
        SHADOWFARM_LOG_LEVEL: "warn",
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: "x-token=hush",
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
  const processes = ["scheduler", "worker"].map(start);
  await eventually(
    "the experiment is done",
    async () => (await store.db.experiment.findUnique({ where: { id } }))?.state === "done",
    200_000,
  );
  const { spans, bodies, headers } = collector;
  const named = (name: RegExp) => spans.filter((span) => name.test(span.name));
  await eventually("its end was told", async () => named(/^experiment small/).length > 0);
  for (const child of processes) child.kill("SIGTERM");
  await Promise.all(processes.map((child) => new Promise((resolve) => child.once("exit", resolve))));

  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(id)]));
  const known = new Map(spans.map((span) => [span.spanId, span]));
  const [root] = named(/^experiment/);
  expect(root).toMatchObject({ spanId: spanIdOf(id, EXPERIMENT), service: "shadowfarm-scheduler" });
  expect(root?.parentSpanId).toBeUndefined();
  for (const span of spans) if (span !== root) expect(known.has(span.parentSpanId ?? ""), span.name).toBe(true);

  const attempts = await store.db.attempt.findMany({ include: { job: true } });
  for (const { jobKey, fence, job } of attempts) {
    const own = spans.filter(({ attributes }) => attributes.job === jobKey);
    const find = (name: string) => own.find((span) => span.name === name);
    const attempt = find(job.kind);
    expect(attempt).toMatchObject({
      service: "shadowfarm-worker",
      status: 0,
      attributes: { experiment: id, job: jobKey, kind: job.kind, attempt: fence, engine: "onnx", outcome: "done" },
    });
    const above = known.get(attempt?.parentSpanId ?? "");
    // What is trained with another was handed out with it.
    if (above !== root) {
      expect(above).toMatchObject({ name: `hand out ${job.kind}`, service: "shadowfarm-scheduler" });
      expect(above?.attributes.job).toBe(jobKey);
      expect(find("wait in queue")?.parentSpanId).toBe(above?.spanId);
    }
    for (const part of ["claim", "compute", "commit"]) expect(find(part)?.parentSpanId).toBe(attempt?.spanId);
    expect(find("save artifact")?.parentSpanId).toBe(find("compute")?.spanId);
  }
  expect(named(/^hand out/).length).toBeGreaterThan(0);
  expect(named(/^plan$/)).toMatchObject([{ attributes: { experiment: id, cells: 4 }, parentSpanId: root?.spanId }]);
  expect(new Set(headers)).toEqual(new Set(["hush"]));
  const { password } = new URL(databaseUrl);
  for (const body of bodies) {
    expect(body).not.toContain(password);
    expect(body).not.toContain("hush");
  }
});
