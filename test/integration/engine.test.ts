import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../engine-process.ts", import.meta.url));

async function inProcess<T>(what: string): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--import", "tsx", script, what]);
  return JSON.parse(stdout) as T;
}

test("two processes side by side compute, to the bit, what one computes alone", async () => {
  const alone = await inProcess("train");
  expect(await Promise.all([inProcess("train"), inProcess("train")])).toEqual([alone, alone]);
});

test("memory stays as it is over 5,000 steps, and over 200 programs made and thrown away", async () => {
  const { rss } = await inProcess<{ rss: { megabytes: number[]; tensors: number[] } }>("memory");
  const [warm = 0, afterSteps = 0, afterPrograms = 0] = rss.megabytes;
  // What is returned to the system in between may be less than before, too.
  expect(afterSteps).toBeLessThan(1.05 * warm);
  expect(afterPrograms).toBeLessThan(1.05 * warm);
  expect(new Set(rss.tensors).size).toBe(1);
});
