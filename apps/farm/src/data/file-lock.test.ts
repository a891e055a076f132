import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withFileLock } from "./file-lock.ts";

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  lock = path.join(folder, "lock");
});
afterEach(() => rm(folder, { recursive: true }));

/** A promise, and what settles it. */
function aGate(): { open(): void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** A lock as another process left it. */
async function leaveLock(holder: { pid?: number; host?: string } | string): Promise<void> {
  const whole = { pid: process.pid, host: hostname(), token: "another", ...(typeof holder === "object" && holder) };
  await writeFile(lock, typeof holder === "string" ? holder : JSON.stringify(whole));
}

test("of two, the second waits for the first, and is told for whom", async () => {
  const [inside, gate, waiting] = [aGate(), aGate(), aGate()];
  const done: string[] = [];
  const first = withFileLock(lock, {}, async () => {
    inside.open();
    await gate.opened;
    done.push("first");
  });
  await inside.opened;
  const holders: string[] = [];
  const onWait = (holder: string) => {
    holders.push(holder);
    waiting.open();
  };
  const second = withFileLock(lock, { onWait }, async () => done.push("second"));
  await waiting.opened;
  expect(done).toEqual([]);
  gate.open();
  await Promise.all([first, second]);
  expect(done).toEqual(["first", "second"]);
  expect(holders).toEqual([`process ${process.pid}`]);
  expect(await readdir(folder)).toEqual([]);
});

test("what fails gives the lock back", async () => {
  const failure = withFileLock(lock, {}, () => Promise.reject(new Error("failed")));
  await expect(failure).rejects.toThrow("failed");
  expect(await readdir(folder)).toEqual([]);
});

test("a dead process's lock is taken over at once", async () => {
  await leaveLock({ pid: spawnSync(process.execPath, ["--version"]).pid });
  expect(await withFileLock(lock, { silentMs: 1e9 }, async () => "taken")).toBe("taken");
});

test.each([
  ["of another machine", { host: "elsewhere", pid: 1 }],
  ["of an earlier process with a living one's number", { pid: process.pid }],
  ["that was never written to its end", '{"pid":'],
])("a lock %s is taken over once it was silent", async (_, holder) => {
  await leaveLock(holder);
  expect(await withFileLock(lock, { silentMs: 150 }, async () => "taken")).toBe("taken");
  expect(await readdir(folder)).toEqual([]);
});

test("a stale lock is taken over by one of many, and then by the next", async () => {
  await leaveLock({ pid: spawnSync(process.execPath, ["--version"]).pid });
  let inside = 0;
  const most: number[] = [];
  const use = async () => {
    most.push(++inside);
    await readFile(lock);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withFileLock(lock, {}, use)));
  expect(most).toEqual(new Array(8).fill(1));
  expect(await readdir(folder)).toEqual([]);
});

test("who waits can be interrupted, and leaves the lock to its holder", async () => {
  await leaveLock({ pid: process.pid });
  const controller = new AbortController();
  const reason = new Error("interrupted");
  const onWait = () => controller.abort(reason);
  const waiting = withFileLock(lock, { signal: controller.signal, onWait }, async () => "taken");
  await expect(waiting).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["lock"]);
});
