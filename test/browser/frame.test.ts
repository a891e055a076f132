import { createToken } from "@shadowfarm/store/tokens";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { look, openBrowser, openPage } from "../chromium.ts";
import { served } from "../served.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
});

const test = served;

test("a farm without experiments says what to do first", async ({ api }) => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/");
  await page.getByRole("heading", { name: "Nothing was submitted yet" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/experiments");
  expect(await page.title()).toBe("Experiments · Shadowfarm");
  await page.getByText("live", { exact: true }).waitFor();
  await look(page, "experiments-0");
  expect(complaints).toEqual([]);
});

test("pages are served at any address, files for ever, and never by scripts of others", async ({ api }) => {
  const answer = await fetch(`${api.url}/experiments/some.name`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-cache");
  expect(answer.headers.get("content-security-policy")).not.toContain("unsafe");
  const file = /src="(\/assets\/[^"]+)"/.exec(await answer.text())?.[1] as string;
  expect((await fetch(`${api.url}${file}`)).headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  for (const none of ["/assets/none.js", "/docs/none", "/api/none"]) {
    expect([none, (await fetch(`${api.url}${none}`)).status]).toEqual([none, 404]);
  }
});

test("the keyboard opens the list of shortcuts, the search, and skips to the page", async ({ api }) => {
  const { page, complaints } = await openPage(browser, api.url);
  await page.goto("/experiments");
  await page.getByRole("heading", { name: "Experiments" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("page");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("nothing like it");
  await page.getByText("Nothing has this in its name.").waitFor();
  expect(complaints).toEqual([]);
});

test("an address with a filter that is none, or of no page, says so", async ({ api }) => {
  const { page } = await openPage(browser, api.url);
  await page.goto("/experiments?state=sleeping");
  await page.getByRole("heading", { name: "This address asks for something that the page does not know" }).waitFor();
  await look(page, "bad-filter");
  await page.getByRole("link", { name: "Show this page without its filters" }).click();
  await page.getByRole("heading", { name: "Nothing was submitted yet" }).waitFor();
  await page.goto("/no/such/page");
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await look(page, "no-page");
});

test("the theme is the system's until one is chosen, which is kept", async ({ api }) => {
  const { page } = await openPage(browser, api.url);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/experiments");
  await page.getByRole("button", { name: "Light" }).waitFor();
  expect(await ground()).toBe("rgb(18, 18, 18)");
  await page.getByRole("button", { name: "Light" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Dark" }).waitFor();
  expect(await ground()).toBe("rgb(255, 255, 255)");
});

test("a farm that asks for a token is entered with one, and left", async ({ guarded, store }) => {
  const { page, complaints } = await openPage(browser, guarded.at);
  await page.goto("/experiments");
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await look(page, "login");
  await page.getByLabel("Token").fill("0123456789abcdef");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("the token is not known, or was revoked").waitFor();
  await page.getByLabel("Token").fill(await createToken(store, "ann", "reader"));
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Nothing was submitted yet" }).waitFor();
  await page.getByText("ann, reader").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  expect(complaints).toEqual([]);
});
