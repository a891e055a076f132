import { truncate } from "node:fs/promises";
import path from "node:path";
import { rocBandsSchema } from "@shadowfarm/core/api/results";
import { describe, expect } from "vitest";
import { served as test } from "../served.ts";
import { serveStored } from "../served-api.ts";
import { writeSpec } from "../specs.ts";
import { storeCell, storeExperiment, storeResult, storeScores } from "../stored-results.ts";

async function bandsAt(url: string, search = "") {
  const answer = await fetch(`${url}/api/results/bands${search}`);
  expect(answer.status).toBe(200);
  return rocBandsSchema.parse(await answer.json()).bands;
}

describe("mean ROC curves", () => {
  test("are of the repeats whose scores are there, and say how many are not", async ({ api, store }) => {
    await storeExperiment(store, "a");
    const key = (at: number) => String(at).padStart(40, "0");
    const attacks = ["gap", "gap", "gap", "lira", "lira", "threshold"];
    for (const [at, attack] of attacks.entries()) {
      await storeCell(store, "a", at, key(at), { attack, repeat: at });
      await storeResult(store, key(at), 0.75);
      await storeScores(store, api.artifacts, key(at));
    }
    await store.db.artifact.deleteMany({ where: { jobKey: { in: [key(0), key(3), key(4)] } } });
    // All have the same bytes, which the others are to keep.
    await store.db.artifact.update({
      where: { jobKey_name: { jobKey: key(1), name: "scores" } },
      data: { sha256: "0".repeat(64) },
    });
    const bands = await bandsAt(api.url);
    expect(bands).toMatchObject([
      { setting: { attack: "gap" }, n: 1, removed: 1, altered: 1, example: key(2), smallestFpr: 0.5 },
      { setting: { attack: "lira" }, n: 0, removed: 2, altered: 0, example: key(3), smallestFpr: null, points: [] },
      { setting: { attack: "threshold" }, n: 1, removed: 0, altered: 0 },
    ]);
    // The same scores: what is not there has no part in the curve.
    expect(bands[0]?.points).toEqual(bands[2]?.points);
    expect((await fetch(`${api.url}/api/results/${key(0)}/roc`)).status).toBe(404);
  });

  test("are whole again once an experiment is run again whose scores were removed, or altered and forgotten", async ({
    cli,
    folder,
  }) => {
    const spec = await writeSpec(folder, { attacks: ["gap"], defenses: ["none"], repeats: 2 });
    expect(await cli.run(["run", spec])).toMatchObject({ code: 0 });
    const store = await cli.store();
    const api = await serveStored(store, cli.home);
    try {
      const [before] = await bandsAt(api.url);
      expect(before).toMatchObject({ n: 2, removed: 0 });
      const [gone, altered] = await store.db.artifact.findMany({ where: { name: "scores" } });
      await store.db.artifact.deleteMany({ where: { jobKey: gone?.jobKey as string } });
      const sha256 = altered?.sha256 as string;
      await truncate(path.join(cli.home, "artifacts", sha256.slice(0, 2), `${sha256}.safetensors`), 100);
      expect(await bandsAt(api.url, "?attack=gap")).toMatchObject([{ n: 0, removed: 1, altered: 1 }]);
      const verified = await cli.run(["artifacts", "verify"]);
      expect(verified).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/attack \w{10} scores: .*\n.*--forget-scores/),
      });
      const forgotten = await cli.run(["artifacts", "verify", "--forget-scores"]);
      expect(forgotten).toMatchObject({ code: 1, stdout: expect.stringContaining("forgot the scores of 1 results") });
      expect(await cli.run(["artifacts", "verify"])).toMatchObject({ code: 0 });
      const again = await cli.run(["run", spec]);
      expect(again.stderr).toContain("2 jobs executed, 5 cached");
      expect(await bandsAt(api.url, "?attack=gap")).toMatchObject([{ n: 2, removed: 0, points: before?.points }]);
      expect(await store.db.artifact.count({ where: { name: "scores" } })).toBe(2);
    } finally {
      await api.stop();
      await store.close();
    }
  });
});
