import { catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { openStore } from "@shadowfarm/store/client";
import { dieReadably, openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { readConfig } from "./config.ts";
import { SCHEDULER_DEFAULTS, startScheduler } from "./scheduler.ts";

const config = readConfig(process.env);
const { databaseUrl, queue } = config;
const telemetry = openTelemetry({ level: config.logLevel, addresses: [databaseUrl, queue.redisUrl] });
dieReadably(telemetry);
const served = config.metrics && (await telemetry.serve(config.metrics));
const traced = config.traced ? await telemetry.exportSpans("scheduler") : null;
const store = await openStore(databaseUrl);
const sender = await openSender(queue);
const scheduler = await startScheduler({ ...SCHEDULER_DEFAULTS, store, sender, catalogFor, telemetry });
telemetry.phase("running");

const stop = async () => {
  telemetry.phase("stopping");
  await scheduler.stop();
  await traced?.close();
  await sender.close();
  await store.close();
  await served?.close();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
