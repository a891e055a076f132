import { expect, test } from "vitest";
import { watchChecks, watchPulses } from "./health.ts";

test("a loop that does not beat in time is stuck until it beats again", () => {
  let now = 0;
  const { pulse, stuck } = watchPulses(() => now);
  const loop = pulse("rounds", 60_000);
  pulse("heartbeats", 90_000);
  now = 60_000;
  expect(stuck()).toEqual([]);
  now = 60_100;
  expect(stuck()).toEqual([{ what: "rounds", problem: "did not run for 60.1 s; it should within 60 s" }]);
  loop.beat();
  expect(stuck()).toEqual([]);
});

test("every check that fails is named with the last line of its reason", async () => {
  const { check, failing } = watchChecks();
  check("database", () => Promise.reject(new Error("Invalid call:\n\nCan't reach database server at db:5432\n")));
  check("queue", () => Promise.resolve(3));
  expect(await failing()).toEqual([{ what: "database", problem: "Can't reach database server at db:5432" }]);
});

test("a check that hangs is reported, and not started again until it ends", async () => {
  let started = 0;
  let answer = () => {};
  const { check, failing } = watchChecks(1);
  check("queue", () => {
    started += 1;
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  const late = [{ what: "queue", problem: "did not answer within 0.001 s" }];
  expect(await Promise.all([failing(), failing()])).toEqual([late, late]);
  expect(await failing()).toEqual(late);
  expect(started).toBe(1);
  answer();
  await Promise.resolve();
  await failing();
  expect(started).toBe(2);
});
