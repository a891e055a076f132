import { openStore, type Store } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import type { FarmConfig } from "./config.ts";

/** The farm's database, up to date and open. */
export interface Database {
  store: Store;
  /** Migrations that opening it applied. */
  migrated: string[];
  close(): Promise<void>;
}

/** Opens the cluster's database, or the embedded one of the home, which is started when it does not run. */
export async function openDatabase(config: FarmConfig): Promise<Database> {
  const embedded = config.databaseUrl === null ? await startEmbedded(config.home, config.postgresPort) : null;
  const url = embedded?.url ?? (config.databaseUrl as string);
  try {
    const migrated = await migrate(url);
    const store = await openStore(url);
    return {
      store,
      migrated,
      async close() {
        await store.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
