import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { rounded } from "./stage.ts";

// `npm run bench:scaling --silent`: how much faster two workers are than one, on the sweep over eight datasets. Each run has a new
// home; the runs alternate, so that what else the machine does falls on both. Prints one JSON object.

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "2" }, spec: { type: "string", default: "eight-datasets.yaml" } },
});
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const spec = fileURLToPath(new URL(`../experiments/${values.spec}`, import.meta.url));

const seconds: Record<"one" | "two", number[]> = { one: [], two: [] };
for (let round = 0; round < Number(values.rounds); round++) {
  seconds.one.push(await run(1));
  seconds.two.push(await run(2));
}
const [one, two] = [Math.min(...seconds.one), Math.min(...seconds.two)];
process.stdout.write(`${JSON.stringify({ speedup: rounded(one / two), one, two, runs: seconds })}\n`);

/** Seconds from the submission to the last result. */
async function run(workers: number): Promise<number> {
  const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-bench-"));
  await chmod(home, 0o755); // The database may be run by another user.
  const farm = async (...args: string[]) => {
    const env = { ...process.env, SHADOWFARM_HOME: home };
    return promisify(execFile)(process.execPath, ["--import", "tsx", main, ...args], { env, maxBuffer: 2 ** 28 });
  };
  try {
    await farm("run", spec, "--workers", String(workers), "--json");
    const [experiment] = JSON.parse((await farm("status", "--json")).stdout);
    return rounded((Date.parse(experiment.finishedAt) - Date.parse(experiment.submittedAt)) / 1000);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
