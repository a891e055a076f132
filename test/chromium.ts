import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults, RunOptions } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/** Where pictures of the pages end: kept by CI, looked at by people, compared by nobody. */
const SCREENSHOTS = fileURLToPath(new URL("browser/screenshots", import.meta.url));
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const sizes = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
] as const;
const themes = ["light", "dark"] as const;

/** The system's own browser; nothing is downloaded. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error("there is no Chromium here; install it: apt-get install chromium");
  // Root has no sandbox, and containers little shared memory.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A page whose complaints are kept: errors of scripts, refusals by the policy, failed requests of its own files. */
export interface Watched {
  page: Page;
  complaints: string[];
}

export async function openPage(browser: Browser, url: string): Promise<Watched> {
  const context = await browser.newContext({ baseURL: url, viewport: sizes[0], reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refused request is an answer like any other; what became of it is on the page.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on("requestfailed", (request) => {
    if (request.url().includes("/assets/")) complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  return { page, complaints };
}

/** Everything that is asked for is there. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector("h1, .problem") !== null && document.querySelector(".shape") === null,
  );
}

/** Keeps pictures of the page, narrow and wide, light and dark, and holds each to what anyone can read and reach. */
export async function look(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const size of sizes) {
    await page.setViewportSize(size);
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await settled(page);
      await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${size.width}-${theme}.png`), fullPage: true });
      await expectAccessible(page, `${name}, ${size.width} px, ${theme}`);
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, `${name} is wider than its window of ${size.width} px`).toBeLessThanOrEqual(size.width);
  }
  await page.setViewportSize(sizes[0]);
  await page.emulateMedia({ colorScheme: "light" });
}

const axe = createRequire(import.meta.url)("axe-core") as { source: string };

/** What axe-core finds that is serious or critical. */
async function expectAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe.source);
  const options: RunOptions = { resultTypes: ["violations"] };
  const { violations } = await page.evaluate(
    (given) => (window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(given),
    options,
  );
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`,
    );
  expect(serious, where).toEqual([]);
}
