import type { FarmConfig } from "../config.ts";
import { startFarm } from "../farm.ts";
import { EXIT, interruption, withStore } from "../session.ts";
import { aborted, serveApi } from "./api.ts";

/** `up`: a farm for whatever is submitted to this home or database, until it is interrupted. */
export async function up(settings: FarmConfig, options: { workers?: number; postgresPort?: number }): Promise<number> {
  const config = {
    ...settings,
    slots: options.workers ?? settings.slots,
    postgresPort: options.postgresPort ?? settings.postgresPort,
  };
  const signal = interruption();
  return withStore(config, async (store) => {
    const farm = await startFarm(config, store, "stderr");
    try {
      const served = await serveApi(config, store, farm.telemetry);
      process.stderr.write(
        `the farm runs with ${config.slots} jobs at a time; hand it experiments with "shadowfarm submit SPEC", end it with Ctrl-C\n`,
      );
      process.stderr.write(`the dashboard is at ${served.url}, the API at ${served.url}/api (${served.url}/docs)\n`);
      await aborted(signal);
      await served.stop();
    } finally {
      await farm.stop();
    }
    return EXIT.ok;
  });
}
