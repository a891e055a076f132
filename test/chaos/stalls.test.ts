import { describe, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { anExperiment } from "./experiment.ts";
import { type Farm, openFarm } from "./farm.ts";
import { heldBy } from "./faults.ts";
import { missing, say, settings } from "./settings.ts";

const BLOCK = new URL("block.mjs", import.meta.url).href;
const LONGEST_MS = 1_200_000;

async function withFarm(env: Record<string, string>, use: (farm: Farm) => Promise<void>): Promise<void> {
  const farm = await openFarm({ diskBytes: null, env });
  try {
    await farm.submit(await anExperiment(farm.folder, 1));
    await use(farm);
    const isDone = async () => (await farm.store.db.experiment.findFirst())?.state === "done";
    await eventually("the experiment is done", isDone, LONGEST_MS);
    await farm.stopServices();
    expect(farm.surprises()).toEqual([]);
  } finally {
    await farm.close();
  }
}

describe.skipIf(missing !== null)("what is silent", () => {
  test("loses its job when it is a worker, which cannot commit once it wakes", async () => {
    await withFarm({}, async (farm) => {
      const [first] = farm.workers;
      if (!first) throw new Error("the farm has no worker");
      const held = await eventually("a worker has a job", async () => (await heldBy(farm, first))[0], LONGEST_MS);
      first.kill("SIGSTOP");
      const stopped = performance.now();
      const again = await eventually("another runs it", () =>
        farm.store.db.attempt.findFirst({ where: { jobKey: held.key, fence: { gt: held.fence } } }),
      );
      say(`a job of a worker that hangs ran again after ${((performance.now() - stopped) / 1000).toFixed(1)} s`);
      first.kill("SIGCONT");
      expect(again.workerId).not.toContain(`-${first.pid}-`);
      const lost = { where: { jobKey_fence: { jobKey: held.key, fence: held.fence } } };
      expect(await farm.store.db.attempt.findUnique(lost)).toMatchObject({ outcome: "lost" });
    });
  });

  test(`keeps its job when it is a compute process in one native call of ${settings.block} s`, async () => {
    const env = { NODE_OPTIONS: `--import=${BLOCK}`, CHAOS_BLOCK_MS: String(settings.block * 1_000) };
    await withFarm(env, async ({ store }) => {
      const blocked = await eventually("a job was done after it", () => longAttempt(store), LONGEST_MS);
      expect(blocked).toMatchObject({ fence: 1, outcome: "done" });
      expect(
        await store.db.attempt.count({ where: { OR: [{ fence: { gt: 1 } }, { outcome: { not: "done" } }] } }),
      ).toBe(0);
    });
  });
});

async function longAttempt({ db }: Farm["store"]) {
  const attempts = await db.attempt.findMany({ where: { finishedAt: { not: null } } });
  return attempts.find(({ startedAt, finishedAt }) => Number(finishedAt) - Number(startedAt) >= settings.block * 1_000);
}
