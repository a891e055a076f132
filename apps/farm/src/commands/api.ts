import { type Api, startApi } from "@shadowfarm/api/server";
import { secretsOf } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Store } from "@shadowfarm/store/client";
import { openTelemetry, type Telemetry } from "@shadowfarm/telemetry/telemetry";
import type { FarmConfig } from "../config.ts";
import { EXIT, interruption, withStore } from "../session.ts";

/** Serves the API and the dashboard on a database, which is closed by whoever opened it. */
export async function serveApi(config: FarmConfig, store: Store, { log }: Telemetry): Promise<Api> {
  const place = { datasetFolders: config.datasetFolders, engine: config.engine, computes: config.databaseUrl === null };
  const artifacts = await openArtifacts(config.artifacts);
  return startApi({ ...config.api, store, artifacts, place, user: config.user, log });
}

/** `api`: the API and the dashboard alone, until it is interrupted. */
export async function api(config: FarmConfig): Promise<number> {
  const signal = interruption();
  return withStore(config, async (store) => {
    const telemetry = openTelemetry({
      level: config.logLevel,
      addresses: [store.url],
      secrets: secretsOf(config.artifacts),
    });
    telemetry.check("database", () => store.db.$queryRaw`SELECT 1`);
    const metrics = config.metrics && (await telemetry.serve(config.metrics));
    const served = await serveApi(config, store, telemetry);
    telemetry.phase("running");
    process.stderr.write(
      `the API is at ${served.url}/api, its documentation at ${served.url}/docs, the dashboard at ${served.url}; end it with Ctrl-C\n`,
    );
    await aborted(signal);
    telemetry.phase("stopping");
    await served.stop();
    await metrics?.close();
    return EXIT.ok;
  });
}

/** Resolves once the process is to stop. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
