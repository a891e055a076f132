import { DiagLogLevel, diag, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider } from "@opentelemetry/sdk-trace";
import { messageOf } from "@shadowfarm/core/errors";
import type { Hide } from "@shadowfarm/core/secrets";
import { VERSION } from "@shadowfarm/core/version";
import type { Logger } from "pino";
import { type Span, spanIdOf, traceIdOf } from "./traces.ts";
import { within } from "./within.ts";

/** Spans that wait to be sent; while nobody takes them, later ones are dropped. */
const MOST = 20_000;
const CLOSE_MS = 5_000;

/** Sends spans to a collector. */
export interface SpanExport {
  /** The spans may still be in the making. */
  add(spans: Promise<Span[]>): void;
  /** Sends what there is, but does not wait for long. */
  close(): Promise<void>;
}

/**
 * Sends spans over OTLP/HTTP as JSON. Where to, and with which headers and certificates, the exporter reads from the OTEL_EXPORTER_OTLP
 * variables themselves.
 *
 * @param service `scheduler`, `worker` …
 */
export function openSpanExport(service: string, { log, hide }: { log: Logger; hide: Hide }): SpanExport {
  const told = (message: string, ...more: unknown[]) =>
    log.warn({ from: "opentelemetry" }, [message, ...more].join(" "));
  const quiet = () => {};
  const logger = { error: told, warn: told, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const random = new RandomIdGenerator();
  // Of the span that is being made.
  let traceId = "";
  let spanId: string | null = null;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": `shadowfarm-${service}`,
      "service.version": VERSION,
      "process.pid": process.pid,
    }),
    idGenerator: { generateTraceId: () => traceId, generateSpanId: () => spanId ?? random.generateSpanId() },
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), maxQueueSize: MOST })],
  });
  const tracer = provider.getTracer("shadowfarm", VERSION);

  const record = ({ name, experiment, id, parent, start, end, attributes, error }: Span): void => {
    traceId = traceIdOf(experiment);
    spanId = id === undefined ? null : spanIdOf(experiment, id);
    const above =
      parent === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: spanIdOf(experiment, parent),
            traceFlags: TraceFlags.SAMPLED,
            isRemote: true,
          });
    const span = tracer.startSpan(name, { startTime: start, attributes }, above);
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: hide(error) });
    // Two machines' clocks differ.
    span.end(Math.max(start, end));
  };

  const pending = new Set<Promise<void>>();
  return {
    add(spans) {
      const added = spans
        .then((made) => made.forEach(record))
        .catch((error: unknown) => told(`spans could not be made: ${messageOf(error)}`))
        .finally(() => pending.delete(added));
      pending.add(added);
    },
    async close() {
      try {
        await within(
          Promise.all(pending).then(() => provider.shutdown()),
          CLOSE_MS,
        );
      } catch (error) {
        told(`the last spans were not sent: ${messageOf(error)}`);
      }
    },
  };
}
