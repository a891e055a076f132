import { describe, expect, test } from "vitest";
import { defenses } from "./index.ts";

const { params } = defenses.combined;
const complaints = (given: object) =>
  params.safeParse(given).error?.issues.map(({ path, message }) => `${path}: ${message}`);

test("equal defenses are equal however they were written", () => {
  const [short, long] = [
    params.parse({ first: "dropout", second: { name: "top-k", k: 3 } }),
    params.parse({ first: { name: "dropout", hidden: 0.5 }, second: "top-k" }),
  ];
  expect(short).toEqual(long);
  expect(params.parse(short)).toEqual(short);
});

describe("refuses", () => {
  test.each([
    ["an unknown name", "dorpout", 'first: unknown defense "dorpout"; did you mean "dropout"?'],
    [
      "an unknown parameter",
      { name: "dropout", imput: 0.5 },
      'first: imput: unknown key "imput"; did you mean "input"?',
    ],
    ["a wrong value", { name: "dropout", input: 1 }, "first: input: 1 is too large; use less than 1"],
    [
      "a sweep of a parameter",
      { name: "dropout", input: [0.1, 0.2] },
      "first: input: [0.1,0.2] is not a number; give one",
    ],
  ])("%s", (_what, first, message) => {
    expect(complaints({ first, second: "rounding" })).toEqual([message]);
  });

  test("what is missing", () => {
    expect(complaints({ first: "dropout" })).toHaveLength(1);
  });
});
