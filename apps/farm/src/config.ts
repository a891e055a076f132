import { availableParallelism, userInfo } from "node:os";
import path from "node:path";
import {
  apiAddressOf,
  datasetFoldersOf,
  type Environment,
  metricsAddressOf,
  parseEnvironment,
} from "@shadowfarm/core/environment";
import type { EngineChoice } from "@shadowfarm/engine/backends";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { type ArtifactsLocation, artifactsLocationOf } from "@shadowfarm/store/artifact-location";

/** The settings of the command line and of the farm that it starts. */
export interface FarmConfig {
  home: string;
  artifacts: ArtifactsLocation;
  datasetFolders: string[];
  engine: EngineChoice;
  /** Whether ONNX Runtime's internal image layout may be used. */
  nchwc: boolean;
  /** Between two checkpoints of a training; 0: none are made. */
  checkpointSeconds: number;
  slots: number;
  /** What its worker can do besides. */
  wanted: Pick<Environment, "SHADOWFARM_LABELS" | "SHADOWFARM_MEMORY">;
  /** Time without CPU time after which a compute process is killed. */
  stuckMs: number;
  /** Null: the embedded database. */
  databaseUrl: string | null;
  postgresPort: number | undefined;
  queue: Omit<QueueConfig, "databaseUrl">;
  logLevel: string;
  /** Where metrics and health are served; null: nowhere. */
  metrics: { host: string; port: number } | null;
  /** Whether traces are exported. */
  traced: boolean;
  /** Where the API and the dashboard are served, and how many requests a token may make in a minute. */
  api: { host: string; port: number | null; rate: number };
  /** Whose share of the farm is used by what is submitted. */
  user: string;
}

/** @throws {InvalidInput} naming each variable that cannot be accepted. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): FarmConfig {
  const env = parseEnvironment(variables);
  return {
    home: path.resolve(env.SHADOWFARM_HOME),
    artifacts: artifactsLocationOf(env),
    datasetFolders: datasetFoldersOf(env),
    engine: env.SHADOWFARM_ENGINE,
    nchwc: env.SHADOWFARM_NCHWC === "1",
    checkpointSeconds: env.SHADOWFARM_CHECKPOINT_SECONDS,
    slots: env.SHADOWFARM_WORKERS ?? availableParallelism(),
    wanted: { SHADOWFARM_LABELS: env.SHADOWFARM_LABELS, SHADOWFARM_MEMORY: env.SHADOWFARM_MEMORY },
    stuckMs: env.SHADOWFARM_STUCK * 1_000,
    databaseUrl: env.DATABASE_URL ?? null,
    postgresPort: env.SHADOWFARM_POSTGRES_PORT,
    queue: { redisUrl: env.REDIS_URL ?? null, prefix: env.SHADOWFARM_QUEUE_PREFIX },
    logLevel: env.SHADOWFARM_LOG_LEVEL,
    metrics: metricsAddressOf(env),
    traced: env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    api: apiAddressOf(env),
    user: env.SHADOWFARM_USER ?? systemUser(),
  };
}

/** Empty where the system has no name for its user, as in some containers. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}
