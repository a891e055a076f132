import type { JobKind, JobWork } from "@shadowfarm/core/job";
import type { Metrics } from "@shadowfarm/core/metrics";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Bundle } from "@shadowfarm/store/tensors";
import { attack } from "./attack.ts";
import { inputReader, type ReadInput } from "./inputs.ts";
import { prepare } from "./prepare.ts";
import { query } from "./query.ts";
import { train } from "./train.ts";

/** What an executor may use besides its parameters. */
export interface ExecutorContext {
  read: ReadInput;
  datasetFolders: readonly string[];
  signal: AbortSignal;
}

/** What an executor makes: artifacts by name, and for an attack its metrics. */
export interface Made {
  bundles: Record<string, Bundle>;
  metrics?: Metrics;
}

type Executor<K extends JobKind> = (
  params: Extract<JobWork, { kind: K }>["params"],
  context: ExecutorContext,
) => Promise<Made>;

const executors: { [K in JobKind]: Executor<K> } = { prepare, train, query, attack };

/** Runs a job: a function of its parameters and its inputs' artifacts, and of nothing else. */
export function runExecutor(
  job: Claim,
  {
    artifacts,
    datasetFolders,
    signal,
  }: { artifacts: Artifacts; datasetFolders: readonly string[]; signal: AbortSignal },
): Promise<Made> {
  const execute = executors[job.kind] as Executor<JobKind>;
  return execute(job.params, { read: inputReader(job, artifacts), datasetFolders, signal });
}
