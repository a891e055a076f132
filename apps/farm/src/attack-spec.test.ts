import { expect, test } from "vitest";
import { allAttacks, parseAttack } from "./attack-spec.ts";

test("a name alone gives no parameter", () => {
  const { text, attack, given } = parseAttack("gap");
  expect({ text, name: attack.name, given }).toEqual({ text: "gap", name: "gap", given: {} });
});

test("values are JSON where they can be, and text otherwise", () => {
  const { given } = parseAttack("lira:variant=offline,spread=raw,shadows=16,alpha=.05");
  expect(given).toEqual({ variant: "offline", spread: "raw", shadows: 16, alpha: 0.05 });
  expect(parseAttack('transfer:from="5"').given).toEqual({ from: "5" });
  expect(parseAttack("transfer:from=a=b:c").given).toEqual({ from: "a=b:c" });
});

test("a parameter without a default may be left out: what it is for is not here", () => {
  expect(parseAttack("transfer").given).toEqual({});
});

test("all attacks come with nothing given", () => {
  expect(allAttacks.map(({ text }) => text)).toContain("lira");
  expect(allAttacks.every(({ text, attack, given }) => text === attack.name && Object.keys(given).length === 0)).toBe(
    true,
  );
});

test.each([
  ["lyra", '--attack lyra: unknown attack "lyra"; did you mean "lira"?'],
  ["constructor", '--attack constructor: unknown attack "constructor"; known: attack-p, '],
  ["lira:varaint=offline", '--attack lira:varaint=offline: varaint: unknown key "varaint"; did you mean "variant"?'],
  ["lira:variant=onlin", 'variant: unknown value "onlin"; use "online", "offline", "offset" or "global"'],
  ["lira:shadows=many", 'shadows: "many" is not a number; give one'],
  ["lira:shadows=0", "shadows: 0 is too small; use at least 1"],
  ["lira:shadows=[8]", 'shadows: "[8]" is not a number; give one'],
  ["lira:offline", '--attack lira:offline: "offline" is no parameter; write name=value'],
  ["lira:", '--attack lira:: "" is no parameter; write name=value'],
  ["lira:shadows=2,shadows=4", '"shadows" is given twice; remove one'],
  ["lira:__proto__=1", 'unknown key "__proto__"'],
])("%s is refused", (text, message) => {
  expect(() => parseAttack(text)).toThrow(message);
});

test("every parameter's problem is told", () => {
  expect(() => parseAttack("rmia:a=2,gamma=0")).toThrow(
    "--attack rmia:a=2,gamma=0: a: 2 is too large; use at most 1\n--attack rmia:a=2,gamma=0: gamma: 0 is too small; use at least 1",
  );
});
