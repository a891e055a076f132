import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../memory-process.ts", import.meta.url));

test("a worker that prepares, trains on and asks about 60,000 CIFAR images holds less than 1.5 GiB", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-memory-"));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, folder]);
    const { records, jobs, megabytes } = JSON.parse(stdout) as { records: number; jobs: string[]; megabytes: number };
    process.stdout.write(`measured ${Math.round(megabytes)} MB\n`);
    expect([records, jobs]).toEqual([60_000, ["prepare", "train", "query", "attack"]]);
    expect(megabytes).toBeLessThan(1536);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
