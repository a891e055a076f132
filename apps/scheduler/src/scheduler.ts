import { describeNeeds } from "@shadowfarm/core/pool";
import { VERSION } from "@shadowfarm/core/version";
import type { Sender } from "@shadowfarm/queue/queue";
import { finishExperiments, sumCounts } from "@shadowfarm/store/experiments";
import { countEnqueued, enqueueAgain, freeLost, type Sign, signsOfLife } from "@shadowfarm/store/jobs";
import { announceLeader, withdrawLeader } from "@shadowfarm/store/leader";
import { mendOffers, takeBack } from "@shadowfarm/store/shares";
import { onWake, seekLead } from "@shadowfarm/store/signals";
import { unservedExperiments } from "@shadowfarm/store/workers";
import { type HandOut, openHandOut } from "./hand-out.ts";
import { type PlanningConfig, planAll } from "./planning.ts";
import { openSilence } from "./silence.ts";
import { traceSchedule } from "./traces.ts";
import { type SchedulerWatch, watchScheduler } from "./watch.ts";

export interface SchedulerConfig extends PlanningConfig {
  sender: Sender;
  /** Seconds without a sign of its worker after which a running job is taken to be lost. */
  silentSeconds: number;
}

/** How patient a scheduler is, unless its configuration says otherwise. */
export const SCHEDULER_DEFAULTS = { silentSeconds: 12 };

/** Hand jobs out, and end experiments, at least this often, whether or not a message said so. */
const LOOK_MS = 200;
/** Between two looks what is to be planned, and which workers there are, unless a message says that there is something new. */
const SURVEY_MS = 1_000;
const RECONCILE_MS = 5_000;
/** Between two looks who is silent. */
export const SILENCE_LOOK_MS = 1_000;
const MEND_MS = 30_000;
/** A pause in which more jobs become ready, since sending a hundred messages costs little more than sending one. */
const GATHER_MS = 20;
/** A message that is not in the queue after so many seconds is lost. */
const LOST_SECONDS = 5;
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
  const traces = traceSchedule(telemetry, store);
  telemetry.check("database", () => store.db.$queryRaw`SELECT 1`);
  telemetry.check("queue", () => sender.size());
  let stopped = false;
  let nudge: () => void = () => {};
  let nudged = false;
  let surveyed = Number.NEGATIVE_INFINITY;
  const wake = (what: string | undefined) => {
    if (what !== "jobs") surveyed = Number.NEGATIVE_INFINITY;
    nudged = true;
    nudge();
  };
  const wakeUp = await onWake(store, wake);
  const lead = await seekLead(store, "scheduler", () => wake("experiments"));
  let planning: Promise<void> | null = null;
  const plan = () => {
    planning ??= planAll(config, traces)
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
    let looked = Number.NEGATIVE_INFINITY;
    let reconciled = looked;
    let mended = looked;
    let listened = looked;
    const silentAt = openSilence(config.silentSeconds * 1_000);
    const handOut = openHandOut(store, sender, traces);
    const tellUnserved = unservedTeller(config, handOut);
    while (!stopped) {
      nudged = false;
      const worked = watch.round();
      if (lead.held() !== led) {
        led = !led;
        if (led) log.info("this scheduler leads");
        else log.warn("this scheduler stands by: it has lost its connection to the database");
        surveyed = looked = reconciled = mended = Number.NEGATIVE_INFINITY;
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
        if (led && now - surveyed >= SURVEY_MS) {
          surveyed = now;
          plan();
          await sumCounts(store);
          await handOut.look();
        }
        if (led && now - looked >= LOOK_MS) {
          looked = now;
          await finishExperiments(store);
          traces.ended();
        }
        if (led && now - reconciled >= RECONCILE_MS) {
          reconciled = now;
          await announceLeader(store, VERSION);
          await reconcile(config, watch, handOut);
          await tellUnserved();
        }
        if (led && now - mended >= MEND_MS) {
          mended = now;
          const forgotten = await mendOffers(store);
          if (forgotten > 0) log.warn({ jobs: forgotten }, "offered ready jobs that were forgotten");
        }
        if (led && lead.held()) {
          const { handed, short } = await handOut.fill();
          worked();
          if (handed > 0) await pause(GATHER_MS);
          if (short) continue;
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
      if (lead.held()) await withdrawLeader(store).catch(() => {});
      await lead.close();
      await wakeUp.close();
    },
  };
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

async function reconcile(
  { store, sender, telemetry: { log } }: SchedulerConfig,
  watch: SchedulerWatch,
  handOut: HandOut,
): Promise<void> {
  const pools = handOut.pools().map(({ name }) => name);
  const taken = await takeBack(store, pools);
  if (taken > 0) log.warn({ jobs: taken }, "took back the jobs that waited for workers that are gone");
  const enqueued = await countEnqueued(store);
  for (const pool of pools) {
    const expected = enqueued.get(pool) ?? 0;
    if (expected <= (await sender.size([pool]))) continue;
    log.warn({ jobs: expected, pool }, "the queue has lost messages; sending them again");
    watch.resent(await enqueueAgain(store, LOST_SECONDS, pool));
  }
  // One lost message among many others is not seen in their number. Most of these are not lost, so they are not counted.
  await enqueueAgain(store, OVERDUE_SECONDS);
}

/** Says once which experiments wait for workers that are not there, and once when that has changed. */
function unservedTeller({ store, telemetry: { log } }: SchedulerConfig, handOut: HandOut): () => Promise<void> {
  let told = "";
  return async () => {
    const unserved = await unservedExperiments(store, handOut.pools());
    const now = unserved.map(({ experiment }) => experiment).join();
    if (now === told) return;
    told = now;
    for (const { experiment, name, jobs, ...needs } of unserved) {
      const wanted = describeNeeds(needs);
      log.warn({ experiment, name, jobs }, `no worker can run this experiment's jobs; start one with ${wanted}`);
    }
    if (unserved.length === 0) log.info("there is a worker for every job");
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
