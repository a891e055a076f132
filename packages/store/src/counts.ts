import {
  type ExperimentState,
  experimentStates,
  type JobKind,
  type JobState,
  jobKinds,
  jobStates,
} from "@shadowfarm/core/job";
import type { Store } from "./client.ts";

/** What kinds of experiment there are: a plain sweep, or one whose rounds depend on results. */
export const experimentKinds = ["sweep", "precision", "search"] as const;

/** How much there is of what, in the whole farm. */
export interface FarmCounts {
  /** Every kind in every state, 0 included. */
  jobs: { kind: JobKind; state: JobState; count: number }[];
  experiments: { state: ExperimentState; count: number }[];
  /** Of the jobs that experiments did not find done. */
  computeSeconds: { kind: (typeof experimentKinds)[number]; seconds: number }[];
  /** Workers that were heard of lately, and their compute slots. */
  workers: number;
  slots: number;
}

/** Counts what the farm has; a few grouped counts, whatever the number of jobs. */
export async function countFarm(store: Store): Promise<FarmCounts> {
  const jobs = await store.db.job.groupBy({ by: ["kind", "state"], _count: true });
  const experiments = await store.db.experiment.groupBy({ by: ["state"], _count: true });
  const computed = await store.db.$queryRaw<{ kind: string; seconds: number }[]>`
    SELECT CASE WHEN experiment.spec ? 'search' THEN 'search' WHEN experiment.spec ? 'precision' THEN 'precision' ELSE 'sweep' END AS kind,
           sum(counted.computed) AS seconds
    FROM "Experiment" experiment JOIN "JobCount" counted ON counted."experimentId" = experiment.id GROUP BY 1`;
  const alive = await store.db.worker.aggregate({
    where: { stoppedAt: null, heartbeat: { gt: new Date(Date.now() - 30_000) } },
    _count: true,
    _sum: { slots: true },
  });
  return {
    jobs: jobKinds.flatMap((kind) =>
      jobStates.map((state) => ({
        kind,
        state,
        count: jobs.find((row) => row.kind === kind && row.state === state)?._count ?? 0,
      })),
    ),
    experiments: experimentStates.map((state) => ({
      state,
      count: experiments.find((row) => row.state === state)?._count ?? 0,
    })),
    computeSeconds: experimentKinds.map((kind) => ({
      kind,
      seconds: computed.find((row) => row.kind === kind)?.seconds ?? 0,
    })),
    workers: alive._count,
    slots: alive._sum.slots ?? 0,
  };
}
