import { monitorEventLoopDelay } from "node:perf_hooks";
import { catalogFor } from "@shadowfarm/ml/catalog";
import { openSender } from "@shadowfarm/queue/queue";
import { SCHEDULER_DEFAULTS, startScheduler } from "@shadowfarm/scheduler/scheduler";
import { openStore } from "@shadowfarm/store/client";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import type { Usage } from "./process.ts";

// A scheduler in a process of its own, which says what it has used whenever it is asked.
const databaseUrl = process.argv[2] as string;
const store = await openStore(databaseUrl);
const sender = await openSender({ databaseUrl, redisUrl: process.env.REDIS_URL || null, prefix: "bench" });
const telemetry = openTelemetry({ level: "warn", addresses: [databaseUrl, process.env.REDIS_URL] });
const scheduler = await startScheduler({ ...SCHEDULER_DEFAULTS, store, sender, catalogFor, telemetry });
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000, blockedMs: delay.max / 1e6 } satisfies Usage);
  delay.reset();
});
process.on("disconnect", async () => {
  await scheduler.stop();
  await sender.close();
  await store.close();
});
process.send?.("ready");
