import { expect, test } from "vitest";
import { z } from "zod";
import { ApiProblem } from "./problem.ts";
import { decodeCursor, encodeCursor, parsePart, parseQuery } from "./request.ts";

const schema = z.strictObject({
  limit: z.int().min(1).max(10).default(5),
  all: z.boolean().default(false),
  dataset: z.array(z.string()).optional(),
  repeat: z.array(z.int()).optional(),
  name: z.string().optional(),
});
const parse = (query: string) => parseQuery(schema, new URLSearchParams(query));

function refusal(act: () => unknown): ApiProblem["document"] {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiProblem) return error.document;
    throw error;
  }
  throw new Error("it was accepted");
}

test("a query is read by its schema: numbers, truth values, and lists of what is given several times", () => {
  expect(parse("")).toEqual({ limit: 5, all: false });
  expect(parse("limit=3&all=true&dataset=a&dataset=b&repeat=1&name=7")).toEqual({
    limit: 3,
    all: true,
    dataset: ["a", "b"],
    repeat: [1],
    name: "7",
  });
});

test("what is unknown is refused with what is known", () => {
  expect(refusal(() => parse("datset=a"))).toMatchObject({
    status: 400,
    type: "urn:shadowfarm:problem:invalid-request",
    errors: [{ in: "query", path: "datset", message: 'unknown key "datset"; did you mean "dataset"?' }],
    allowed: ["limit", "all", "dataset", "repeat", "name"],
  });
});

test.each([
  ["limit=0", "limit: 0 is too small; use at least 1"],
  ["limit=1&limit=2", "limit: is given 2 times; give it once"],
  ["limit=three", 'limit: "three" is not'],
  ["all=yes", "all: "],
  ["repeat=x", "repeat.0: "],
  ["name=a%00b", "name: holds a character that is no text"],
  ["__proto__=1", "__proto__: unknown key"],
])("%s is refused", (query, detail) => {
  expect(refusal(() => parse(query)).detail).toContain(detail);
});

test("what a schema says of fields together holds", () => {
  const ordered = z
    .strictObject({ from: z.int().default(0), to: z.int().optional() })
    .refine(({ from, to }) => to === undefined || from <= to, "from is beyond to");
  expect(parseQuery(ordered, new URLSearchParams("from=2&to=3"))).toEqual({ from: 2, to: 3 });
  expect(refusal(() => parseQuery(ordered, new URLSearchParams("from=4&to=3"))).detail).toContain("from is beyond to");
});

test("a body that Postgres could not keep is refused, however deep it is", () => {
  for (const body of [{ spec: { a: ["\0"] } }, { spec: { "\ud800": 1 } }]) {
    expect(refusal(() => parsePart("body", z.looseObject({}), body)).status).toBe(400);
  }
});

test("a cursor fits its own list alone, whatever the page's length", () => {
  const place = z.strictObject({ id: z.int() });
  const cursor = encodeCursor("/api/results?dataset=mnist&limit=3", { id: 7 });
  expect(decodeCursor(`/api/results?limit=9&dataset=mnist&cursor=${cursor}`, cursor, place)).toEqual({ id: 7 });
  expect(decodeCursor("/api/results", undefined, place)).toBeNull();
  const others = [
    ["/api/results?dataset=adult", cursor],
    ["/api/results", "%%%"],
    ["/api/results", "e30"],
  ] as const;
  for (const [url, given] of others) {
    expect(refusal(() => decodeCursor(url, given, place)).type).toBe("urn:shadowfarm:problem:invalid-cursor");
  }
});
