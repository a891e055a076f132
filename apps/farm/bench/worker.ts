import { tmpdir } from "node:os";
import { setTimeout } from "node:timers/promises";
import { VERSION } from "@shadowfarm/core/version";
import { openStore } from "@shadowfarm/store/client";
import { openFolder } from "@shadowfarm/store/folder-artifacts";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { type RunningWorker, startWorker, WORKER_DEFAULTS } from "@shadowfarm/worker/worker";

// Workers whose jobs compute nothing: what is left is the farm's own cost. Each job takes as long as its key says, from the
// shortest to the longest; in several runs it takes equally long. It says so at its end, since jobs are handed out in the order of
// their keys: by the beginning, all that start together would also end together.
const [databaseUrl, workers, slots, shortestMs, longestMs] = process.argv.slice(2) as [string, ...string[]];
const redisUrl = process.env.REDIS_URL || null;
const store = await openStore(databaseUrl);
const [shortest, longest] = [Number(shortestMs), Number(longestMs)];
const running: RunningWorker[] = [];
// One after the other: as each starts it asks the database which farm this is, on a connection of its own.
while (running.length < Number(workers)) {
  running.push(
    await startWorker({
      ...WORKER_DEFAULTS,
      store,
      queue: { databaseUrl, redisUrl, prefix: "bench" },
      compute: {
        async run({ key }, signal) {
          const ms = shortest + (longest - shortest) * (Number.parseInt(key.slice(-8), 16) / 2 ** 32);
          if (ms > 0) await setTimeout(ms, undefined, { signal });
          return [{ key, outcome: { artifacts: {}, seconds: ms / 1000 } }];
        },
        ready: async () => {},
        close: async () => {},
      },
      artifacts: openFolder(tmpdir()),
      slots: Number(slots),
      engine: "none",
      version: VERSION,
      telemetry: openTelemetry({ level: "silent", addresses: [databaseUrl] }),
    }),
  );
}
process.on("disconnect", async () => {
  await Promise.all(running.map((worker) => worker.stop()));
  await store.close();
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000, blockedMs: 0 });
});
process.send?.("ready");
