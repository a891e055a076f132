import { expect, test } from "vitest";
import { gather } from "./gather.ts";

test("what is asked for while a batch is under way makes up the next, and everyone has the own answer", async () => {
  const batches: number[][] = [];
  let release: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    release = resolve;
  });
  let began: () => void = () => {};
  const beginning = new Promise<void>((resolve) => {
    began = resolve;
  });
  const double = gather(async (items: readonly number[]) => {
    batches.push([...items]);
    began();
    if (batches.length === 1) await first;
    return items.map((item) => 2 * item);
  });
  const early = [double(1), double(2)];
  await beginning;
  const late = [double(3), double(4), double(5)];
  release();
  expect(await Promise.all([...early, ...late])).toEqual([2, 4, 6, 8, 10]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  expect(await double(6)).toBe(12);
});

test("one that cannot be done spoils none of the others", async () => {
  const root = gather(async (items: readonly number[]) => {
    if (items.some((item) => item < 0)) throw new RangeError("no root");
    return items.map(Math.sqrt);
  });
  const ends = await Promise.allSettled([root(4), root(-1), root(9)]);
  expect(ends.map((end) => (end.status === "fulfilled" ? end.value : end.reason.message))).toEqual([2, "no root", 3]);
  await expect(root(-4)).rejects.toThrow("no root");
  expect(await root(16)).toBe(4);
});
