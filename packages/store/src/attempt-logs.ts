import { NotFound } from "@shadowfarm/core/errors";
import type { JobKind } from "@shadowfarm/core/job";
import type { Store } from "./client.ts";
import { Prisma } from "./generated/client.ts";

/** One line of an attempt. */
export interface LogLine {
  /** ISO 8601, when it was said or heard. */
  at: string;
  /** Who said it: the worker itself, or its compute process on one of these. */
  from: "worker" | "stdout" | "stderr";
  text: string;
}

/** The last lines of an attempt. */
export interface AttemptLines {
  key: string;
  fence: number;
  lines: readonly LogLine[];
  /** Earlier lines that were dropped. */
  dropped: number;
}

/** Keeps what attempts said, in place of what was kept of them before. */
export async function keepLines(store: Store, attempts: readonly AttemptLines[]): Promise<void> {
  if (attempts.length === 0) return;
  await store.db.$executeRaw`
    INSERT INTO "AttemptLog" ("jobKey", fence, lines, dropped)
    SELECT key, row.fence, lines, row.dropped
    FROM jsonb_to_recordset(${JSON.stringify(attempts)}::jsonb) AS row(key text, fence int, lines jsonb, dropped int)
    JOIN "Attempt" attempt ON attempt."jobKey" = key AND attempt.fence = row.fence
    ON CONFLICT ("jobKey", fence) DO UPDATE SET lines = excluded.lines, dropped = excluded.dropped`;
}

/** An attempt as a person looks at it. */
export interface AttemptRow extends AttemptLines {
  kind: JobKind;
  workerId: string;
  startedAt: Date;
  finishedAt: Date | null;
  /** Null: it runs. */
  outcome: "done" | "failed" | "lost" | "cancelled" | null;
  error: string | null;
}

/** Fewer digits of a key would mean too many jobs. */
const SHORTEST_KEY = 6;

/**
 * The attempts at a job, or at the jobs of an experiment: of an experiment those that said something or did not succeed.
 *
 * @param name an experiment's id or name, or a job's key or the beginning of it
 * @param most the newest so many
 * @returns oldest first, and how many there are in all
 * @throws {NotFound} when nothing has that name, or several jobs have.
 */
export async function attemptsOf(
  store: Store,
  name: string,
  most: number,
): Promise<{ total: number; attempts: AttemptRow[] }> {
  const experiment = await store.db.experiment.findFirst({
    where: { OR: [{ id: name }, { name }] },
    orderBy: { submittedAt: "desc" },
    select: { id: true },
  });
  const wanted = experiment
    ? Prisma.sql`attempt."jobKey" IN (SELECT "jobKey" FROM "ExperimentJob" WHERE "experimentId" = ${experiment.id})
        AND (log."jobKey" IS NOT NULL OR attempt.outcome IS DISTINCT FROM 'done')`
    : Prisma.sql`attempt."jobKey" = ${await findJob(store, name)}`;
  const rows = await store.db.$queryRaw<(AttemptRow & { total: number })[]>`
    SELECT attempt."jobKey" AS key, job.kind::text AS kind, attempt.fence, attempt."workerId", attempt."startedAt",
           attempt."finishedAt", attempt.outcome::text AS outcome, attempt.error, coalesce(log.lines, '[]') AS lines,
           coalesce(log.dropped, 0) AS dropped, (count(*) OVER ())::int AS total
    FROM "Attempt" attempt JOIN "Job" job ON job.key = attempt."jobKey"
    LEFT JOIN "AttemptLog" log ON log."jobKey" = attempt."jobKey" AND log.fence = attempt.fence
    WHERE ${wanted}
    ORDER BY attempt."startedAt" DESC, attempt."jobKey", attempt.fence DESC LIMIT ${most}`;
  return { total: rows[0]?.total ?? 0, attempts: rows.reverse().map(({ total: _, ...row }) => row) };
}

async function findJob(store: Store, name: string): Promise<string> {
  const found =
    name.length < SHORTEST_KEY
      ? []
      : await store.db.job.findMany({ where: { key: { startsWith: name } }, select: { key: true }, take: 2 });
  const [only, other] = found;
  if (!only) {
    throw new NotFound(
      `there is no experiment "${name}", nor a job whose key begins so (give ${SHORTEST_KEY} digits or more); shadowfarm status lists experiments, shadowfarm status EXPERIMENT its failed jobs`,
    );
  }
  if (other) throw new NotFound(`several jobs begin with "${name}"; give more digits of the key`);
  return only.key;
}
