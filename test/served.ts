import { test } from "./fixtures.ts";
import { type ServedApi, serveStored } from "./served-api.ts";

/** With a database of the test's own, and the API on it: open to this machine, or to tokens alone. */
export const served = test.extend<{ api: ServedApi; guarded: ServedApi }>({
  async api({ store, folder }, use) {
    const api = await serveStored(store, folder);
    await use(api);
    await api.stop();
  },
  async guarded({ store, folder }, use) {
    const api = await serveStored(store, folder, { host: "0.0.0.0" });
    await use(api);
    await api.stop();
  },
});
