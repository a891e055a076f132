import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Cancelled, EnvironmentFault, ProcessDied } from "@shadowfarm/core/errors";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Claim } from "@shadowfarm/store/jobs";
import type { Logger } from "pino";
import { type Hear, hearOutput } from "./child-output.ts";
import type { Compute, RunHooks, Settled } from "./compute.ts";
import { deathOf, oomKills } from "./deaths.ts";
import { CHILD_CONFIG, type ChildConfig, type FromChild, type ToChild } from "./protocol.ts";
import { watchCpu } from "./stuck.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
/**
 * There is a process for each core or GPU, and threads with which V8 compiles and collects take time from the others. Collecting in
 * one thread also is less work: two workers on two cores are 7 % faster, one beside an idle core 3 % slower.
 */
const V8 = ["--v8-pool-size=1", "--single-threaded-gc"];
/** How long a compute process may take to notice that its job was cancelled. */
const CANCEL_MS = 3_000;

/** What V8 says before it gives up. */
const HEAP_FULL = "JavaScript heap out of memory";

/** What a compute process has no use for, and must not be able to show. */
const NOT_FOR_CHILDREN = { DATABASE_URL: undefined, REDIS_URL: undefined, OTEL_EXPORTER_OTLP_HEADERS: undefined };

/** What its worker knows of a compute process. */
interface Heard {
  /** Whose lines it writes; null between runs. */
  hear: Hear | null;
  /** Once after each run: all of its lines were heard. */
  drained(): Promise<void>;
  started: boolean;
  /** Whether it said in this run that its JavaScript heap is full. */
  heapFull: boolean;
  /** The GPU that it has for life. */
  device: string | null;
}

/** What compute processes are given besides their settings. */
export interface ChildrenOptions extends ChildConfig {
  /** GPUs among which they are divided. */
  devices?: readonly string[];
  /** Time without any CPU time after which one that has a job is killed. */
  stuckMs: number;
}

/**
 * Runs jobs in compute processes, one job a process at a time. Computing blocks a process's event loop; in processes of
 * their own it blocks neither heartbeats nor locks, and what crashes there is one attempt, not the worker.
 */
export function openChildren(options: ChildrenOptions, log: Logger): Compute {
  const { artifacts, datasetFolders, nchwc, checkpointSeconds, devices = [], stuckMs } = options;
  const idle: ChildProcess[] = [];
  const all = new Map<ChildProcess, Heard>();

  const outsideRuns: Hear = (from, text) => log.info({ from }, text);

  /** The GPU with the fewest processes. */
  const nextDevice = (): string | null => {
    const held = [...all.values()].map(({ device }) => device);
    const countOf = (device: string) => held.filter((one) => one === device).length;
    return [...devices].sort((a, b) => countOf(a) - countOf(b))[0] ?? null;
  };

  const spawn = (): ChildProcess => {
    const device = nextDevice();
    const onDevice = device === null ? {} : { CUDA_VISIBLE_DEVICES: device };
    const config: ChildConfig = { artifacts, datasetFolders, nchwc, checkpointSeconds };
    const child = fork(CHILD, [], {
      env: { ...process.env, ...NOT_FOR_CHILDREN, ...onDevice, [CHILD_CONFIG]: JSON.stringify(config) },
      execArgv: [...V8, "--import", LOADER],
      serialization: "advanced",
      // Its standard output would mix with the tables and JSON that this process prints.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const heard: Heard = {
      hear: null,
      drained: hearOutput(child, (from, text) => {
        heard.heapFull ||= from === "stderr" && text.includes(HEAP_FULL);
        (heard.hear ?? outsideRuns)(from, text);
      }),
      started: false,
      heapFull: false,
      device,
    };
    all.set(child, heard);
    // The first message says that it is there.
    child.once("message", () => {
      heard.started = true;
    });
    child.on("error", () => {
      if (child.pid === undefined) all.delete(child);
    });
    child.on("exit", () => {
      all.delete(child);
      const position = idle.indexOf(child);
      if (position >= 0) idle.splice(position, 1);
    });
    return child;
  };

  return {
    async run(job, signal, hooks) {
      const child = idle.pop() ?? spawn();
      const heard = all.get(child);
      if (heard) heard.hear = hooks.hear;
      const heapFull = () => heard?.heapFull ?? false;
      const settled = await runIn(child, job, signal, { ...hooks, stuckMs, heapFull });
      await heard?.drained();
      if (heard) heard.hear = null;
      // A process in which a job failed may hold what made it fail; the next job gets a fresh one.
      if (settled.some((one) => "failure" in one)) child.kill("SIGKILL");
      else if (child.connected) idle.push(child);
      return settled;
    },
    async ready() {
      await (await openArtifacts(artifacts)).probe();
      if ([...all.values()].some(({ started }) => started)) return;
      const child = spawn();
      await firstMessage(child);
      if (child.connected) idle.push(child);
    },
    async close() {
      await Promise.all(
        [...all.keys()].map(
          (child) =>
            new Promise<void>((resolve) => {
              child.once("exit", () => resolve());
              child.kill("SIGKILL");
            }),
        ),
      );
    },
  };
}

function firstMessage(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new EnvironmentFault(`no compute process: ${why}`, { retryable: true }));
    child.once("message", () => resolve());
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code, by) => fail(`it ended with ${by ?? `code ${code}`}`));
  });
}

interface RunOptions extends RunHooks {
  stuckMs: number;
  heapFull(): boolean;
}

function runIn(
  child: ChildProcess,
  job: Claim,
  signal: AbortSignal,
  { claimMore, keep, tellSteps, stuckMs, heapFull }: RunOptions,
): Promise<Settled[]> {
  return new Promise((resolve, reject) => {
    const whole = { name: "compute", start: Date.now() };
    const killsBefore = oomKills();
    const cpu = child.pid === undefined ? null : watchCpu(child.pid, stuckMs, () => settle(endStuck));
    let killer: NodeJS.Timeout | undefined;
    const cancel = () => {
      tell(child, { type: "cancel" });
      killer = setTimeout(() => child.kill("SIGKILL"), CANCEL_MS);
    };
    const endStuck = () => {
      child.kill("SIGKILL");
      const idle = `the compute process ${child.pid} made no progress: it used no CPU time for ${stuckMs / 1_000} s`;
      reject(new ProcessDied("stuck", `${idle}, and was killed; SHADOWFARM_STUCK sets how long that may last`));
    };
    const settle = (finish: () => void) => {
      cpu?.stop();
      clearTimeout(killer);
      signal.removeEventListener("abort", cancel);
      child.off("message", hear);
      child.off("close", lose);
      child.off("error", fail);
      tellSteps([{ ...whole, end: Date.now() }]);
      finish();
    };
    const hear = (message: FromChild) => {
      if (message.type === "settled") {
        tellSteps(message.steps.map((step) => ({ ...step, within: whole })));
        settle(() => resolve(message.jobs));
      }
      if (message.type === "checkpoint") keep(message.artifacts);
      if (message.type === "more") {
        claimMore(message.most).then(
          (jobs) => tell(child, { type: "more", jobs }),
          // Company is a matter of speed alone.
          () => tell(child, { type: "more", jobs: [] }),
        );
      }
    };
    const lose = (code: number | null, by: NodeJS.Signals | null) =>
      settle(() => {
        if (signal.aborted) return reject(new Cancelled());
        const kills = oomKills();
        const memoryFull = kills !== null && killsBefore !== null && kills > killsBefore;
        reject(deathOf({ pid: child.pid, code, by, heapFull: heapFull(), memoryFull }));
      });
    const fail = (error: Error) =>
      settle(() => reject(new EnvironmentFault(`no compute process: ${error.message}`, { retryable: true })));

    child.on("message", hear);
    // Not its exit: what it wrote before is part of the run.
    child.on("close", lose);
    child.on("error", fail);
    signal.addEventListener("abort", cancel);
    tell(child, { type: "run", job });
    if (signal.aborted) cancel();
  });
}

/** A message to a process that has just died is answered by its exit. */
function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}
