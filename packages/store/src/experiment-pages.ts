import type { ExperimentState, JobKind, JobState } from "@shadowfarm/core/job";
import type { Needs } from "@shadowfarm/core/pool";
import type { LogLine } from "./attempt-logs.ts";
import type { ExperimentRow } from "./experiments.ts";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";

const { sql, join, empty } = Prisma;

export interface ExperimentFilter {
  state?: ExperimentState | undefined;
  user?: string | undefined;
  /** A part of the name. */
  name?: string | undefined;
}

/** Where a page of experiments ended. */
export interface ExperimentPlace {
  submittedAt: string;
  id: string;
}

/** An experiment as lists show it: without its specification. */
export type ExperimentBrief = Omit<ExperimentRow, "spec">;

const brief = sql`id, name, datasets, engine, state::text, error, "user", priority, weight, concurrency, labels, memory, "submittedAt", "finishedAt"`;

/** Newest first. */
export async function pageOfExperiments(
  reader: Reader,
  { state, user, name }: ExperimentFilter,
  limit: number,
  after: ExperimentPlace | null,
): Promise<{ experiments: ExperimentBrief[]; next: ExperimentPlace | null }> {
  const conditions = [
    ...(state === undefined ? [] : [sql`state::text = ${state}`]),
    ...(user === undefined ? [] : [sql`"user" = ${user}`]),
    ...(name === undefined ? [] : [sql`strpos(lower(name), lower(${name})) > 0`]),
    ...(after === null ? [] : [sql`("submittedAt", id) < (${after.submittedAt}::timestamptz, ${after.id})`]),
  ];
  const where = conditions.length === 0 ? empty : sql`WHERE ${join(conditions, " AND ")}`;
  const found = await reader.query<ExperimentBrief>(
    sql`SELECT ${brief} FROM "Experiment" ${where} ORDER BY "submittedAt" DESC, id DESC LIMIT ${limit + 1}`,
  );
  const experiments = found.slice(0, limit);
  const last = experiments.at(-1);
  const more = found.length > limit && last !== undefined;
  return { experiments, next: more ? { submittedAt: last.submittedAt.toISOString(), id: last.id } : null };
}

/** An experiment with the published numbers of its file. */
export type ExperimentWithPaper = Pick<ExperimentRow, "id" | "name" | "state" | "spec">;

/** The newest experiment of each name that reruns a paper, or is one of these names. */
export async function experimentsWithPaper(reader: Reader, names: readonly string[]): Promise<ExperimentWithPaper[]> {
  return reader.query<ExperimentWithPaper>(sql`
    SELECT DISTINCT ON (name) id, name, state::text, spec FROM "Experiment"
    WHERE name = ANY(${[...names]}::text[]) OR spec ? 'source' OR jsonb_array_length(coalesce(spec->'paper', '[]')) > 0
    ORDER BY name, "submittedAt" DESC, id DESC LIMIT 1000`);
}

/** Another text whenever an experiment was submitted, has another state, or is gone; never one that was there before. */
export async function experimentsVersion(reader: Reader): Promise<string> {
  const [row] = await reader.query<{ version: string }>(sql`
    SELECT md5(string_agg(concat_ws(' ', id, state, "submittedAt", "askedAt", "finishedAt"), ',' ORDER BY id)) AS version
    FROM "Experiment"`);
  return row?.version ?? "";
}

/** Those that may still change, and these besides; the newest first. */
export async function openExperiments(
  reader: Reader,
  besides: readonly string[],
): Promise<(Needs & { id: string; state: ExperimentState })[]> {
  return reader.query(sql`
    SELECT id, state::text, engine, labels, memory FROM "Experiment"
    WHERE state IN ('submitted', 'running') OR id = ANY(${[...besides]}::text[]) ORDER BY "submittedAt" DESC`);
}

/** Jobs that an experiment's cells of one dataset need, by kind and state; a job of several datasets counts in each. */
export async function progressByDataset(
  reader: Reader,
  id: string,
): Promise<{ dataset: string; kind: JobKind; state: JobState; count: number }[]> {
  return reader.query(sql`
    WITH RECURSIVE needed AS (
      SELECT DISTINCT dataset, "jobKey" AS key FROM "Cell" WHERE "experimentId" = ${id}
      UNION SELECT needed.dataset, edge."inputKey" FROM "JobDependency" edge JOIN needed ON edge."jobKey" = needed.key
    )
    SELECT needed.dataset, job.kind::text, job.state::text, count(*)::int AS count
    FROM needed JOIN "Job" job ON job.key = needed.key
    GROUP BY needed.dataset, job.kind, job.state ORDER BY needed.dataset, job.kind, job.state`);
}

/** Failed jobs with one and the same error. */
export interface FailureGroup {
  error: string;
  kind: JobKind;
  count: number;
  /** Some of their keys. */
  jobs: string[];
  /** The last lines of one of them. */
  lines: LogLine[];
}

/** The failures of an experiment, those that happened most often first. */
export async function failureGroups(reader: Reader, id: string): Promise<FailureGroup[]> {
  return reader.query(sql`
    WITH grouped AS (
      SELECT coalesce(job.error, 'unknown error') AS error, job.kind::text AS kind, count(*)::int AS count,
             (array_agg(job.key ORDER BY job.key))[1:12] AS jobs
      FROM "ExperimentJob" wanted JOIN "Job" job ON job.key = wanted."jobKey"
      WHERE wanted."experimentId" = ${id} AND job.state = 'failed' GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 100
    )
    SELECT grouped.*, coalesce((
      SELECT log.lines FROM "AttemptLog" log WHERE log."jobKey" = grouped.jobs[1] ORDER BY log.fence DESC LIMIT 1
    ), '[]') AS lines FROM grouped ORDER BY count DESC, error`);
}
