import type { Store } from "@shadowfarm/store/client";
import { createToken } from "@shadowfarm/store/tokens";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { seed } from "../../apps/api/bench/seed.ts";
import { look, openBrowser, openPage } from "../chromium.ts";
import { served } from "../served.ts";

// Pages as they are with nothing, little and much in them.
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
});

/** Made-up results of 8 datasets under 5 attacks and 3 defenses. */
async function seedVaried(store: Store, results: number): Promise<void> {
  await seed(store, { results, jobs: results });
  await store.db.$executeRawUnsafe(`
    UPDATE "ResultRow" SET
      attack = (ARRAY['gap', 'threshold', 'shadow', 'lira', 'rmia'])[1 + id % 5],
      defense = (ARRAY['none', 'dropout', 'l2'])[1 + id / 5 % 3],
      combination = md5(id::text)::uuid, auc = 0.45 + (id * 37 % 100) / 200.0, "testAccuracy" = 0.6 + (id * 53 % 100) / 300.0`);
}

/** Some of the jobs of the newest experiment fail, in two ways. */
async function breakSome(store: Store): Promise<void> {
  await store.db.$executeRawUnsafe(`
    UPDATE "Job" SET state = 'failed', error = CASE WHEN key < '8' THEN 'training diverged: the loss of epoch 3 is NaN; lower training.rate'
      ELSE 'killed for lack of memory (4.1 GB); give the worker more, or --memory' END WHERE key < '4' OR key > 'd'`);
  await store.db.$executeRawUnsafe(`SELECT count_jobs(id)::text FROM "Experiment"`);
  await store.db.$executeRawUnsafe(`UPDATE "Experiment" SET state = 'failed'`);
}

/** Over a part of the page, between places that are given as shares of its width and height. */
async function drag(page: Page, over: Locator, from: readonly [number, number], to: readonly [number, number]) {
  const box = (await over.boundingBox()) as { x: number; y: number; width: number; height: number };
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to));
  await page.mouse.up();
}

const test = served;

test("what people and programs have written is shown, and never run", async ({ api, store }) => {
  await seed(store, { results: 20, jobs: 20 });
  await breakSome(store);
  const evil = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
  await store.db.$executeRawUnsafe(`UPDATE "Experiment" SET name = $1`, evil);
  await store.db.$executeRawUnsafe(`UPDATE "Job" SET error = $1 WHERE state = 'failed'`, evil);
  await store.db.$executeRawUnsafe(`UPDATE "ResultRow" SET dataset = $1, attack = $1, experiment = $1`, evil);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/experiments");
  await page.getByRole("link", { name: evil }).click();
  await page.getByRole("heading", { name: evil }).first().waitFor();
  await page.locator(".failure").getByText(evil).waitFor();
  for (const tab of ["matrix", "parallel", "table"]) {
    await page.goto(`/compare?tab=${tab}`);
    await page.locator("main").getByText("<img src=x").first().waitFor({ state: "attached" });
  }
  expect(await page.locator("img").count()).toBe(0);
  expect(await page.title()).toBe("Compare · Shadowfarm");
  expect(complaints).toEqual([]);
});

test("a reader looks, and is offered nothing that readers may not do; a submitter cancels", async ({
  guarded,
  store,
}) => {
  await seed(store, { results: 20, jobs: 20 });
  await store.db.$executeRawUnsafe(`UPDATE "Job" SET state = 'ready' WHERE key < '8'`);
  await store.db.$executeRawUnsafe(`SELECT count_jobs(id)::text FROM "Experiment"`);
  await store.db.$executeRawUnsafe(`UPDATE "Experiment" SET state = 'running'`);
  const { page, complaints } = await openPage(browser, guarded.at);
  const logIn = async (name: string, role: "reader" | "submitter") => {
    await page.getByLabel("Token").fill(await createToken(store, name, role));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("status").filter({ hasText: "running" }).waitFor();
  };
  await page.goto("/experiments/sweep-1");
  await logIn("rita", "reader");
  expect(await page.getByRole("button", { name: "Cancel" }).count()).toBe(0);
  await page.goto("/submit");
  await page.getByText("This needs the role submitter.").waitFor();
  await look(page, "submit-reader");
  await page.goto("/experiments/sweep-1");
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn("sam", "submitter");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Stop it" }).click();
  await page.getByRole("status").filter({ hasText: "cancelled" }).waitFor();
  expect(complaints).toEqual([]);
});

test("what is submitted elsewhere appears by itself, and the search finds it", async ({ api, store }) => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/experiments");
  await page.getByText("live", { exact: true }).waitFor();
  await seed(store, { results: 2, jobs: 1 });
  await store.db.$executeRawUnsafe(`UPDATE "Experiment" SET state = 'submitted', "finishedAt" = NULL`);
  await page.getByRole("link", { name: "sweep-2" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("sweep-1");
  await page.getByRole("option", { name: /sweep-1/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "sweep-1" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.getByRole("heading", { name: "Compare" }).waitFor();
  expect(complaints).toEqual([]);
});

test("experiments: three of them", async ({ api, store }) => {
  await seed(store, { results: 60, jobs: 20 });
  await breakSome(store);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/experiments?sort=name");
  await page.getByRole("link", { name: "sweep-1" }).waitFor();
  await look(page, "experiments-3");
  await page.getByRole("link", { name: "sweep-2" }).click();
  await page.getByRole("heading", { name: "What failed" }).waitFor();
  await look(page, "experiment-failed");
  await page.getByRole("button", { name: /Retry these/ }).click();
  await page.getByRole("heading", { name: "What failed" }).waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

test("experiments: three hundred, of which only what is seen is drawn", async ({ api, store }) => {
  await seed(store, { results: 300, jobs: 1 });
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/experiments");
  await page.getByRole("button", { name: "Show older ones" }).click();
  await page.locator('table[aria-rowcount="201"]').waitFor();
  expect(await page.locator("tbody tr").count()).toBeLessThan(80);
  await look(page, "experiments-300");
  await page.getByRole("textbox", { name: "Name" }).fill("sweep-299");
  await page.locator('table[aria-rowcount="2"]').waitFor();
  expect(page.url()).toContain("name=sweep-299");
  expect(complaints).toEqual([]);
});

test.for([3, 300])("compare: %i results", async (results, { api, store }) => {
  await seedVaried(store, results);
  const { page, complaints } = await openPage(browser, api.url);
  for (const tab of ["matrix", "frontier", "curve", "parallel", "table"]) {
    await page.goto(`/compare?tab=${tab}`);
    await look(page, `compare-${tab}-${results}`);
  }
  expect(complaints).toEqual([]);
});

test("compare: lines are looked for by dragging along an axis, results by bounds of a measure", async ({
  api,
  store,
}) => {
  await seedVaried(store, 300);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/compare?tab=parallel");
  const axis = page.locator('[data-dimension="auc"] line').first();
  await axis.waitFor({ state: "attached" });
  await drag(page, axis, [0.5, 0.04], [0.5, 0.4]);
  await page.getByText(/^\d+ of 300 combinations/).waitFor();
  expect(new URL(page.url()).searchParams.get("brush")).toMatch(/^auc~0\.\d+~0\.\d+$/);
  await look(page, "compare-brushed");
  await page.getByText("Ranges", { exact: true }).click();
  await look(page, "compare-ranges");
  await page.getByRole("button", { name: "Clear ranges and names" }).click();
  await page.getByText(/^300 combinations/).waitFor();

  await page.getByLabel("Filter by").selectOption("testAccuracy");
  await page.getByText("testAccuracy any").click();
  await page.getByLabel("testAccuracy from").fill("0.8");
  await page.getByRole("button", { name: "Set" }).click();
  await page.getByText("testAccuracy ≥ 0.8").waitFor();
  await page.getByText(/^1\d\d combinations/).waitFor();
  expect(complaints).toEqual([]);
});

test("compare: defenses are looked for by their accuracy, and none vanishes", async ({ api, store }) => {
  await seedVaried(store, 300);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/compare?tab=frontier");
  const picture = page.locator(".pictures svg").first();
  const dots = picture.locator("[data-key]");
  await dots.first().waitFor({ state: "attached" });
  const before = await dots.count();
  await drag(page, picture, [0.8, 0.5], [0.5, 0.6]);
  await picture.locator("[data-least]").waitFor({ state: "attached" });
  const least = new URL(page.url()).searchParams.get("accuracy") ?? "";
  expect(least).toMatch(/^0\.\d{1,3}$/);
  const field = page.getByLabel("Test accuracy of at least");
  expect(await field.inputValue()).toBe(least);
  await page.getByText(`With a test accuracy of at least ${least},`).first().waitFor();
  expect(await dots.count()).toBe(before);
  expect(await picture.locator("[data-key][opacity]").count()).toBeGreaterThan(0);
  await look(page, "compare-frontier-brushed");
  await picture.click({ position: { x: 200, y: 200 } });
  await picture.locator("[data-least]").waitFor({ state: "detached" });
  expect(await field.inputValue()).toBe("");
  await field.pressSequentially("0.99");
  await page.getByText("No defense here has a test accuracy of at least 0.99.").first().waitFor();
  expect(await dots.count()).toBe(before);
  await page.goto("/compare?tab=frontier&accuracy=%3Cb%3E");
  await dots.first().waitFor({ state: "attached" });
  expect(await picture.locator("[data-least]").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("compare: names are looked for by dragging along their axis, and in a menu", async ({ api, store }) => {
  await seedVaried(store, 300);
  const odd = "5~20=a|b%7E";
  await store.db.$executeRawUnsafe(`UPDATE "ResultRow" SET dataset = $1 WHERE dataset = 'mnist'`, odd);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/compare?tab=parallel&axes=dataset&axes=attack&axes=defense");
  const brushes = () => new URL(page.url()).searchParams.getAll("brush");
  const axis = page.locator('[data-dimension="defense"] line').first();
  await axis.waitFor({ state: "attached" });
  await drag(page, axis, [0.5, 0.4], [0.5, 1.02]);
  await page.getByText(/^200 of 300 combinations/).waitFor();
  expect(brushes()).toEqual([expect.stringMatching(/^defense=\w+$/), expect.stringMatching(/^defense=\w+$/)]);
  await look(page, "compare-brushed-names");

  await page.getByText("Names", { exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: "dataset" }).getByRole("checkbox", { name: odd }).press("Space");
  await page.getByText(/^\d\d of 300 combinations/).waitFor();
  expect(brushes()[2]).toBe(`dataset=${odd}`);
  await look(page, "compare-names");
  await page.reload();
  await page.getByText(/^\d\d of 300 combinations/).waitFor();
  await drag(page, axis, [0.5, 0.5], [0.5, 0.5]);
  await page.waitForFunction(() => !location.search.includes("defense%3D"));
  expect(brushes()).toEqual([`dataset=${odd}`]);

  await page.goto(
    "/compare?tab=parallel&brush=dataset%3Dnowhere&brush=auc~a~b&brush=constructor%3D1&brush=~&brush=auc%3D",
  );
  await page.getByText(/^0 of 300 combinations/).waitFor();
  await page.getByText("Names", { exact: true }).click();
  await page.getByRole("checkbox", { name: "nowhere" }).click();
  await page.getByRole("button", { name: "Clear ranges and names" }).click();
  await page.getByText(/^300 combinations/).waitFor();
  expect(complaints).toEqual([]);
});

test("compare: too much for a picture is a choice, not an error", async ({ api, store }) => {
  await seedVaried(store, 300);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/compare?tab=roc");
  await page.getByRole("heading", { name: "Too much for one picture" }).waitFor();
  await look(page, "compare-too-much");
  await page.getByRole("button", { name: "mnist", exact: true }).click();
  // The made-up results have no scores to draw.
  await page.getByText(/^Removed: \d+\. They are made anew when .* again: npm run farm -- run FILE$/).waitFor();
  await page.getByText(/^Without a curve, for no repeat has its scores: \d+ combinations$/).click();
  await look(page, "compare-without-scores");
  expect(page.url()).toContain("dataset=mnist");
  expect(complaints).toEqual([]);
});

test("compare: nothing yet", async ({ api }) => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/compare");
  await page.getByRole("heading", { name: "There are no results yet" }).waitFor();
  await look(page, "compare-0");
  await page.goto("/compare?datset=mnist");
  await page.getByText("unknown").first().waitFor();
  await look(page, "compare-bad-filter");
  expect(complaints).toEqual([]);
});

test("compare: everything that is chosen is in the address", async ({ api, store }) => {
  await seedVaried(store, 300);
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/compare");
  await page.getByLabel("Columns").selectOption("defense");
  await page.getByText(/^dataset any$/).click();
  await page.getByRole("checkbox", { name: /^mnist/ }).check();
  await page.keyboard.press("Escape");
  await page.getByLabel("Measure").selectOption("tpr@0.1");
  await page.waitForURL(/columns=defense.*dataset=mnist/);
  const address = new URL(page.url());
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    columns: "defense",
    metric: "tpr@0.1",
    dataset: "mnist",
  });
  await page.getByRole("button", { name: /mnist, l2/ }).click();
  await page.getByRole("heading", { name: "mnist, l2" }).waitFor();
  const { page: other } = await openPage(browser, api.url);
  await other.goto(page.url());
  await other.getByRole("heading", { name: "mnist, l2" }).waitFor();
  const picture = (own: typeof page) => own.locator("figure svg").first().innerHTML();
  const drawn = async (own: typeof page) =>
    (await picture(own)).replaceAll(/ (?:tabindex|role|aria-label)="[^"]*"/g, "");
  expect(await drawn(other)).toBe(await drawn(page));
  await look(page, "compare-repeats");
  expect(complaints).toEqual([]);
});
