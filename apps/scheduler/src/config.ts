import { metricsAddressOf, parseEnvironment } from "@shadowfarm/core/environment";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { QueueConfig } from "@shadowfarm/queue/backend";

/** The settings of a scheduler that stands alone. */
export interface SchedulerSettings {
  databaseUrl: string;
  queue: QueueConfig;
  logLevel: string;
  /** Where metrics and health are served; null: nowhere. */
  metrics: { host: string; port: number } | null;
  /** Whether traces are exported. */
  traced: boolean;
}

/** @throws {InvalidInput} naming each variable that cannot be accepted, or is missing. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): SchedulerSettings {
  const env = parseEnvironment(variables);
  const databaseUrl = env.DATABASE_URL;
  if (databaseUrl === undefined) {
    throw new InvalidInput("DATABASE_URL: missing; a scheduler of its own needs the cluster's database");
  }
  return {
    databaseUrl,
    queue: { databaseUrl, redisUrl: env.REDIS_URL ?? null, prefix: env.SHADOWFARM_QUEUE_PREFIX },
    logLevel: env.SHADOWFARM_LOG_LEVEL,
    metrics: metricsAddressOf(env),
    traced: env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
  };
}
