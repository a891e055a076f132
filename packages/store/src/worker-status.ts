import type { JobKind } from "@shadowfarm/core/job";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";
import { SILENT_SECONDS, type WorkerRow } from "./workers.ts";

/** A worker with what it does. */
export interface WorkerStatus extends Required<Omit<WorkerRow, "labels">> {
  labels: string[];
  pool: string;
  startedAt: Date;
  heartbeat: Date;
  /** Since the heartbeat, by the database's clock: that of a machine may be wrong. */
  silentSeconds: number;
  stoppedAt: Date | null;
  alive: boolean;
  running: number;
  /** Part of its slots' time with jobs, within the last hour. */
  utilization: number;
  /** Some of the jobs that it runs, the oldest first. */
  jobs: { key: string; kind: JobKind; experiment: { id: string; name: string } | null; seconds: number }[];
}

/** Jobs that are named of each. */
const MOST_JOBS = 8;

/**
 * Those that were heard of within a day, the alive ones first.
 *
 * How far a worker was used follows from its attempts: at every moment as many slots were busy as it had jobs, at most all of
 * them. Small trainings that it packed into one slot count each, so that it may have been used less than is said.
 */
export async function listWorkers(reader: Reader): Promise<WorkerStatus[]> {
  return reader.query<WorkerStatus>(Prisma.sql`
    WITH shown AS MATERIALIZED (
      SELECT *, "stoppedAt" IS NULL AND heartbeat > now() - make_interval(secs => ${SILENT_SECONDS}) AS alive,
             greatest("startedAt", now() - interval '1 hour') AS "from",
             CASE WHEN "stoppedAt" IS NULL AND heartbeat > now() - make_interval(secs => ${SILENT_SECONDS})
                  THEN now() ELSE coalesce("stoppedAt", heartbeat) END AS "to"
      FROM "Worker" WHERE heartbeat > now() - interval '1 day' ORDER BY alive DESC, machine, id LIMIT 1000
    ), step AS (
      SELECT worker.id, event.at, sum(event.change) OVER (PARTITION BY worker.id ORDER BY event.at, event.change) AS busy,
             lead(event.at) OVER (PARTITION BY worker.id ORDER BY event.at, event.change) AS until
      FROM shown worker JOIN "Attempt" attempt ON attempt."workerId" = worker.id
           AND coalesce(attempt."finishedAt", worker."to") > worker."from" AND attempt."startedAt" < worker."to",
        LATERAL (VALUES (greatest(attempt."startedAt", worker."from"), 1),
                        (least(coalesce(attempt."finishedAt", worker."to"), worker."to"), -1)) AS event(at, change)
    ), used AS (
      SELECT worker.id, sum(least(step.busy, worker.slots) * extract(epoch FROM step.until - step.at)) AS seconds
      FROM shown worker JOIN step ON step.id = worker.id GROUP BY worker.id
    )
    SELECT worker.id, machine, pid, slots, engine, version, labels, memory, pool, "startedAt", heartbeat, "stoppedAt", alive,
      greatest(0, extract(epoch FROM now() - heartbeat))::float8 AS "silentSeconds",
      (SELECT count(*)::int FROM "Job" job WHERE job.state = 'running' AND job."workerId" = worker.id) AS running,
      least(1, coalesce(used.seconds / nullif(slots * extract(epoch FROM "to" - "from"), 0), 0))::float8 AS utilization,
      (SELECT coalesce(jsonb_agg(doing ORDER BY doing->'seconds' DESC), '[]') FROM (
         SELECT jsonb_build_object('key', job.key, 'kind', job.kind, 'experiment',
           CASE WHEN experiment.id IS NULL THEN NULL ELSE jsonb_build_object('id', experiment.id, 'name', experiment.name) END,
           'seconds', coalesce(extract(epoch FROM now() - attempt."startedAt"), 0)) AS doing
         FROM "Job" job LEFT JOIN "Experiment" experiment ON experiment.id = job."chargedTo"
         LEFT JOIN "Attempt" attempt ON attempt."jobKey" = job.key AND attempt.fence = job.fence
         WHERE job.state = 'running' AND job."workerId" = worker.id ORDER BY attempt."startedAt" LIMIT ${MOST_JOBS}
       ) AS doings) AS jobs
    FROM shown worker LEFT JOIN used ON used.id = worker.id ORDER BY alive DESC, machine, worker.id`);
}
