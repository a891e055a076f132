import { FarmError } from "@shadowfarm/core/errors";
import { compareWithPaper } from "@shadowfarm/core/paper";
import type { Progress } from "@shadowfarm/core/progress";
import type { Store } from "@shadowfarm/store/client";
import { type ExperimentRow, failuresOf } from "@shadowfarm/store/experiments";
import { listResults, type ResultRow } from "@shadowfarm/store/results";
import { refusalOf } from "@shadowfarm/store/roles";
import type { FarmConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { duration, follow } from "./follow.ts";
import { renderPaper } from "./paper-table.ts";
import { savedBy } from "./savings-text.ts";
import { renderOrigins, renderResults } from "./tables.ts";

/** Exit codes: 0 success, 1 jobs failed, 2 refused input or environment, 130 interrupted. */
export const EXIT = { ok: 0, failed: 1, refused: 2, interrupted: 130 } as const;

/** Runs a command with the database open, and closes it whatever happens. */
export async function withStore<T>(config: FarmConfig, use: (store: Store) => Promise<T>): Promise<T> {
  const database = await openDatabase(config);
  try {
    return await use(database.store);
  } finally {
    await database.close();
  }
}

/** Aborted by the first interrupt or termination; the second one ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}

/**
 * Sees experiments to their end. In embedded mode this process computes; in a cluster it only follows. An interrupt
 * detaches: what is done is kept, and the same command goes on from there.
 *
 * @param ask submits or revives the experiments, once it is certain that they can be run, and returns their ids
 */
export async function runToEnd(
  config: FarmConfig,
  options: { json: boolean },
  ask: (store: Store) => Promise<string[]>,
): Promise<number> {
  const signal = interruption();
  return withStore(config, async (store) => {
    const embedded = config.databaseUrl === null;
    const farm = embedded ? await (await import("./farm.ts")).startFarm(config, store, "file") : null;
    const ended: { experiment: ExperimentRow; progress: Progress }[] = [];
    const started = performance.now();
    try {
      for (const id of await ask(store)) {
        const end = await follow(store, id, signal);
        if (end) ended.push(end);
      }
    } finally {
      if (signal.aborted)
        process.stderr.write(embedded ? "stopping; finished jobs are kept\n" : "detached; the cluster goes on\n");
      await farm?.stop();
    }
    const results: ResultRow[] = [];
    for (const { experiment } of ended) results.push(...(await listResults(store, { experiment: experiment.id })));
    report(results, options.json);
    if (!options.json) {
      for (const { experiment } of ended) {
        printPaper(experiment, results);
        const saved = savedBy(experiment, results);
        if (saved !== null) process.stdout.write(`\n${saved}\n`);
      }
    }
    let failed = false;
    for (const end of ended) {
      await summarize(store, end, (performance.now() - started) / 1000);
      failed ||= end.experiment.state !== "done";
    }
    if (signal.aborted) return EXIT.interrupted;
    return failed ? EXIT.failed : EXIT.ok;
  });
}

/** Prints result rows: JSON for programs, a table with the origin of its data for people. */
export function report(results: readonly ResultRow[], json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length > 0) process.stdout.write(`${renderResults(results)}\n\n${renderOrigins(results)}\n`);
}

/** Prints the published numbers of an experiment's file beside its own; nothing for a file without them. */
function printPaper({ id, spec }: ExperimentRow, results: readonly ResultRow[]): void {
  const own = results.filter(({ experimentId }) => experimentId === id);
  const comparisons = compareWithPaper(spec.paper ?? [], own);
  if (comparisons.length > 0) process.stdout.write(`\n${renderPaper(comparisons)}\n`);
}

async function summarize(
  store: Store,
  { experiment, progress }: { experiment: ExperimentRow; progress: Progress },
  seconds: number,
): Promise<void> {
  const { name, id, state, error } = experiment;
  const executed = progress.done - progress.cached;
  process.stderr.write(
    `${name} (${id}) ${state}: ${executed} jobs executed, ${progress.cached} cached, ${progress.failed} failed, ${progress.blocked} blocked, in ${duration(seconds)}\n`,
  );
  if (error) process.stderr.write(`  ${error}\n`);
  for (const failure of await failuresOf(store, id)) {
    process.stderr.write(
      `  ${failure.kind} ${failure.key.slice(0, 10)} failed after ${failure.failures} attempts: ${failure.error}\n`,
    );
  }
  if (progress.failed > 0) process.stderr.write(`  run it again, or: shadowfarm retry --failed ${id}\n`);
}

/** What a person is told about an error: its message, without a stack trace unless asked for. */
export function explainError(error: unknown, verbose: boolean): { message: string; code: number } {
  if (error instanceof FarmError)
    return { message: verbose ? (error.stack ?? error.message) : error.message, code: EXIT.refused };
  const refusal = refusalOf(Object(error));
  if (refusal !== null && !verbose) {
    const why = "this login of the database may not do that";
    return { message: `${why}: ${refusal}; shadowfarm db roles says what each role may`, code: EXIT.refused };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    message: verbose ? stack : `unexpected: ${stack.split("\n")[0]}; add --verbose for the whole trace`,
    code: EXIT.failed,
  };
}
