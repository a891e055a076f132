import { expect, test } from "vitest";
import { z } from "zod";
import { problemsOf, show } from "./validation.ts";

/** The problems that a schema has with a value, as `path: message`. */
function complaints(schema: z.ZodType, value: unknown, known: readonly string[] = []): string[] {
  const { error } = schema.safeParse(value);
  return error ? problemsOf(error, value, () => known).map(({ path, message }) => `${path.join(".")}: ${message}`) : [];
}

const mode = z.enum(["fast", "exact"]);
const unit = z.union([z.string(), z.looseObject({ name: z.string() })]);

test.each<[string, z.ZodType, unknown, string]>([
  ["integer", z.int(), "x", '"x" is not a number; give one'],
  ["integer as text", z.int(), "-1.5e3", '"-1.5e3" is not a number; write it without quotes'],
  ["integer with a fraction", z.int(), 1.5, "1.5 is not an integer; give one"],
  ["not finite", z.number(), Number.NEGATIVE_INFINITY, "-Infinity is not a finite number; give one"],
  ["text as number", z.string(), true, "true is not a string; write it in quotes"],
  ["text as list", z.string(), ["a"], '["a"] is not a string; give one'],
  ["list", z.array(z.string()), "a", '"a" is not a list; write ["a"]'],
  ["record", z.record(z.string(), z.unknown()), [], "[] is not an object (key: value); give one"],
  ["boolean", z.boolean(), null, "null is not a boolean; give one"],
  ["minimum", z.number().min(0), -1, "-1 is too small; use at least 0"],
  ["exclusive minimum", z.number().gt(0), 0, "0 is too small; use more than 0"],
  ["maximum", z.number().max(1), 2, "2 is too large; use at most 1"],
  ["exclusive maximum", z.number().lt(1), 1, "1 is too large; use less than 1"],
  ["unsafe integer, once", z.int().max(10), 1e300, "1e+300 is too large; use at most 10"],
  ["unsafe integer without a limit", z.int(), -1e300, "-1e+300 is too small; use at least -9007199254740991"],
  ["short text", z.string().min(1), "", '"" is too short; use at least 1 character'],
  ["long text", z.string().max(2), "abc", '"abc" is too long; use at most 2 characters'],
  ["value", mode, "slow", 'unknown value "slow"; use "fast" or "exact"'],
  ["value of another type", mode, 3, 'unknown value 3; use "fast" or "exact"'],
  ["one value", z.literal(1), 2, "unknown value 2; use 1"],
  ["no value", mode, undefined, 'missing; use "fast" or "exact"'],
  ["nothing for a union", unit, undefined, "missing; give a string or an object (key: value)"],
  ["pattern", z.string().regex(/^a/, "begin with an a"), "b", '"b" does not fit; begin with an a'],
  ["union", unit, 3, "3 does not fit; give a string or an object (key: value)"],
  [
    "union within a union",
    z.union([unit, z.array(unit)]),
    3,
    "3 does not fit; give a string, an object (key: value) or a list",
  ],
  [
    "union of values and types",
    z.union([z.literal("auto"), z.int()]),
    "all",
    '"all" does not fit; give "auto" or a number',
  ],
  ["number in a union", z.union([z.int(), z.array(z.int())]), "3", '"3" does not fit; write it without quotes'],
  ["fraction in a union", z.union([z.int(), z.array(z.int())]), 1.5, "1.5 is not an integer; give one"],
  ["unsafe integer in a union", z.union([z.int().max(9), z.string()]), 1e300, "1e+300 is too large; use at most 9"],
])("%s", (_, schema, value, message) => {
  expect(complaints(schema, value)).toEqual([`: ${message}`]);
  expect(complaints(z.strictObject({ at: schema }), { at: value })).toEqual([`at: ${message}`]);
});

test("the branch of a union whose type fits is the one that was meant", () => {
  const schema = z.strictObject({ units: z.array(z.union([unit, z.array(unit)])) });
  expect(complaints(schema, { units: [{ nmae: "a" }, ["a", { name: 3 }]] })).toEqual([
    'units.0.name: missing in {"nmae":"a"}; give a string',
    "units.1.1.name: 3 is not a string; write it in quotes",
  ]);
});

test("what is missing is named with what it is missing in", () => {
  const schema = z.strictObject({ a: z.strictObject({ b: z.int(), c: z.int() }) });
  expect(complaints(schema, {})).toEqual(["a: missing; give an object (key: value)"]);
  expect(complaints(schema, { a: { b: 1 } })).toEqual(['a.c: missing in {"b":1}; give a number']);
});

test("unknown keys are named one by one, with the nearest of the known ones", () => {
  const schema = z.strictObject({ epochs: z.int().optional() });
  expect(complaints(schema, { epoch: 1, other: 2 }, ["epochs"])).toEqual([
    'epoch: unknown key "epoch"; did you mean "epochs"?',
    'other: unknown key "other"; known: epochs',
  ]);
  expect(complaints(schema, { other: 2 })).toEqual(['other: unknown key "other"; remove it']);
});

const circular: unknown[] = [];
circular.push(circular);

test.each<[unknown, string]>([
  ["a\n\u001b[31m", '"a\\n\\u001b[31m"'],
  ["x".repeat(61), `"${"x".repeat(57)}…"`],
  ["x".repeat(60), `"${"x".repeat(60)}"`],
  [Array(100).fill(1), `[${"1,".repeat(28)}…`],
  [{ a: null }, '{"a":null}'],
  [Number.NaN, "NaN"],
  [undefined, "undefined"],
  [null, "null"],
  [10n, "10"],
  [[10n], "a list that JSON cannot hold"],
  [circular, "a list that JSON cannot hold"],
  [{ circular }, "an object that JSON cannot hold"],
])("a value is shown on one line: case %#", (value, shown) => {
  expect(show(value)).toBe(shown);
});
