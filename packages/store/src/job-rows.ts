import { NotFound } from "@shadowfarm/core/errors";
import type { JobKind, JobState } from "@shadowfarm/core/job";
import { Prisma } from "./generated/client.ts";
import type { Reader } from "./reader.ts";

const { sql, join, empty } = Prisma;

/** A job as lists show it. */
export interface JobRow {
  key: string;
  kind: JobKind;
  state: JobState;
  failures: number;
  error: string | null;
  workerId: string | null;
  seconds: number | null;
  createdAt: Date;
  finishedAt: Date | null;
}

/** What a job was made of, and what it left, where and when. */
export interface JobDetail extends JobRow {
  params: Record<string, unknown>;
  inputs: string[];
  artifacts: { name: string; sha256: string; bytes: number }[];
  attempts: {
    fence: number;
    workerId: string;
    machine: string | null;
    engine: string | null;
    version: string | null;
    startedAt: string;
    finishedAt: string | null;
    outcome: "done" | "failed" | "lost" | "cancelled" | null;
    error: string | null;
  }[];
  experiments: { id: string; name: string; cached: boolean }[];
}

export interface JobFilter {
  experiment?: string | undefined;
  kind?: JobKind | undefined;
  state?: JobState | undefined;
  worker?: string | undefined;
}

const columns = sql`job.key, job.kind::text, job.state::text, job.failures, job.error, job."workerId", job.seconds, job."createdAt",
  job."finishedAt"`;

/** Jobs in the order of their keys. */
export async function pageOfJobs(
  reader: Reader,
  { experiment, kind, state, worker }: JobFilter,
  limit: number,
  after: string | null,
): Promise<{ jobs: JobRow[]; next: string | null }> {
  // Of an experiment they are in the order of its own index, which is walked from where the page before ended.
  const key = experiment === undefined ? sql`job.key` : sql`wanted."jobKey"`;
  const from =
    experiment === undefined ? sql`"Job" job` : sql`"ExperimentJob" wanted JOIN "Job" job ON job.key = wanted."jobKey"`;
  // Not as texts: of those Postgres knows no frequencies, takes any to be rare, and sorts all jobs for a page of them.
  const conditions = [
    ...(experiment === undefined ? [] : [sql`wanted."experimentId" = ${experiment}`]),
    ...(kind === undefined ? [] : [sql`job.kind = ${kind}::"JobKind"`]),
    ...(state === undefined ? [] : [sql`job.state = ${state}::"JobState"`]),
    ...(worker === undefined ? [] : [sql`job."workerId" = ${worker}`]),
    ...(after === null ? [] : [sql`${key} > ${after}`]),
  ];
  const where = conditions.length === 0 ? empty : sql`WHERE ${join(conditions, " AND ")}`;
  const found = await reader.query<JobRow>(
    sql`SELECT ${columns} FROM ${from} ${where} ORDER BY ${key} LIMIT ${limit + 1}`,
  );
  const jobs = found.slice(0, limit);
  return { jobs, next: found.length > limit ? (jobs.at(-1)?.key ?? null) : null };
}

/** Fewer digits of a key would mean too many jobs. */
const SHORTEST_KEY = 6;

/**
 * The whole key of a job, or of one that has a result.
 *
 * @param beginning the key, or at least six digits of it
 * @throws {NotFound} when no key begins so, or several do.
 */
export async function findKey(reader: Reader, what: "job" | "result", beginning: string): Promise<string> {
  const known = /^[0-9a-f]+$/.test(beginning) && beginning.length >= SHORTEST_KEY && beginning.length <= 40;
  // A range, which the index on keys answers whatever the database's collation.
  const [from, to] = [beginning.padEnd(40, "0"), beginning.padEnd(40, "f")];
  const found = !known
    ? []
    : what === "job"
      ? await reader.query<{ key: string }>(sql`SELECT key FROM "Job" WHERE key BETWEEN ${from} AND ${to} LIMIT 2`)
      : await reader.query<{ key: string }>(
          sql`SELECT "jobKey" AS key FROM "Result" WHERE "jobKey" BETWEEN ${from} AND ${to} LIMIT 2`,
        );
  const [only, other] = found;
  if (!only) {
    throw new NotFound(
      `there is no ${what} "${beginning}"; give the key of its job, or ${SHORTEST_KEY} or more of its first digits`,
    );
  }
  if (other) throw new NotFound(`several ${what}s begin with "${beginning}"; give more digits of the key`);
  return only.key;
}

/** Jobs with everything that is known of them, in the order of the keys; unknown ones are left out. */
export async function jobDetails(reader: Reader, keys: readonly string[]): Promise<JobDetail[]> {
  const found = await reader.query<JobDetail>(sql`
    SELECT ${columns}, job.params,
      (SELECT coalesce(jsonb_agg("inputKey" ORDER BY "inputKey"), '[]') FROM "JobDependency" WHERE "jobKey" = job.key) AS inputs,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'sha256', sha256, 'bytes', bytes) ORDER BY name), '[]')
       FROM "Artifact" WHERE "jobKey" = job.key) AS artifacts,
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
         'fence', attempt.fence, 'workerId', attempt."workerId", 'machine', worker.machine, 'engine', worker.engine,
         'version', worker.version, 'startedAt', attempt."startedAt", 'finishedAt', attempt."finishedAt",
         'outcome', attempt.outcome, 'error', attempt.error) ORDER BY attempt.fence), '[]')
       FROM "Attempt" attempt LEFT JOIN "Worker" worker ON worker.id = attempt."workerId"
       WHERE attempt."jobKey" = job.key) AS attempts,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', experiment.id, 'name', experiment.name, 'cached', wanted.cached)
         ORDER BY experiment."submittedAt"), '[]')
       FROM "ExperimentJob" wanted JOIN "Experiment" experiment ON experiment.id = wanted."experimentId"
       WHERE wanted."jobKey" = job.key) AS experiments
    FROM "Job" job WHERE job.key = ANY(${[...keys]}::text[])`);
  const byKey = new Map(found.map((job) => [job.key, job]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

/** Where a number comes from. */
export interface Provenance {
  /** The target's way from records to scores: prepare, train, query, attack. */
  chain: JobDetail[];
  /** The other jobs that went into it, such as the shadow models', by kind. */
  others: { kind: JobKind; count: number; seconds: number }[];
}

/** The jobs that a result was made by, its own and those of all models and records that went into it. */
export async function upstreamKeys(reader: Reader, resultKey: string): Promise<string[]> {
  const found = await reader.query<{ key: string }>(sql`${upstream(resultKey)} SELECT key FROM upstream ORDER BY key`);
  return found.map(({ key }) => key);
}

/** Some trainings that went into a result besides these, in the order of their keys. */
export async function trainedBeside(
  reader: Reader,
  resultKey: string,
  besides: readonly string[],
  most: number,
): Promise<string[]> {
  const found = await reader.query<{ key: string }>(sql`${upstream(resultKey)}
    SELECT job.key FROM upstream JOIN "Job" job ON job.key = upstream.key
    WHERE job.kind = 'train' AND NOT job.key = ANY(${[...besides]}::text[]) ORDER BY job.key LIMIT ${most}`);
  return found.map(({ key }) => key);
}

function upstream(resultKey: string): Prisma.Sql {
  return sql`
    WITH RECURSIVE upstream AS (
      SELECT ${resultKey}::text AS key
      UNION SELECT edge."inputKey" FROM "JobDependency" edge JOIN upstream ON edge."jobKey" = upstream.key
    )`;
}

/** Everything that went into a result. */
export async function provenanceOf(reader: Reader, resultKey: string): Promise<Provenance> {
  const chain: JobDetail[] = [];
  let next: string | null = resultKey;
  while (next !== null && chain.length < 4) {
    const [job]: JobDetail[] = await jobDetails(reader, [next]);
    if (!job) break;
    chain.unshift(job);
    next = upstreamOf(job);
  }
  const own = chain.map(({ key }) => key);
  const others = await reader.query<Provenance["others"][number]>(sql`${upstream(resultKey)}
    SELECT job.kind::text, count(*)::int AS count, coalesce(sum(job.seconds), 0)::float8 AS seconds
    FROM upstream JOIN "Job" job ON job.key = upstream.key WHERE NOT job.key = ANY(${own}::text[])
    GROUP BY job.kind ORDER BY job.kind`);
  return { chain, others };
}

/** The job that the target's way goes through before this one. */
function upstreamOf({ kind, params }: JobDetail): string | null {
  const inputs = (params.inputs ?? {}) as Record<string, unknown>;
  const key = { attack: inputs.target, query: inputs.weights, train: inputs.records, prepare: null }[kind];
  return typeof key === "string" ? key : null;
}
