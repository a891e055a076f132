import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { look, openBrowser, openPage } from "../chromium.ts";
import { type Cli, cliAt } from "../cli.ts";
import { eventually } from "../eventually.ts";

// A whole farm, as a newcomer starts it, and everything done in the browser.
let folder: string;
let cli: Cli;
let browser: Browser;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  await chmod(folder, 0o755);
  cli = cliAt(path.join(folder, "home"));
  const { process: farm } = cli.start(["up", "--workers", "2"], { SHADOWFARM_API_PORT: "0" });
  let said = "";
  farm.stderr?.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  browser = await openBrowser();
  url = await eventually("the farm says where its dashboard is", async () => /dashboard is at (\S+),/.exec(said)?.[1]);
});

afterAll(async () => {
  await browser?.close();
  await cli?.killAll();
  await rm(folder, { recursive: true, force: true });
});

const spec = `name: tiny
seed: 7
datasets: [mnist]
records: 60
model: { name: mlp, hidden: 16 }
training: { epochs: [2, 4], batch: 20 }
attacks: [gap, { name: threshold, points: 50 }]
defenses: [none, dropout]
repeats: 2
paper:
  - { figure: Fig. 1, from: P, metric: auc, where: { attack: gap, defense: none }, by: training.epochs, at: [2, 4], values: [0.6, 0.7] }
`;

test("an experiment is submitted, watched, compared and questioned", async () => {
  const { page, complaints } = await openPage(browser, url);
  await page.goto("/");
  await page.getByRole("link", { name: "Submit an experiment" }).first().click();
  const file = page.getByRole("textbox", { name: /Experiment file/ });
  const preview = page.getByRole("button", { name: "See what it would do" });

  await file.fill("name: tiny\ndatasets: [mnist]\nattacks: [lyra]");
  await preview.click();
  await page.getByText('did you mean "lira"?').waitFor();
  await look(page, "submit-refused");
  await file.fill("name: [");
  await preview.click();
  await page.getByRole("heading", { name: "The file is no YAML" }).waitFor();

  await file.fill(spec);
  await preview.click();
  await page.getByRole("heading", { name: "tiny would be" }).waitFor();
  await look(page, "submit");
  await page.getByRole("button", { name: /^Submit \d+ jobs$/ }).click();

  await page.getByRole("heading", { name: "tiny", level: 1 }).waitFor();
  // Without loading anything anew: the farm's events say so.
  await page
    .getByRole("status")
    .filter({ hasText: /^done$/ })
    .waitFor({ timeout: 150_000 });
  await look(page, "experiment-done");

  await page.getByRole("link", { name: "Compare its results" }).click();
  const cell = page.getByRole("button", { name: /mnist, threshold: AUC/ });
  await cell.waitFor();
  expect(await cell.textContent()).toMatch(/0\.\d{3}/);
  await cell.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "mnist, threshold" }).waitFor();
  const result = page.getByRole("region", { name: "Results of mnist, threshold" }).getByRole("link").first();
  expect(await result.getAttribute("href")).toMatch(/^\/results\/[0-9a-f]{40}$/);
  await look(page, "matrix");

  await page.getByRole("link", { name: "ROC", exact: true }).click();
  const roc = page.getByRole("img", { name: "ROC curves" });
  await roc.waitFor();
  expect(await roc.locator("[data-series]").count()).toBe(8);
  await look(page, "roc");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "PNG" }).click();
  expect((await saved).suggestedFilename()).toBe("roc-log.png");

  for (const [tab, name] of [
    ["Frontier", "frontier"],
    ["Curve", "curve"],
    ["Parallel coordinates", "parallel"],
  ] as const) {
    await page.getByRole("link", { name: tab, exact: true }).click();
    await page.locator(".plot svg").first().waitFor();
    await look(page, name);
    if (name === "curve") expect(await page.getByText("the paper's", { exact: true }).count()).toBe(1);
  }
  await page.getByRole("link", { name: "Table", exact: true }).click();
  await page.getByRole("region", { name: "Combinations, means over repeats" }).waitFor();
  await page.getByRole("button", { name: /^auc/ }).click();
  await page.waitForURL(/sort=-auc/);
  const csv = page.waitForEvent("download");
  await page.getByRole("link", { name: "CSV" }).click();
  expect((await csv).suggestedFilename()).toBe("results.csv");
  await look(page, "table");
  const tex = page.waitForEvent("download");
  await page.getByRole("button", { name: "LaTeX" }).click();
  expect((await tex).suggestedFilename()).toBe("results.tex");

  await page
    .getByRole("region", { name: "Combinations, means over repeats" })
    .locator('a[href^="/results/"]')
    .first()
    .click();
  await page.getByRole("heading", { name: "Where it comes from" }).waitFor();
  await page.getByRole("listitem").filter({ hasText: "metrics" }).waitFor();
  expect(await page.locator("ol.chain > li").allTextContents()).toEqual(
    ["prepare", "train", "query", "attack", "metrics"].map((kind) => expect.stringMatching(new RegExp(`^${kind}`))),
  );
  await page.getByRole("img", { name: /ROC/ }).waitFor();
  await page.getByRole("button", { name: "Verify" }).click();
  await page
    .getByText(/unaltered|to the bit/)
    .first()
    .waitFor();
  await look(page, "result");
  expect(complaints).toEqual([]);
});

test("what fails is shown with its reason, and its file can be changed", async () => {
  const { page, complaints } = await openPage(browser, url);
  await page.goto("/submit");
  await page
    .getByRole("textbox", { name: /Experiment file/ })
    .fill(
      (spec.split("paper:")[0] as string)
        .replace("tiny", "diverging")
        .replace("epochs: [2, 4]", "epochs: 30, learningRate: 10, weightDecay: 10"),
    );
  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.getByRole("button", { name: /^Submit \d+ jobs$/ }).click();
  await page.getByRole("heading", { name: "What failed" }).waitFor({ timeout: 150_000 });
  await page
    .getByText(/lower training.learningRate/)
    .first()
    .waitFor();
  await look(page, "experiment-diverged");
  await page.getByRole("link", { name: "Change and submit" }).click();
  await expect
    .poll(() => page.getByRole("textbox", { name: /Experiment file/ }).inputValue())
    .toContain("learningRate: 10");
  expect(complaints).toEqual([]);
});
