import { expect, test } from "vitest";
import { watchTakes } from "./takes.ts";

/** A worker by what it says of itself, at a time that is set. */
function aWorker() {
  const state = { at: 0, free: true, messages: 0, reopened: [] as string[] };
  const takes = watchTakes({
    patienceMs: 60,
    free: () => state.free,
    waiting: async () => state.messages,
    reopen: async (problem) => void state.reopened.push(problem),
    now: () => state.at,
  });
  const lookAt = async (...times: number[]) => {
    for (const at of times) {
      state.at = at;
      await takes.look();
    }
  };
  return { state, takes, lookAt };
}

test("messages that wait beside free slots make it open its consumer anew, and show until one comes", async () => {
  const { state, takes, lookAt } = aWorker();
  state.messages = 3;
  await lookAt(61, 100, 120);
  expect(takes.problem()).toBeNull();
  await lookAt(122);
  expect(state.reopened).toHaveLength(1);
  expect(takes.problem()).toMatch(/3 messages wait/);
  await lookAt(130, 140);
  expect(state.reopened).toHaveLength(1);
  await lookAt(191);
  expect(state.reopened).toHaveLength(2);
  takes.taken();
  expect(takes.problem()).toBeNull();
});

test("an idle queue, a busy worker and messages that come are no cause", async () => {
  const { state, takes, lookAt } = aWorker();
  await lookAt(100, 200, 300);
  state.messages = 5;
  state.free = false;
  await lookAt(400, 500, 600);
  state.free = true;
  for (let at = 600; at < 900; at += 20) {
    state.at = at;
    takes.taken();
    await lookAt(at + 10);
  }
  expect(state.reopened).toEqual([]);
});
