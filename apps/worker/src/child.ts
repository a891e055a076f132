import { FarmError } from "@shadowfarm/core/errors";
import { openArtifacts } from "@shadowfarm/store/artifacts";
import type { Claim, Outcome } from "@shadowfarm/store/jobs";
import { runExecutor } from "./executors/executor.ts";
import type { ChildConfig, FromChild, ToChild } from "./protocol.ts";

// The compute process: it runs one job at a time and speaks with its worker alone. It has no database and no queue.
const config = JSON.parse(process.argv[2] ?? "{}") as ChildConfig;
const artifacts = openArtifacts(config.artifactsFolder);
let running: AbortController | null = null;

process.on("message", (message: ToChild) => {
  if (message.type === "cancel") running?.abort();
  else void run(message.job);
});
// Without its worker nobody would take the outcome.
process.on("disconnect", () => process.exit(0));
// An interrupt at the terminal reaches the whole group; the worker decides what becomes of its jobs.
process.on("SIGINT", () => {});
tell({ type: "started" });

async function run(job: Claim): Promise<void> {
  running = new AbortController();
  try {
    const started = performance.now();
    const { bundles, metrics } = await runExecutor(job, {
      artifacts,
      datasetFolders: config.datasetFolders,
      signal: running.signal,
    });
    const refs: Outcome["artifacts"] = {};
    for (const [name, bundle] of Object.entries(bundles)) refs[name] = await artifacts.put(bundle);
    const seconds = (performance.now() - started) / 1000;
    tell({ type: "done", outcome: { artifacts: refs, seconds, ...(metrics && { metrics }) } });
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const [code, retryable] = error instanceof FarmError ? [error.code, error.retryable] : ["unexpected", true];
    tell({ type: "failed", code, message, stack, retryable });
  } finally {
    running = null;
  }
}

function tell(message: FromChild): void {
  process.send?.(message);
}
