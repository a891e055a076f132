import { Cancelled, FarmError, InputLost } from "@shadowfarm/core/errors";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Claim, Outcome } from "@shadowfarm/store/jobs";
import { END_OF_RUN } from "./child-output.ts";
import type { Settled, Step } from "./compute.ts";
import { goingOn } from "./executors/checkpoints.ts";
import type { ExecutorContext, Made } from "./executors/contract.ts";
import { runExecutor } from "./executors/executor.ts";
import { openNamedEngine } from "./executors/units.ts";
import { CHILD_CONFIG, type ChildConfig, type FromChild, type ToChild } from "./protocol.ts";
import { timeSteps } from "./steps.ts";

// The compute process: it runs one job at a time and speaks with its worker alone. It has no database and no queue.
const config = JSON.parse(process.env[CHILD_CONFIG] ?? "{}") as ChildConfig;
const opening = openArtifacts(config.artifacts);
// Whoever runs a job is told that it failed.
opening.catch(() => {});
let running: AbortController | null = null;
let receive: (jobs: Claim[]) => void = () => {};

process.on("message", (message: ToChild) => {
  if (message.type === "cancel") running?.abort();
  else if (message.type === "more") receive(message.jobs);
  else void run(message.job);
});
// Without its worker nobody would take the outcome.
process.on("disconnect", () => process.exit(0));
// An interrupt at the terminal reaches the whole group; the worker decides what becomes of its jobs.
process.on("SIGINT", () => {});
tell({ type: "started" });

async function run(job: Claim): Promise<void> {
  running = new AbortController();
  const { signal } = running;
  const keys = [job.key];
  const steps = timeSteps();
  const claimMore = (most: number): Promise<Claim[]> =>
    new Promise((resolve) => {
      receive = (jobs) => {
        keys.push(...jobs.map(({ key }) => key));
        resolve(jobs);
      };
      tell({ type: "more", most });
    });
  try {
    const started = performance.now();
    const { datasetFolders } = config;
    const opened = await opening;
    const artifacts: Artifacts = {
      ...opened,
      get: (ref) => steps.time("read artifact", () => opened.get(ref)),
      open: (ref) => steps.time("open artifact", () => opened.open(ref)),
      put: (bundle) => steps.time("save artifact", () => opened.put(bundle)),
    };
    const openEngine = (name: string) => steps.time("open engine", () => openNamedEngine(name, config));
    const resuming: ExecutorContext["resuming"] = (engine, jobs) =>
      goingOn(engine, jobs, {
        artifacts,
        seconds: config.checkpointSeconds,
        keep: (artifacts) => tell({ type: "checkpoint", artifacts }),
      });
    const made = await runExecutor(job, { artifacts, datasetFolders, openEngine, resuming, claimMore, signal });
    const jobs: Settled[] = [];
    for (const [key, one] of made) {
      const seconds = (performance.now() - started) / 1000 / made.size;
      jobs.push(
        one instanceof Error ? failureOf(key, one) : { key, outcome: await outcomeOf(artifacts, one, seconds) },
      );
    }
    settle(jobs, steps.taken);
  } catch (error) {
    settle(
      keys.map((key) => failureOf(key, signal.aborted ? new Cancelled() : error)),
      steps.taken,
    );
  } finally {
    running = null;
  }
}

function settle(jobs: Settled[], steps: Step[]): void {
  process.stdout.write(END_OF_RUN);
  process.stderr.write(END_OF_RUN);
  tell({ type: "settled", jobs, steps });
}

async function outcomeOf(artifacts: Artifacts, { bundles, metrics }: Made, seconds: number): Promise<Outcome> {
  const refs: Outcome["artifacts"] = {};
  for (const [name, bundle] of Object.entries(bundles)) refs[name] = await artifacts.put(bundle);
  return { artifacts: refs, seconds, ...(metrics && { metrics }) };
}

function failureOf(key: string, error: unknown): Settled {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const [code, retryable] = error instanceof FarmError ? [error.code, error.retryable] : ["unexpected", true];
  const lost = error instanceof InputLost ? { lostInput: error.input } : {};
  return { key, failure: { code, message, stack, retryable, ...lost } };
}

function tell(message: FromChild): void {
  process.send?.(message);
}
