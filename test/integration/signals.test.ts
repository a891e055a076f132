import { onWake, WAKE_CHANNEL, wakeSchedulers } from "@shadowfarm/store/signals";
import { expect } from "vitest";
import { eventually, test } from "../fixtures.ts";

test("who waits for signals hears them again after the database cut the connection", async ({ store }) => {
  const heard: (string | undefined)[] = [];
  const waking = await onWake(store, (what) => heard.push(what));
  await wakeSchedulers(store.db, "experiments");
  await eventually("a signal is heard", async () => heard.length === 1);
  const [cut] = await store.db.$queryRaw<[{ cut: number }]>`
    SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity
    WHERE datname = current_database() AND query = ${`LISTEN ${WAKE_CHANNEL}`}`;
  expect(cut).toEqual({ cut: 1 });
  // What was said meanwhile is lost: that it is back is a reason to look.
  await eventually("it listens again", async () => heard.length === 2);
  await wakeSchedulers(store.db, "workers");
  await eventually("a signal is heard", async () => heard.length === 3);
  expect(heard).toEqual(["experiments", undefined, "workers"]);
  await waking.close();
  await waking.close();
});
