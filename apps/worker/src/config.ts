import { datasetFoldersOf, type Environment, metricsAddressOf, parseEnvironment } from "@shadowfarm/core/environment";
import { InvalidInput } from "@shadowfarm/core/errors";
import type { EngineChoice } from "@shadowfarm/engine/backends";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { type ArtifactsLocation, artifactsLocationOf } from "@shadowfarm/store/artifact-location";

/** The settings of a worker that stands alone. */
export interface WorkerSettings {
  databaseUrl: string;
  queue: QueueConfig;
  artifacts: ArtifactsLocation;
  datasetFolders: string[];
  engine: EngineChoice;
  /** Whether ONNX Runtime's internal image layout may be used. */
  nchwc: boolean;
  /** GPUs to be used; `auto`: all that are there. */
  gpus: "auto" | number;
  /** What was said of its resources; the rest is found out. */
  wanted: Pick<Environment, "SHADOWFARM_WORKERS" | "SHADOWFARM_LABELS" | "SHADOWFARM_MEMORY">;
  /** Seconds in which it finishes its jobs when it is told to stop. */
  grace: number;
  /** Time without CPU time after which a compute process is killed. */
  stuckMs: number;
  /** Between two checkpoints of a training; 0: none are made. */
  checkpointSeconds: number;
  /** Seconds without a job after which the worker leaves; null: it stays. */
  exitWhenIdle: number | null;
  logLevel: string;
  /** Where metrics and health are served; null: nowhere. */
  metrics: { host: string; port: number } | null;
  /** Whether traces are exported. */
  traced: boolean;
}

/** @throws {InvalidInput} naming each variable that cannot be accepted, or is missing. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): WorkerSettings {
  const env = parseEnvironment(variables);
  const databaseUrl = env.DATABASE_URL;
  if (databaseUrl === undefined)
    throw new InvalidInput("DATABASE_URL: missing; a worker of its own needs the cluster's database");
  return {
    databaseUrl,
    queue: { databaseUrl, redisUrl: env.REDIS_URL ?? null, prefix: env.SHADOWFARM_QUEUE_PREFIX },
    artifacts: artifactsLocationOf(env),
    datasetFolders: datasetFoldersOf(env),
    engine: env.SHADOWFARM_ENGINE,
    nchwc: env.SHADOWFARM_NCHWC === "1",
    gpus: env.SHADOWFARM_GPUS,
    wanted: {
      SHADOWFARM_WORKERS: env.SHADOWFARM_WORKERS,
      SHADOWFARM_LABELS: env.SHADOWFARM_LABELS,
      SHADOWFARM_MEMORY: env.SHADOWFARM_MEMORY,
    },
    grace: env.SHADOWFARM_GRACE,
    stuckMs: env.SHADOWFARM_STUCK * 1_000,
    checkpointSeconds: env.SHADOWFARM_CHECKPOINT_SECONDS,
    exitWhenIdle: env.SHADOWFARM_EXIT_WHEN_IDLE ?? null,
    logLevel: env.SHADOWFARM_LOG_LEVEL,
    metrics: metricsAddressOf(env),
    traced: env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
  };
}
