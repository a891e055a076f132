import path from "node:path";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { type Downloaded, type DownloadOptions, download } from "./download.ts";
import type { Task } from "./pull-tasks.ts";

/** How many files are downloaded at a time. */
const AT_ONCE = 4;
/** When so many different servers are silent, and none has answered, it is this machine that has no network. */
const SILENT_HOSTS = 3;

/** Is told how downloads go on. A file is named `dataset/file`. */
export interface PullView {
  progress(file: string, bytes: number, total: number): void;
  wait(file: string, holder: string): void;
  end(file: string): void;
}

export interface PullOptions {
  signal?: AbortSignal;
  view?: PullView;
  patience?: Pick<DownloadOptions, "rounds" | "againMs" | "silentMs">;
}

/**
 * Downloads the files that have no outcome yet, and gives them one.
 *
 * @throws {EnvironmentFault} when the folder cannot be written or is full, or when no server at all can be reached
 * @throws the signal's reason, when it is aborted
 */
export async function fetchAll(tasks: readonly Task[], { signal, view, patience }: PullOptions): Promise<void> {
  const missing = tasks.filter(({ outcome }) => outcome === null);
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const servers = new Set(missing.flatMap(({ wanted }) => wanted.urls.map(hostOf)));
  const silent = new Set<string>();
  let reached = false;
  const left = missing.values();
  const work = async () => {
    for (const task of left) {
      const { wanted, folder, home } = task;
      const name = `${home}/${wanted.file}`;
      task.outcome = await download(wanted, path.join(folder, home), {
        ...patience,
        signal: either,
        onWait: (holder) => view?.wait(name, holder),
        onProgress(bytes, total) {
          reached = true;
          view?.progress(name, bytes, total ?? wanted.bytes);
        },
      });
      view?.end(name);
      reached ||= task.outcome.state !== "failed" || task.outcome.reached;
      if (task.outcome.state !== "failed") continue;
      for (const { url } of task.outcome.reasons) silent.add(hostOf(url));
      if (!reached && silent.size >= Math.min(SILENT_HOSTS, servers.size)) throw offline(missing, task.outcome);
    }
  };
  // The first fault, of the disk or the network, is all the others' too.
  const workers = Array.from({ length: AT_ONCE }, () => work().catch((error: unknown) => stop.abort(error)));
  await Promise.all(workers);
  either.throwIfAborted();
}

function offline(missing: readonly Task[], { reasons }: Downloaded & { state: "failed" }): EnvironmentFault {
  const [first] = reasons;
  const why = first ? ` (${hostOf(first.url)} ${first.reason})` : "";
  return new EnvironmentFault(
    [
      `no server of the data answers${why}; if this machine is offline, fetch these files elsewhere, then give: shadowfarm data import PATH`,
      ...missing.map(({ home, wanted }) => `  ${home}: ${wanted.urls[0]}`),
    ].join("\n"),
  );
}

function hostOf(url: string): string {
  return new URL(url).host;
}
