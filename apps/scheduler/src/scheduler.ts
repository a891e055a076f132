import type { Catalog, DatasetUse } from "@shadowfarm/core/catalog";
import { messageOf } from "@shadowfarm/core/errors";
import { parseExperiment } from "@shadowfarm/core/experiment";
import type { Plan } from "@shadowfarm/core/plan";
import { hasRounds, planRounds } from "@shadowfarm/core/rounds";
import type { Sender } from "@shadowfarm/queue/queue";
import type { Store } from "@shadowfarm/store/client";
import {
  type ExperimentRow,
  endedRounds,
  finishExperiments,
  listExperiments,
  rejectExperiment,
} from "@shadowfarm/store/experiments";
import { countEnqueued, enqueueAgain, freeLost, takeReady } from "@shadowfarm/store/jobs";
import { recordPlan } from "@shadowfarm/store/plans";
import { listResults } from "@shadowfarm/store/results";
import { onWake } from "@shadowfarm/store/signals";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import { type SchedulerWatch, watchScheduler } from "./watch.ts";

export interface SchedulerConfig {
  store: Store;
  sender: Sender;
  /** The units that an experiment on these datasets may name. */
  catalogFor(datasets: readonly DatasetUse[]): Catalog;
  telemetry: Telemetry;
  /** Seconds without a heartbeat after which a running job is taken to be lost. */
  silentSeconds: number;
}

/** How patient a scheduler is, unless its configuration says otherwise. */
export const SCHEDULER_DEFAULTS = { silentSeconds: 15 };

/** Look at the database at least this often, whether or not a message said so. */
const LOOK_MS = 200;
const RECONCILE_MS = 5_000;
/** A pause in which more jobs become ready, since sending a hundred messages costs little more than sending one. */
const GATHER_MS = 20;
/** Jobs handed to the queue in one round. */
const BATCH = 1_000;

/**
 * Plans new experiments, hands ready jobs to the queue, ends finished experiments, and mends what a crash left: all from
 * Postgres alone, so it can be killed and started at any time.
 */
export async function startScheduler(config: SchedulerConfig): Promise<{ stop(): Promise<void> }> {
  const { store, sender, telemetry } = config;
  const { log } = telemetry;
  const watch = watchScheduler(telemetry, store, sender);
  telemetry.check("database", () => store.db.$queryRaw`SELECT 1`);
  telemetry.check("queue", () => sender.size());
  let stopped = false;
  let nudge: () => void = () => {};
  let nudged = false;
  let looked = 0;
  const wake = (what: string | undefined) => {
    if (what === "experiments") looked = 0;
    nudged = true;
    nudge();
  };
  const wakeUp = await onWake(store, wake);

  const loop = async () => {
    let reconciled = 0;
    while (!stopped) {
      nudged = false;
      const worked = watch.round();
      try {
        const now = Date.now();
        if (now - looked >= LOOK_MS) {
          looked = now;
          for (const experiment of await listExperiments(store, { state: "submitted" }))
            await planExperiment(config, watch, experiment);
          for (const experiment of await endedRounds(store))
            await planExperiment(config, watch, experiment, experiment.cells);
          await finishExperiments(store);
        }
        if (now - reconciled >= RECONCILE_MS) {
          reconciled = now;
          await reconcile(config, watch);
        }
        const released = await release(store, sender);
        worked();
        if (released === BATCH) continue;
        if (released > 0) await pause(GATHER_MS);
      } catch (error) {
        // The database or the queue is away; what was not done is still to be seen in the database next time.
        watch.failed();
        log.error({ err: error }, "scheduler round failed");
        await pause(1_000);
      }
      if (!nudged && !stopped) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_MS);
          nudge = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  };
  const running = loop();

  return {
    async stop() {
      stopped = true;
      nudge();
      await running;
      await wakeUp.close();
    },
  };
}

/** @param cells of the rounds that have come to their end; null for a new experiment */
async function planExperiment(
  { store, catalogFor, telemetry: { log } }: SchedulerConfig,
  watch: SchedulerWatch,
  experiment: ExperimentRow,
  cells: number | null = null,
): Promise<void> {
  const { id, name, spec, datasets, engine } = experiment;
  watch.planning();
  const started = performance.now();
  let plan: Plan;
  try {
    const catalog = catalogFor(datasets);
    const results = hasRounds(spec) ? await listResults(store, { experiment: id }) : [];
    const known = { results, ended: cells !== null };
    plan = planRounds(parseExperiment(spec, catalog), catalog, { datasets, engine }, known);
  } catch (error) {
    log.error({ experiment: id, name, err: error }, "experiment cannot be planned");
    await rejectExperiment(store, id, messageOf(error));
    return;
  }
  if (cells !== null && plan.cells.length <= cells) {
    await finishExperiments(store, id);
    return;
  }
  await recordPlan(store, id, plan, cells === null ? "submitted" : "running");
  const seconds = (performance.now() - started) / 1000;
  log.info({ experiment: id, name, jobs: plan.jobs.length, cells: plan.cells.length, seconds }, "experiment planned");
}

async function release(store: Store, sender: Sender): Promise<number> {
  const tickets = await takeReady(store, BATCH);
  if (tickets.length > 0) await sender.send(tickets);
  return tickets.length;
}

async function reconcile(
  { store, sender, telemetry: { log }, silentSeconds }: SchedulerConfig,
  watch: SchedulerWatch,
): Promise<void> {
  const freed = await freeLost(store, silentSeconds);
  watch.lost(freed);
  if (freed > 0) log.warn({ jobs: freed }, "freed the jobs of silent workers");
  const expected = await countEnqueued(store);
  if (expected > (await sender.size())) {
    log.warn({ jobs: expected }, "the queue has lost messages; sending them again");
    watch.resent(await enqueueAgain(store));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
