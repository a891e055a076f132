import path from "node:path";
import { Writable } from "node:stream";
import { type Api, startApi } from "@shadowfarm/api/server";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Artifacts } from "@shadowfarm/store/artifacts";
import type { Store } from "@shadowfarm/store/client";
import { type Logger, pino } from "pino";

/** An API in this process, with the artifacts of a folder. */
export interface ServedApi extends Api {
  /** As it is reached from here. */
  at: string;
  artifacts: Artifacts;
}

/** Serves a store's farm on any free port. */
export async function serveStored(
  store: Store,
  folder: string,
  options: { host?: string; log?: Logger; datasetFolders?: string[] } = {},
): Promise<ServedApi> {
  const { host = "127.0.0.1", log = pino({ level: "silent" }), datasetFolders = [] } = options;
  const artifacts = await openArtifacts({ kind: "folder", folder: path.join(folder, "artifacts") });
  const place = { datasetFolders, engine: "auto", computes: true } as const;
  const api = await startApi({ store, artifacts, place, host, port: 0, rate: 1_000_000, user: "ann", log });
  return { ...api, at: api.url.replace("0.0.0.0", "127.0.0.1"), artifacts };
}

/** A log, and all that it was told. */
export function heardLog(level: string): { log: Logger; heard(): string } {
  let all = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      all += chunk;
      done();
    },
  });
  return { log: pino({ level }, stream), heard: () => all };
}
