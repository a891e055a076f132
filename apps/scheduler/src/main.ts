import { catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { openStore } from "@shadowfarm/store/client";
import { pino } from "pino";
import { readConfig } from "./config.ts";
import { SCHEDULER_DEFAULTS, startScheduler } from "./scheduler.ts";

const config = readConfig(process.env);
const store = await openStore(config.databaseUrl);
const sender = await openSender(config.queue);
const log = pino({ level: config.logLevel }, pino.destination(2));
const scheduler = await startScheduler({ ...SCHEDULER_DEFAULTS, store, sender, catalogFor, log });

const stop = async () => {
  await scheduler.stop();
  await sender.close();
  await store.close();
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
