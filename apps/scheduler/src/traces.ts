import type { Store } from "@shadowfarm/store/client";
import type { Ticket } from "@shadowfarm/store/shares";
import { endedSince, tracedJobs } from "@shadowfarm/store/traced";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import { EXPERIMENT, handOutOf } from "@shadowfarm/telemetry/traces";

/** What a scheduler adds to the traces of experiments, while they are exported. */
export interface SchedulerTraces {
  planned(experiment: { id: string; name: string }, start: number, jobs: number, cells: number): void;
  handedOut(tickets: readonly Ticket[], start: number): void;
  /** Adds the whole of each experiment that has ended since the last time. */
  ended(): void;
}

export function traceSchedule({ trace }: Telemetry, store: Store): SchedulerTraces {
  let seen = new Date();
  return {
    planned({ id, name }, start, jobs, cells) {
      const end = Date.now();
      const attributes = { experiment: id, "experiment.name": name, jobs, cells };
      trace(async () => [{ name: "plan", experiment: id, parent: EXPERIMENT, start, end, attributes }]);
    },
    handedOut(tickets, start) {
      const end = Date.now();
      trace(async () => {
        const jobs = new Map(
          (
            await tracedJobs(
              store,
              tickets.map(({ key }) => key),
            )
          ).map((job) => [job.key, job]),
        );
        return tickets.flatMap(({ key, fence }) => {
          const { experiment = null, kind = "" } = jobs.get(key) ?? {};
          if (experiment === null) return [];
          const attributes = { experiment, job: key, kind, attempt: fence + 1 };
          const id = handOutOf(key, fence);
          return [{ name: `hand out ${kind}`, experiment, id, parent: EXPERIMENT, start, end, attributes }];
        });
      });
    },
    ended() {
      trace(async () => {
        const ended = await endedSince(store, seen);
        seen = ended.at(-1)?.finishedAt ?? seen;
        return ended.map(({ id, name, state, submittedAt, finishedAt, error }) => ({
          name: `experiment ${name}`,
          experiment: id,
          id: EXPERIMENT,
          parent: null,
          start: submittedAt.getTime(),
          end: finishedAt.getTime(),
          attributes: { experiment: id, "experiment.name": name, state },
          ...(error !== null && { error }),
        }));
      });
    },
  };
}
