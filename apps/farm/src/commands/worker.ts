import { runWorker } from "@shadowfarm/worker/start";

/** Each stands for a variable. */
export interface WorkerOptions {
  procs?: string;
  gpus?: string;
  labels?: string;
  memory?: string;
  grace?: string;
}

/** `worker`: a worker of a cluster in this process, until it is interrupted. */
export async function worker(variables: NodeJS.ProcessEnv, options: WorkerOptions): Promise<void> {
  const { procs, gpus, labels, memory, grace } = options;
  await runWorker({
    ...variables,
    // One for each is what an unset variable means.
    ...(procs !== undefined && { SHADOWFARM_WORKERS: procs === "auto" ? undefined : procs }),
    ...(gpus !== undefined && { SHADOWFARM_GPUS: gpus }),
    ...(labels !== undefined && { SHADOWFARM_LABELS: labels }),
    ...(memory !== undefined && { SHADOWFARM_MEMORY: memory }),
    ...(grace !== undefined && { SHADOWFARM_GRACE: grace }),
  });
}
