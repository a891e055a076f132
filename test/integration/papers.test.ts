import { paperDetailSchema } from "@shadowfarm/core/api/papers";
import type { Store } from "@shadowfarm/store/client";
import { expect } from "vitest";
import { eventually } from "../fixtures.ts";
import { served as test } from "../served.ts";
import { storeCell, storeExperiment, storeResult } from "../stored-results.ts";

const PAPER = "/api/papers/mallory-et-al-2026";

/** As it is submitted, with one published number. */
async function storeRerun(store: Store, id: string): Promise<void> {
  await storeExperiment(store, id, "rerun");
  const numbers = { figure: "Fig. 1", from: "P", metric: "auc", where: { attack: "gap" }, values: 0.6, within: 0.1 };
  const spec = { name: "rerun", source: "Mallory et al. 2026, Of mice and members", paper: [numbers] };
  await store.db.experiment.update({ where: { id }, data: { spec } });
}

test("papers are kept, and others as soon as a result, a state or an experiment is", async ({ api, store }) => {
  const papers = await fetch(`${api.url}/api/papers`);
  expect(await papers.json()).toMatchObject({ problems: [] });
  const becomes = async (what: string, expected: object) =>
    eventually(what, async () => {
      const answer = await fetch(`${api.url}${PAPER}`);
      if (answer.status === 404) return false;
      expect(answer.status).toBe(200);
      const { within, beyond, missing, experiments } = paperDetailSchema.parse(await answer.json());
      const [rerun] = experiments;
      const found = { within, beyond, missing, n: rerun?.comparisons[0]?.ours.n, state: rerun?.experiment?.state };
      return JSON.stringify(found) === JSON.stringify(expected);
    });
  expect((await fetch(`${api.url}${PAPER}`)).status).toBe(404);
  await storeRerun(store, "a");
  for (const at of [0, 1]) await storeCell(store, "a", at, `${at}`.repeat(40), { repeat: at });
  await becomes("a number without a result", { within: 0, beyond: 0, missing: 1, n: 0, state: "running" });
  await storeResult(store, "0".repeat(40), 0.65);
  await becomes("the first result", { within: 1, beyond: 0, missing: 0, n: 1, state: "running" });
  await storeResult(store, "1".repeat(40), 0.95);
  await becomes("the second", { within: 0, beyond: 1, missing: 0, n: 2, state: "running" });
  await store.db.experiment.update({ where: { id: "a" }, data: { state: "done", finishedAt: new Date() } });
  await becomes("its end", { within: 0, beyond: 1, missing: 0, n: 2, state: "done" });
  await storeRerun(store, "b");
  await becomes("a newer one of its name", { within: 0, beyond: 0, missing: 1, n: 0, state: "running" });
  const list = await (await fetch(`${api.url}/api/papers`)).json();
  expect(list.papers).toContainEqual(expect.objectContaining({ id: "mallory-et-al-2026", missing: 1 }));
});
