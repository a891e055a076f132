import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Store } from "@shadowfarm/store/client";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { look, openBrowser, openPage } from "../chromium.ts";
import { type Cli, cliAt } from "../cli.ts";
import { type ServedApi, serveStored } from "../served-api.ts";
import { writeSpec } from "../specs.ts";

// One small experiment is run once, on real digits and on a stand-in; its texts try to be more than texts.
const EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>";
let browser: Browser;
let folder: string;
let cli: Cli;
let store: Store;
let api: ServedApi;

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  await chmod(folder, 0o755);
  cli = cliAt(path.join(folder, "home"));
  const spec = await writeSpec(folder, {
    ...{ name: "evil", source: `Mallory et al. 2026, ${EVIL}`, description: EVIL, repeats: 3 },
    ...{ datasets: ["mnist", { name: "location", data: "synthetic" }], model: "mlp" },
    paper: [
      {
        figure: `Fig. 1 ${EVIL}`,
        from: "P",
        metric: "auc",
        where: { attack: "gap", defense: "none" },
        values: 0.6,
        within: 1,
      },
      { figure: "Fig. 2", from: "V", metric: "auc", where: { dataset: "mnist" }, values: 0.1, within: 0.01 },
    ],
  });
  const { code, stderr } = await cli.run(["run", spec]);
  expect(code, stderr).toBe(0);
  store = await cli.store();
  api = await serveStored(store, path.join(folder, "home"));
});

afterAll(async () => {
  await browser?.close();
  await api?.stop();
  await store?.close();
  await cli?.killAll();
  await rm(folder, { recursive: true, force: true });
});

async function keyOf(search: string): Promise<string> {
  const answer = await fetch(`${api.url}/api/results?limit=1&${search}`);
  const { results } = (await answer.json()) as { results: { jobKey: string }[] };
  return results[0]?.jobKey as string;
}

/** Nothing of what was stored has become a part of the page. */
async function expectOnlyText(page: Page): Promise<void> {
  expect(await page.locator('img[src="x"], main script').count()).toBe(0);
}

test("a result: where it comes from, its pictures, its most exposed records, its repeats", async () => {
  const key = await keyOf("dataset=mnist&attack=threshold&defense=none");
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/experiments");
  await page.getByRole("link", { name: "evil" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(key.slice(0, 12));
  await page.getByRole("option", { name: /result by its key/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "threshold on mnist, undefended" }).waitFor();
  await page.locator(".chain h3").nth(4).waitFor();
  expect(await page.locator(".chain h3").allTextContents()).toEqual(["prepare", "train", "query", "attack", "metrics"]);
  await page.locator(".exposed li").nth(9).waitFor();
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLImageElement>(".exposed img")].every(({ naturalWidth }) => naturalWidth === 28),
  );
  await page.getByText(/n = 3 repeats/).waitFor();
  await look(page, "result");
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText(/4 artifacts as they were left; the metrics are what the scores give/).waitFor();
  await page.getByRole("img", { name: "Losses of mlp on mnist" }).waitFor();
  await page.getByRole("link", { name: "linear" }).click();
  await page.waitForURL(/roc=linear/);
  await page
    .getByRole("img", { name: /linear axes|ROC of threshold/ })
    .first()
    .waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\n");
  expect([lines.length, lines[0]]).toEqual([121, "record,label,member,score"]);
  await page.getByRole("link", { name: "evil" }).click();
  await page.getByRole("heading", { name: "evil", level: 1 }).waitFor();
  expect(complaints).toEqual([]);
});

test("a result on a stand-in says so everywhere, and why there are no pictures", async () => {
  const key = await keyOf("dataset=location&attack=threshold&defense=dropout");
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto(`/results/${key.slice(0, 10)}`);
  await page.getByText("SYNTHETIC data", { exact: true }).first().waitFor();
  await page.getByText("No pictures: records of location are no pictures.").waitFor();
  await look(page, "result-synthetic");
  expect(complaints).toEqual([]);
});

test("altered bytes, scores that are gone, and a result that is none are said plainly", async () => {
  const key = await keyOf("dataset=mnist&attack=gap&defense=dropout");
  const [{ sha256 } = { sha256: "" }] = await store.db.artifact.findMany({ where: { jobKey: key, name: "scores" } });
  const artifacts = path.join(folder, "home", "artifacts");
  const file = (await readdir(artifacts, { recursive: true })).find((name) => name.includes(sha256)) as string;
  await writeFile(path.join(artifacts, file), "altered");
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto(`/results/${key}`);
  await page.getByRole("button", { name: "Verify" }).click();
  await page
    .getByRole("alert")
    .filter({ hasText: /attack scores: / })
    .waitFor();
  await look(page, "result-altered");
  await store.db.artifact.deleteMany({ where: { jobKey: key } });
  await page.reload();
  await page.getByText(/the scores of result \w+ were removed/).waitFor();
  await look(page, "result-without-scores");
  await page.goto("/results/0123456789");
  await page.getByText('there is no result "0123456789"').waitFor();
  await look(page, "result-unknown");
  expect(complaints).toEqual([]);
});

test("papers: theirs beside ours, figure by figure, with the file that reruns it", async () => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/papers");
  await page.getByRole("link", { name: /^Mallory et al\. 2026/ }).waitFor();
  await expectOnlyText(page);
  await look(page, "papers");
  await page.getByRole("link", { name: /^Mallory/ }).click();
  await page.getByRole("heading", { name: `Mallory et al. 2026, ${EVIL}` }).waitFor();
  await page.getByRole("heading", { name: `Fig. 1 ${EVIL}` }).waitFor();
  await page.getByText("within", { exact: true }).waitFor();
  await page.getByText("BEYOND", { exact: true }).waitFor();
  await expectOnlyText(page);
  await look(page, "paper");
  await page.goto("/papers/salem-et-al-2019?experiment=ml-leaks-epochs");
  await page.getByText("npm run farm -- run apps/farm/experiments/ml-leaks/epochs.yaml").waitFor();
  await page.getByText("not run yet").first().waitFor();
  await look(page, "paper-0");
  await page.goto("/papers/salem-2019");
  await page.getByText(/did you mean "salem-et-al-2019"|no experiment reruns/).waitFor();
  expect(complaints).toEqual([]);
});
