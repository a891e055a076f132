import { expect, test } from "vitest";
import { hiderOf } from "./secrets.ts";

test.each([
  ["postgres://lab:hush-hush@db:5432/farm", "postgres://lab:***@db:5432/farm"],
  ["redis://:hush-hush@queue", "redis://:***@queue"],
  [
    '{"url":"postgres://lab:a@db","other":"redis://x:b@q"}',
    '{"url":"postgres://lab:***@db","other":"redis://x:***@q"}',
  ],
  ["postgres://lab:p@ss:w/rd@db/farm does not answer", "postgres://lab:***@db/farm does not answer"],
  ["postgres://db/farm?user=lab&password=hush&ssl=1", "postgres://db/farm?user=lab&password=***&ssl=1"],
  [
    "postgres://lab@db/farm at http://127.0.0.1:9464/metrics",
    "postgres://lab@db/farm at http://127.0.0.1:9464/metrics",
  ],
  ["12:30 mail@example.org", "12:30 mail@example.org"],
])("%s is shown as %s", (text, shown) => {
  expect(hiderOf([])(text)).toBe(shown);
});

test("a known password is hidden wherever it stands, encoded or not", () => {
  const hide = hiderOf(["postgres://lab:hush%22hush@db", null, undefined, "redis://:se/cr#et@queue"]);
  expect(hide('password "hush"hush" refused')).toBe('password "***" refused');
  expect(hide(JSON.stringify({ password: 'hush"hush' }))).toBe('{"password":"***"}');
  expect(hide("hush%22hush and se/cr#et")).toBe("*** and ***");
});

test("a password of an address that is no URL is known all the same", () => {
  expect(hiderOf(["postgres://lab:hush#1:2@db:port"])("invalid: hush#1:2")).toBe("invalid: ***");
});

test("what is too short to be told from words is hidden in addresses alone", () => {
  expect(hiderOf(["postgres://a:a@db"])("a database at postgres://a:a@db")).toBe("a database at postgres://a:***@db");
});

test("a secret that is in no address is hidden too", () => {
  expect(hiderOf([], [undefined, "k/e+y"])("signed with k/e+y")).toBe("signed with ***");
});
