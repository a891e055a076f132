import { type Api, startApi } from "@shadowfarm/api/server";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { Store } from "@shadowfarm/store/client";
import { pino } from "pino";
import { test } from "./fixtures.ts";

async function serve(store: Store, folder: string, host: string): Promise<Api> {
  return startApi({
    ...{ store, host, port: 0, rate: 10_000, user: "ann", log: pino({ level: "silent" }) },
    artifacts: await openArtifacts({ kind: "folder", folder }),
    place: { datasetFolders: [], engine: "auto", computes: true },
  });
}

/** With a database of the test's own, and the API on it: open to this machine, or to tokens alone. */
export const served = test.extend<{ api: Api; guarded: Api }>({
  async api({ store, folder }, use) {
    const api = await serve(store, folder, "127.0.0.1");
    await use(api);
    await api.stop();
  },
  async guarded({ store, folder }, use) {
    const api = await serve(store, folder, "0.0.0.0");
    await use({ ...api, url: api.url.replace("0.0.0.0", "127.0.0.1") });
    await api.stop();
  },
});
