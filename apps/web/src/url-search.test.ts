import { expect, test } from "vitest";
import { z } from "zod";
import { listOf, parseSearch, stringifySearch } from "./url-search.ts";

test("a search is the same after it was written and read", () => {
  const search = { by: ["dataset", "attack"], dataset: "a&b=c", "auc.min": "0.6", none: "" };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test("what is undefined, null or an empty list is left out", () => {
  expect(stringifySearch({ a: undefined, b: null, c: [] })).toBe("");
});

test("a list may be given once, several times or not at all", () => {
  const schema = z.object({ by: listOf(z.enum(["dataset", "attack"])) });
  expect(schema.parse({})).toEqual({ by: [] });
  expect(schema.parse({ by: "dataset" })).toEqual({ by: ["dataset"] });
  expect(schema.parse({ by: ["dataset", "attack"] })).toEqual({ by: ["dataset", "attack"] });
  expect(schema.safeParse({ by: "datset" }).success).toBe(false);
});
