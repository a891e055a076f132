import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cpuSeconds, deathOf, type End, oomKills } from "./deaths.ts";

const anEnd = (changes: Partial<End>): End => ({
  pid: 7,
  code: null,
  by: null,
  heapFull: false,
  memoryFull: false,
  ...changes,
});

test.each([
  ["memory", { by: "SIGKILL", memoryFull: true }, /killed by SIGKILL for lack of memory; run fewer jobs/],
  ["killed", { by: "SIGKILL" }, /killed by SIGKILL from outside/],
  ["heap", { by: "SIGABRT", heapFull: true }, /ran out of JavaScript heap; give it more/],
  ["heap", { code: 134, heapFull: true }, /ran out of JavaScript heap/],
  ["crash", { by: "SIGSEGV", memoryFull: true }, /crashed with SIGSEGV/],
  ["crash", { by: "SIGABRT" }, /crashed with SIGABRT/],
  ["exit", { code: 3 }, /exited with code 3/],
] as const)("%s: %o", (death, end, message) => {
  expect(deathOf(anEnd(end))).toMatchObject({ death, retryable: true, message: expect.stringMatching(message) });
});

describe("kills for lack of memory are counted", () => {
  let root = "";
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "shadowfarm-cgroup-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const put = async (file: string, text: string) => {
    await mkdir(path.join(root, path.dirname(file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };

  test("in the process's own group, of version 2", async () => {
    await put("proc/self/cgroup", "0::/job.slice/17\n");
    await put("proc/vmstat", "oom_kill 99\n");
    await put("sys/fs/cgroup/job.slice/17/memory.events", "low 0\noom 5\noom_kill 3\noom_group_kill 0\n");
    expect(oomKills(root)).toBe(3);
  });

  test("in a container, whose group is at the root", async () => {
    await put("proc/self/cgroup", "0::/kubepods/pod1\n");
    await put("sys/fs/cgroup/memory.events", "oom 1\noom_kill 2\n");
    expect(oomKills(root)).toBe(2);
  });

  test("of version 1", async () => {
    await put("proc/self/cgroup", "11:cpu,cpuacct:/x\n4:memory:/slurm/job_17\n");
    await put("sys/fs/cgroup/memory/slurm/job_17/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    expect(oomKills(root)).toBe(1);
  });

  test("of the whole system without any, and not at all where nothing is told", async () => {
    expect(oomKills(root)).toBeNull();
    await put("proc/self/cgroup", "0::/\n");
    await put("proc/vmstat", "nr_free_pages 1\noom_kill 4\n");
    expect(oomKills(root)).toBe(4);
  });
});

test.skipIf(process.platform !== "linux")("the CPU time of a process is what the system says", () => {
  const { user, system } = process.cpuUsage();
  expect(cpuSeconds(process.pid)).toBeCloseTo((user + system) / 1e6, 0);
  expect(cpuSeconds(2 ** 30)).toBeNull();
});
