import type { DatasetUse } from "@shadowfarm/core/catalog";
import { NotFound } from "@shadowfarm/core/errors";
import type { ExperimentSpec } from "@shadowfarm/core/experiment";
import { fingerprint } from "@shadowfarm/core/fingerprint";
import type { ExperimentState, JobKind } from "@shadowfarm/core/job";
import type { JobCount } from "@shadowfarm/core/progress";
import type { Store } from "./client.ts";
import type { Prisma } from "./generated/client.ts";
import { askAgain } from "./plans.ts";
import { HAND_OUT_LOCK } from "./shares.ts";
import { wakeSchedulers } from "./signals.ts";

/** An experiment as it was submitted. */
export interface Submission {
  spec: ExperimentSpec;
  datasets: DatasetUse[];
  engine: string;
}

/** How an experiment takes part in the farm; what is left out stays as it is, or at first is nobody's, 0, 1, unlimited and nothing. */
export interface Terms {
  /** Who asks. */
  user?: string;
  priority?: number;
  weight?: number;
  concurrency?: number | null;
  /** What its workers must be labelled with. */
  labels?: string[];
  /** Gigabytes that they must have for each job. */
  memory?: number;
}

export interface ExperimentRow extends Submission {
  id: string;
  name: string;
  user: string;
  priority: number;
  weight: number;
  concurrency: number | null;
  labels: string[];
  memory: number;
  state: ExperimentState;
  error: string | null;
  submittedAt: Date;
  finishedAt: Date | null;
}

/**
 * Asks for an experiment. The same request again is the same experiment: what is done is kept, what failed is retried.
 *
 * @returns its id, ten hexadecimal digits
 */
export async function submitExperiment(store: Store, submission: Submission, terms: Terms = {}): Promise<string> {
  const { spec, datasets, engine } = submission;
  const id = fingerprint({ spec, datasets, engine }).slice(0, 10);
  const asked = { ...terms, state: "submitted" as const, error: null, submittedAt: new Date(), finishedAt: null };
  const name = terms.user ?? "";
  await store.db.user.upsert({ where: { name }, create: { name }, update: {} });
  await store.db.experiment.upsert({
    where: { id },
    create: {
      ...asked,
      id,
      name: spec.name,
      spec: spec as Prisma.InputJsonObject,
      datasets: datasets as unknown as Prisma.InputJsonArray,
      engine,
    },
    update: asked,
  });
  await wakeSchedulers(store.db, "experiments");
  return id;
}

/** Changes how an experiment takes part in the farm, from the next job on. */
export async function changeTerms(store: Store, id: string, terms: Omit<Terms, "user">): Promise<void> {
  await store.db.experiment.update({ where: { id }, data: terms });
  await wakeSchedulers(store.db, "experiments");
}

/** Newest first. */
export async function listExperiments(
  store: Store,
  filter: { state?: ExperimentState } = {},
): Promise<ExperimentRow[]> {
  const rows = await store.db.experiment.findMany({ where: filter, orderBy: { submittedAt: "desc" } });
  return rows.map((row) => row as unknown as ExperimentRow);
}

/**
 * The experiment of that id, or the newest of that name.
 *
 * @throws {NotFound}
 */
export async function findExperiment(store: Store, nameOrId: string): Promise<ExperimentRow> {
  const row = await store.db.experiment.findFirst({
    where: { OR: [{ id: nameOrId }, { name: nameOrId }] },
    orderBy: { submittedAt: "desc" },
  });
  if (!row) throw new NotFound(`there is no experiment "${nameOrId}"; shadowfarm status lists them`);
  return row as unknown as ExperimentRow;
}

/** An experiment's jobs by kind and state. */
export async function progressOf(store: Store, id: string): Promise<JobCount[]> {
  return (await progressByExperiment(store, [id])).get(id) ?? [];
}

/** The same of several; each has its rows, if only none. */
export async function progressByExperiment(store: Store, ids: readonly string[]): Promise<Map<string, JobCount[]>> {
  const rows = await store.db.$queryRaw<(JobCount & { experimentId: string })[]>`
    SELECT "experimentId", kind::text, state::text, sum(jobs)::int AS count, sum(cached)::int AS cached,
           CASE WHEN state = 'done' THEN sum(seconds) / sum(jobs) END AS "meanSeconds", sum(computed) AS "computeSeconds"
    FROM "JobCount" WHERE "experimentId" = ANY(${[...ids]}::text[])
    GROUP BY "experimentId", kind, state HAVING sum(jobs) <> 0`;
  const byId = new Map<string, JobCount[]>(ids.map((id) => [id, []]));
  for (const { experimentId, ...row } of rows) byId.get(experimentId)?.push(row);
  return byId;
}

/** Cells by dataset: how many there are, and how many have their result. */
export async function cellProgress(
  store: Store,
  experimentId: string,
): Promise<{ dataset: string; total: number; done: number }[]> {
  return store.db.$queryRaw`
    SELECT cell.dataset, count(*)::int AS total, (count(*) FILTER (WHERE job.state = 'done'))::int AS done
    FROM "Cell" cell JOIN "Job" job ON job.key = cell."jobKey"
    WHERE cell."experimentId" = ${experimentId} GROUP BY cell.dataset ORDER BY min(cell.index)`;
}

/** The jobs of an experiment that failed by themselves, and how many others wait behind each. */
export async function failuresOf(
  store: Store,
  experimentId: string,
): Promise<{ key: string; kind: JobKind; error: string; failures: number; params: unknown }[]> {
  return store.db.$queryRaw`
    SELECT job.key, job.kind::text AS kind, coalesce(job.error, 'unknown error') AS error, job.failures, job.params
    FROM "Job" job JOIN "ExperimentJob" wanted ON wanted."jobKey" = job.key
    WHERE job.state = 'failed' AND wanted."experimentId" = ${experimentId} ORDER BY job."finishedAt"`;
}

/** Marks an experiment that could not be planned. */
export async function rejectExperiment(store: Store, id: string, error: string): Promise<void> {
  await store.db.experiment.update({ where: { id }, data: { state: "failed", error, finishedAt: new Date() } });
}

/**
 * Ends every running experiment whose jobs have all come to an end; of those whose jobs depend on results, only the one that is
 * named, since they may have further rounds.
 */
export async function finishExperiments(store: Store, id: string | null = null): Promise<void> {
  await store.db.$executeRaw`
    UPDATE "Experiment" experiment SET
      state = CASE WHEN ended.bad > 0 THEN 'failed' ELSE 'done' END::"ExperimentState",
      error = CASE WHEN ended.bad > 0 THEN ended.bad || ' of ' || ended.total || ' jobs did not succeed' END,
      "finishedAt" = now()
    FROM (
      SELECT running.id, coalesce(sum(jobs), 0) AS total, coalesce(sum(jobs) FILTER (WHERE counted.state <> 'done'), 0) AS bad,
             coalesce(sum(jobs) FILTER (WHERE counted.state IN ('waiting', 'ready', 'running')), 0) AS open
      FROM "Experiment" running LEFT JOIN "JobCount" counted ON counted."experimentId" = running.id
      WHERE running.state = 'running' AND (running.id = ${id} OR NOT running.spec ?| array['precision', 'search'])
      GROUP BY running.id
    ) ended
    WHERE ended.id = experiment.id AND ended.open = 0 AND experiment.state = 'running'`;
}

/** Running experiments that have further rounds, perhaps: all jobs of those so far have come to an end. */
export async function endedRounds(store: Store): Promise<(ExperimentRow & { cells: number })[]> {
  return store.db.$queryRaw<(ExperimentRow & { cells: number })[]>`
    SELECT running.*, (SELECT count(*)::int FROM "Cell" cell WHERE cell."experimentId" = running.id) AS cells
    FROM "Experiment" running
    WHERE running.state = 'running' AND running.spec ?| array['precision', 'search'] AND (
      SELECT coalesce(sum(jobs), 0) FROM "JobCount"
      WHERE "experimentId" = running.id AND state IN ('waiting', 'ready', 'running')) = 0`;
}

/** Sums up what was counted since the last time; now and then, so that counts stay quick to read. */
export async function sumCounts(store: Store): Promise<void> {
  await store.db.$executeRaw`SELECT sum_job_counts()::text, sum_result_changes()::text`;
}

/** Cancels an experiment and those of its jobs that no other running experiment wants. Running ones are told to stop. */
export async function cancelExperiment(store: Store, id: string): Promise<number> {
  return store.db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${HAND_OUT_LOCK})`;
    await tx.experiment.update({ where: { id }, data: { state: "cancelled", finishedAt: new Date() } });
    await tx.offer.deleteMany({ where: { experimentId: id } });
    return tx.$executeRaw`
      UPDATE "Job" SET state = 'cancelled', "finishedAt" = now(), error = 'cancelled'
      WHERE state IN ('waiting', 'ready', 'running')
        AND key IN (SELECT "jobKey" FROM "ExperimentJob" WHERE "experimentId" = ${id})
        AND key NOT IN (
          SELECT other."jobKey" FROM "ExperimentJob" other JOIN "Experiment" active ON active.id = other."experimentId"
          WHERE active.id <> ${id} AND active.state IN ('submitted', 'running'))`;
  });
}

/**
 * Runs an experiment's failed jobs again, with those that waited behind them.
 *
 * @returns how many jobs had failed
 */
export async function retryFailed(store: Store, id: string): Promise<number> {
  return store.db.$transaction(async (tx) => {
    const [failed] = await tx.$queryRaw<[{ count: number }]>`
      SELECT count(*)::int AS count FROM "Job" job JOIN "ExperimentJob" wanted ON wanted."jobKey" = job.key
      WHERE job.state = 'failed' AND wanted."experimentId" = ${id}`;
    const asked = { state: "running" as const, error: null, finishedAt: null, pass: null };
    await tx.experiment.update({ where: { id }, data: asked });
    await askAgain((statement, parameters) => tx.$executeRawUnsafe(statement, ...parameters), id);
    await wakeSchedulers(tx, "jobs");
    return failed.count;
  });
}

/** Which of these keys are done already. */
export async function doneAmong(store: Store, keys: readonly string[]): Promise<Set<string>> {
  const rows = await store.db.$queryRaw<{ key: string }[]>`
    SELECT key FROM "Job" WHERE state = 'done' AND key = ANY(${[...keys]}::text[])`;
  return new Set(rows.map((row) => row.key));
}
