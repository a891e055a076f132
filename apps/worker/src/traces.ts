import type { Store } from "@shadowfarm/store/client";
import type { Claim } from "@shadowfarm/store/jobs";
import { tracedJobs } from "@shadowfarm/store/traced";
import { EXPERIMENT, handOutOf, type Span } from "@shadowfarm/telemetry/traces";
import type { Step } from "./compute.ts";

/** How an attempt went. */
export interface Course {
  outcome: string;
  /** Its parts; those of `compute` are the steps of its compute process. */
  steps: readonly Step[];
  end: number;
  error: string | undefined;
}

/** The spans of an attempt: from its wait in the queue to its commit, under the hand-out that a scheduler adds. */
export async function spansOf(
  store: Store,
  job: Claim,
  asked: number,
  engine: string,
  ended: Promise<Course>,
): Promise<Span[]> {
  // At once: a job that is handed back is charged to nobody.
  const [handed] = await tracedJobs(store, [job.key]).catch(() => []);
  const experiment = handed?.experiment ?? job.experiment;
  const { outcome, steps, end, error } = await ended;
  if (experiment === null) return [];
  const { key, kind, fence } = job;
  const about = { experiment, job: key, kind, attempt: fence, engine };
  const above = handed?.experiment ? handOutOf(key, fence - 1) : EXPERIMENT;
  const own = `attempt ${key} ${fence}`;
  const waited = handed?.handedOut?.getTime() ?? null;
  return [
    ...(waited === null
      ? []
      : [{ name: "wait in queue", experiment, parent: above, start: waited, end: asked, attributes: about }]),
    {
      name: kind,
      experiment,
      id: own,
      parent: above,
      start: asked,
      end,
      attributes: { ...about, outcome },
      ...(error !== undefined && { error }),
    },
    ...steps.map(({ name, within, start, end }) => ({
      name,
      experiment,
      id: `${own} ${name} ${start}`,
      parent: within === undefined ? own : `${own} ${within.name} ${within.start}`,
      start,
      end,
      attributes: about,
    })),
  ];
}
