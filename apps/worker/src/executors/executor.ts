import type { JobKind, JobWork } from "@shadowfarm/core/job";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import { attack } from "./attack.ts";
import type { ExecutorContext, Made } from "./contract.ts";
import { inputReader } from "./inputs.ts";
import { prepare } from "./prepare.ts";
import { query } from "./query.ts";
import { train } from "./train.ts";

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
