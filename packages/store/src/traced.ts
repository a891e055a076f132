import type { JobKind } from "@shadowfarm/core/job";
import type { Store } from "./client.ts";

/** A job that was handed to the queue, as a trace tells of it. */
export interface TracedJob {
  key: string;
  kind: JobKind;
  /** The experiment for whose share it was handed out. */
  experiment: string | null;
  handedOut: Date | null;
}

export async function tracedJobs(store: Store, keys: readonly string[]): Promise<TracedJob[]> {
  return store.db.$queryRaw<TracedJob[]>`
    SELECT key, kind::text, "chargedTo" AS experiment, "enqueuedAt" AS "handedOut"
    FROM "Job" WHERE key = ANY(${[...keys]}::text[])`;
}

/** Experiments that came to an end after a moment, the earliest first. */
export async function endedSince(
  store: Store,
  since: Date,
): Promise<{ id: string; name: string; state: string; submittedAt: Date; finishedAt: Date; error: string | null }[]> {
  const rows = await store.db.experiment.findMany({
    where: { finishedAt: { gt: since } },
    select: { id: true, name: true, state: true, submittedAt: true, finishedAt: true, error: true },
    orderBy: { finishedAt: "asc" },
  });
  return rows.map((row) => ({ ...row, finishedAt: row.finishedAt as Date }));
}
