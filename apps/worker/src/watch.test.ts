import type { AttemptLines } from "@shadowfarm/store/attempt-logs";
import type { Store } from "@shadowfarm/store/client";
import type { Claim } from "@shadowfarm/store/jobs";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { expect, test } from "vitest";
import { watchWorker } from "./watch.ts";

const job = { key: "0123456789abcdef", kind: "train", fence: 3, experiment: "aaaaaaaaaa", params: {} } as Claim;

/** A watch on a database that takes lines, unless it is away. */
function aWatch() {
  const kept: AttemptLines[][] = [];
  const database = { away: false };
  const $executeRaw = async (_: TemplateStringsArray, json: string) => {
    if (database.away) throw new Error("away");
    kept.push(JSON.parse(json));
  };
  const logged: Record<string, unknown>[] = [];
  const telemetry = openTelemetry({
    level: "info",
    destination: { write: (line) => logged.push(JSON.parse(line)) },
    addresses: ["postgres://lab:hush-hush@db"],
  });
  const watch = watchWorker(telemetry, { db: { $executeRaw } } as unknown as Store, 2, () => 1, "test");
  const texts = () => kept.map((attempts) => attempts.map(({ lines }) => lines.map(({ text }) => text)));
  return { watch, database, kept, texts, logged, metrics: () => telemetry.registry.metrics() };
}

test("every line about a job says which one, of which experiment, in the log and beside the attempt, without a secret", async () => {
  const { watch, kept, texts, logged } = aWatch();
  watch.begin(job, 0);
  watch.hear([job], "stderr", "connecting with hush-hush");
  watch.say(job, "error", "attempt failed", new Error("no answer"));
  await watch.keep();
  const about = { experiment: "aaaaaaaaaa", job: job.key, kind: "train", attempt: 3 };
  expect(logged).toMatchObject([
    { ...about, from: "stderr", msg: "connecting with ***" },
    { ...about, msg: "attempt failed" },
  ]);
  expect(kept).toMatchObject([[{ key: job.key, fence: 3, dropped: 0 }]]);
  expect(texts()[0]?.[0]?.slice(0, 2)).toEqual(["connecting with ***", "attempt failed: Error: no answer"]);
});

test("lines are kept when there are new ones, and kept later when the database is away", async () => {
  const { watch, database, texts } = aWatch();
  watch.begin(job, 0);
  await watch.keep();
  watch.hear([job], "stdout", "one");
  database.away = true;
  await watch.keep();
  expect(texts()).toEqual([]);
  watch.end(job, "done", 1);
  database.away = false;
  await watch.keep();
  await watch.keep();
  expect(texts()).toEqual([[["one"]]]);
});

test("an attempt is counted once, with its seconds when it was done", async () => {
  const { watch, metrics } = aWatch();
  watch.begin(job, 0);
  watch.end(job, "done", 7);
  watch.end(job, "failed");
  const again = { ...job, fence: 4 };
  watch.begin(again, 0);
  watch.end(again, "lost");
  const page = await metrics();
  expect(page).toContain('shadowfarm_attempts_total{kind="train",outcome="done"} 1');
  expect(page).toContain('shadowfarm_attempts_total{kind="train",outcome="failed"} 0');
  expect(page).toContain('shadowfarm_attempts_total{kind="train",outcome="lost"} 1');
  expect(page).toContain('shadowfarm_job_duration_seconds_bucket{le="5",kind="train"} 0');
  expect(page).toContain('shadowfarm_job_duration_seconds_bucket{le="15",kind="train"} 1');
  expect(page).toContain('shadowfarm_job_duration_seconds_sum{kind="train"} 7');
  expect(page).toContain("shadowfarm_worker_busy_slots 1");
});
