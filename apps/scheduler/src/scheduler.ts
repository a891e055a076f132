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
import { countEnqueued, enqueueAgain, freeLost, type Sign, signsOfLife } from "@shadowfarm/store/jobs";
import { recordPlan } from "@shadowfarm/store/plans";
import { listResults } from "@shadowfarm/store/results";
import { type Costs, mendOffers, recentCosts, takeReady } from "@shadowfarm/store/shares";
import { onWake, seekLead } from "@shadowfarm/store/signals";
import { liveSlots } from "@shadowfarm/store/workers";
import type { Telemetry } from "@shadowfarm/telemetry/telemetry";
import { openSilence } from "./silence.ts";
import { type SchedulerWatch, watchScheduler } from "./watch.ts";
import { adjustWindow, openWindow } from "./window.ts";

export interface SchedulerConfig {
  store: Store;
  sender: Sender;
  /** The units that an experiment on these datasets may name. */
  catalogFor(datasets: readonly DatasetUse[]): Catalog;
  telemetry: Telemetry;
  /** Seconds without a sign of its worker after which a running job is taken to be lost. */
  silentSeconds: number;
}

/** How patient a scheduler is, unless its configuration says otherwise. */
export const SCHEDULER_DEFAULTS = { silentSeconds: 12 };

/** Look at the database at least this often, whether or not a message said so. */
const LOOK_MS = 200;
const RECONCILE_MS = 5_000;
/** Between two looks who is silent. */
export const SILENCE_LOOK_MS = 1_000;
const MEND_MS = 30_000;
/** A pause in which more jobs become ready, since sending a hundred messages costs little more than sending one. */
const GATHER_MS = 20;
/** A message that has waited for so many seconds is sent again, whether or not the queue seems to have lost any. */
const OVERDUE_SECONDS = 60;

/**
 * Plans new experiments, hands ready jobs to the queue, ends finished experiments, and mends what a crash left: all from
 * Postgres alone, so it can be killed and started at any time. Of several schedulers on a database one leads, and the others
 * stand by. Should two ever believe that they lead, they only do some work twice: every statement is safe beside another's.
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
  let looked = Number.NEGATIVE_INFINITY;
  const wake = (what: string | undefined) => {
    if (what === "experiments") looked = Number.NEGATIVE_INFINITY;
    nudged = true;
    nudge();
  };
  const wakeUp = await onWake(store, wake);
  const lead = await seekLead(store, "scheduler", () => wake("experiments"));
  let planning: Promise<void> | null = null;
  const plan = () => {
    planning ??= planAll(config)
      .then((planned) => {
        if (planned > 0) wake("experiments");
      })
      .catch((error: unknown) => {
        watch.failed();
        log.error({ err: error }, "planning failed");
      })
      .finally(() => {
        planning = null;
      });
  };

  const loop = async () => {
    let led = false;
    let reconciled = Number.NEGATIVE_INFINITY;
    let mended = reconciled;
    let listened = reconciled;
    const silentAt = openSilence(config.silentSeconds * 1_000);
    let slots = 0;
    let costs: Costs = new Map();
    let window = openWindow(0);
    while (!stopped) {
      nudged = false;
      const worked = watch.round();
      if (lead.held() !== led) {
        led = !led;
        if (led) log.info("this scheduler leads");
        else log.warn("this scheduler stands by: it has lost its connection to the database");
        looked = reconciled = mended = Number.NEGATIVE_INFINITY;
      }
      try {
        // Not the time of day, which may be set back.
        const now = performance.now();
        // Who stands by listens too, so that it knows when it leads.
        if (now - listened >= SILENCE_LOOK_MS) {
          listened = now;
          const silent = silentAt(await signsOfLife(store), performance.now());
          if (led && lead.held()) await freeSilent(config, watch, silent);
        }
        if (led && now - looked >= LOOK_MS) {
          looked = now;
          plan();
          await finishExperiments(store);
          slots = await liveSlots(store);
          costs = await recentCosts(store);
        }
        if (led && now - reconciled >= RECONCILE_MS) {
          reconciled = now;
          await reconcile(config, watch);
        }
        if (led && now - mended >= MEND_MS) {
          mended = now;
          const forgotten = await mendOffers(store);
          if (forgotten > 0) log.warn({ jobs: forgotten }, "offered ready jobs that were forgotten");
        }
        if (led && lead.held()) {
          const tickets = await takeReady(store, window.size, { window: window.size, costs });
          if (tickets.length > 0) await sender.send(tickets);
          worked();
          const { extra } = window;
          window = adjustWindow(window, tickets.length, slots);
          if (tickets.length > 0) await pause(GATHER_MS);
          if (window.extra > extra) continue;
        }
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
      await planning;
      await lead.close();
      await wakeUp.close();
    },
  };
}

/** Plans what is submitted, and what may have further rounds. Beside the loop: a large plan takes many seconds to write. */
async function planAll(config: SchedulerConfig): Promise<number> {
  const { store } = config;
  const submitted = await listExperiments(store, { state: "submitted" });
  for (const experiment of submitted) await planExperiment(config, experiment);
  const ended = await endedRounds(store);
  for (const experiment of ended) await planExperiment(config, experiment, experiment.cells);
  return submitted.length + ended.length;
}

/** @param cells of the rounds that have come to their end; null for a new experiment */
async function planExperiment(
  { store, catalogFor, telemetry: { log } }: SchedulerConfig,
  experiment: ExperimentRow,
  cells: number | null = null,
): Promise<void> {
  const { id, name, spec, datasets, engine } = experiment;
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

async function freeSilent(
  { store, telemetry: { log } }: SchedulerConfig,
  watch: SchedulerWatch,
  silent: readonly Sign[],
): Promise<void> {
  const freed = await freeLost(store, silent);
  watch.lost(freed);
  if (freed > 0) log.warn({ jobs: freed }, "freed the jobs of silent workers");
}

async function reconcile({ store, sender, telemetry: { log } }: SchedulerConfig, watch: SchedulerWatch): Promise<void> {
  const expected = await countEnqueued(store);
  if (expected > (await sender.size())) {
    log.warn({ jobs: expected }, "the queue has lost messages; sending them again");
    watch.resent(await enqueueAgain(store));
  }
  // One lost message among many others is not seen in their number. Most of these are not lost, so they are not counted.
  await enqueueAgain(store, OVERDUE_SECONDS);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
