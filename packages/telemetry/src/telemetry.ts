import { FarmError } from "@shadowfarm/core/errors";
import { type Hide, hiderOf } from "@shadowfarm/core/secrets";
import { VERSION } from "@shadowfarm/core/version";
import { type DestinationStream, type Logger, pino } from "pino";
import { Gauge, Registry } from "prom-client";
import { type Check, type Pulse, watchChecks, watchPulses } from "./health.ts";
import type { SpanExport } from "./otlp.ts";
import { type Address, type Served, serve } from "./server.ts";
import type { Span } from "./traces.ts";

/** What a process tells of itself: a log, metrics, whether its loops run, and whether what it needs answers. */
export interface Telemetry {
  log: Logger;
  /** For what leaves the process by another way than the log. */
  hide: Hide;
  registry: Registry;
  /** A loop that must run for the process to be healthy, at least every so many milliseconds. */
  pulse(what: string, patienceMs: number): Pulse;
  /** What must answer for the process to be ready. */
  check(what: string, check: Check): void;
  /** Says how far the process is; it is ready only while it runs. It starts at first. */
  phase(is: "starting" | "running" | "stopping"): void;
  /** @throws {EnvironmentFault} when the port is taken. */
  serve(address: Address): Promise<Served>;
  /** Adds spans to the traces of experiments. Without an export nothing is made of them. */
  trace(make: () => Promise<Span[]>): void;
  /** From now on spans are sent to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names. @param service `scheduler` … */
  exportSpans(service: string): Promise<{ close(): Promise<void> }>;
}

/**
 * @param destination where the log goes; standard error, unless it is given
 * @param addresses whose passwords must not be seen, wherever they turn up
 * @param secrets that must not be seen either
 */
export function openTelemetry(options: {
  level: string;
  destination?: DestinationStream;
  addresses: readonly (string | null | undefined)[];
  secrets?: readonly string[];
}): Telemetry {
  const hide = hiderOf(options.addresses, options.secrets);
  const log = pino(
    { level: options.level, base: { pid: process.pid }, hooks: { streamWrite: hide } },
    options.destination ?? pino.destination(2),
  );
  const registry = new Registry();
  const info = { name: "shadowfarm_build_info", help: "Always 1; its labels say what runs." };
  new Gauge({ ...info, labelNames: ["version", "node"], registers: [registry] }).set(
    { version: VERSION, node: process.version },
    1,
  );
  const { pulse, stuck } = watchPulses();
  const { check, failing } = watchChecks();
  let spans: SpanExport | null = null;
  let now: Parameters<Telemetry["phase"]>[0] = "starting";
  return {
    log,
    hide,
    registry,
    pulse,
    check,
    phase(is) {
      now = is;
    },
    trace(make) {
      spans?.add(make());
    },
    async exportSpans(service) {
      const { openSpanExport } = await import("./otlp.ts");
      spans = openSpanExport(service, { log, hide });
      return spans;
    },
    serve: (address) =>
      serve(address, {
        log,
        hide,
        metrics: registry,
        healthz: async () => stuck(),
        readyz: async () =>
          now === "running" ? [...stuck(), ...(await failing())] : [{ what: "process", problem: `is ${now}` }],
      }),
  };
}

/** Ends the process over an error that nobody caught, as Node would, but without showing a secret. */
export function dieReadably({ hide }: Telemetry): void {
  process.on("uncaughtException", (error) => {
    process.stderr.write(`${hide(error instanceof FarmError ? error.message : String(error?.stack ?? error))}\n`);
    process.exit(1);
  });
}
