import { EnvironmentFault } from "@shadowfarm/core/errors";
import type { JobKind } from "@shadowfarm/core/job";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim } from "@shadowfarm/store/jobs";
import { attack } from "./attack.ts";
import type { ClaimOf, ExecutorContext, Made } from "./contract.ts";
import { inputsOf } from "./inputs.ts";
import { prepare } from "./prepare.ts";
import { query } from "./query.ts";
import { train } from "./train.ts";

/** What became of a job; of several, by their keys, when the executor asked for more. */
type Executor<K extends JobKind> = (job: ClaimOf<K>, context: ExecutorContext) => Promise<Made | ReadyMade>;
type ReadyMade = ReadonlyMap<string, Made | Error>;

const executors: { [K in JobKind]: Executor<K> } = {
  prepare: ({ params }, context) => prepare(params, context),
  train,
  query: ({ params }, context) => query(params, context),
  attack: ({ params }, context) => attack(params, context),
};

const SAME_EVERYWHERE = "run the same Shadowfarm everywhere";

/** Runs a job: a function of its parameters and its inputs' artifacts, and of nothing else. */
export async function runExecutor(
  job: Claim,
  { artifacts, ...context }: Omit<ExecutorContext, "read" | "open"> & { artifacts: Artifacts },
): Promise<ReadyMade> {
  const execute = executors[job.kind] as Executor<JobKind> | undefined;
  if (!execute) {
    throw new EnvironmentFault(`the job is of kind "${job.kind}", which this worker does not know; ${SAME_EVERYWHERE}`);
  }
  if (typeof job.params !== "object" || job.params === null) {
    throw new EnvironmentFault(
      `the job's parameters are ${JSON.stringify(job.params)}, not those of a ${job.kind} job`,
    );
  }
  const made = await execute(job, { ...context, ...inputsOf(job, artifacts) });
  return made instanceof Map ? made : new Map([[job.key, made as Made]]);
}
