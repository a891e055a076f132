import { describeNeeds } from "@shadowfarm/core/pool";
import type { Progress } from "@shadowfarm/core/progress";
import {
  cancelExperiment,
  type ExperimentRow,
  failuresOf,
  findExperiment,
  listExperiments,
  retryFailed,
} from "@shadowfarm/store/experiments";
import { progressNow } from "@shadowfarm/store/progress";
import { currentShares } from "@shadowfarm/store/shares";
import { livePools, unservedExperiments } from "@shadowfarm/store/workers";
import type { FarmConfig } from "../config.ts";
import { duration } from "../follow.ts";
import { EXIT, runToEnd, withStore } from "../session.ts";
import { renderTable } from "../tables.ts";

/** `status [EXPERIMENT]` */
export async function showStatus(
  config: FarmConfig,
  name: string | undefined,
  options: { json?: boolean },
): Promise<number> {
  return withStore(config, async (store) => {
    const experiments = name === undefined ? await listExperiments(store) : [await findExperiment(store, name)];
    const shares = await currentShares(store);
    const unserved = await unservedExperiments(store, await livePools(store));
    const progress = await progressNow(store, experiments);
    const rows = await Promise.all(
      experiments.map(async (experiment) => {
        const { id } = experiment;
        return {
          experiment,
          share: shares.get(id) ?? null,
          withoutWorker: unserved.find((one) => one.experiment === id)?.jobs ?? 0,
          progress: progress.get(id) as Progress,
          failures: name === undefined ? [] : await failuresOf(store, id),
        };
      }),
    );
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify(
          rows.map(({ experiment, share, withoutWorker, progress, failures }) => ({
            ...brief(experiment),
            share,
            withoutWorker,
            ...progress,
            failures,
          })),
          null,
          2,
        )}\n`,
      );
      return EXIT.ok;
    }
    if (rows.length === 0) process.stderr.write("no experiments yet; run one: shadowfarm run SPEC\n");
    else process.stdout.write(`${renderStatus(rows)}\n`);
    for (const { experiment, withoutWorker } of rows) {
      if (withoutWorker === 0) continue;
      const jobs = `${withoutWorker} ready jobs of ${experiment.name} (${experiment.id})`;
      process.stdout.write(`${jobs} wait for a worker with ${describeNeeds(experiment)}: none is there\n`);
    }
    for (const { failures } of rows) {
      for (const { kind, key, error, failures: attempts } of failures) {
        process.stdout.write(`${kind} ${key.slice(0, 10)} failed after ${attempts} attempts: ${error}\n`);
      }
    }
    return EXIT.ok;
  });
}

/** `cancel EXPERIMENT` */
export async function cancel(config: FarmConfig, name: string): Promise<number> {
  return withStore(config, async (store) => {
    const experiment = await findExperiment(store, name);
    const jobs = await cancelExperiment(store, experiment.id);
    process.stdout.write(
      `${experiment.name} (${experiment.id}) cancelled: ${jobs} jobs will not run; finished ones are kept\n`,
    );
    return EXIT.ok;
  });
}

/** `retry --failed EXPERIMENT` */
export async function retry(config: FarmConfig, name: string, options: { json?: boolean }): Promise<number> {
  return runToEnd(config, { json: options.json ?? false }, async (store) => {
    const { id } = await findExperiment(store, name);
    const failed = await retryFailed(store, id);
    process.stderr.write(`${failed} failed jobs are run again\n`);
    return [id];
  });
}

function brief(row: ExperimentRow) {
  const { id, name, state, error, engine, datasets, submittedAt, finishedAt } = row;
  const { user, priority, weight, concurrency, labels, memory } = row;
  const terms = { user, priority, weight, concurrency, labels, memory };
  return { id, name, state, error, engine, datasets, submittedAt, finishedAt, ...terms };
}

/** @param rows `share` is null for an experiment without anything to do */
function renderStatus(
  rows: readonly { experiment: ExperimentRow; share: number | null; progress: Progress }[],
): string {
  const right = "right" as const;
  const columns = [
    { title: "experiment" },
    { title: "id" },
    { title: "state" },
    { title: "submitted" },
    { title: "user" },
    { title: "priority", align: right },
    { title: "share", align: right },
    { title: "done", align: right },
    { title: "running", align: right },
    { title: "cached", align: right },
    { title: "failed", align: right },
    { title: "blocked", align: right },
    { title: "jobs", align: right },
    { title: "ETA", align: right },
  ];
  return renderTable(
    columns,
    rows.map(({ experiment, share, progress }) => [
      experiment.name,
      experiment.id,
      experiment.state,
      experiment.submittedAt.toISOString().slice(0, 16).replace("T", " "),
      experiment.user || "-",
      String(experiment.priority),
      share === null ? "" : `${Math.round(share * 100)} %`,
      ...[progress.done, progress.running, progress.cached, progress.failed, progress.blocked, progress.total].map(
        String,
      ),
      experiment.state === "running" ? duration(progress.etaSeconds) : "",
    ]),
  );
}
