import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, fingerprint, sha256Hex } from "./fingerprint.ts";

/** The same value with the members of every object written in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).map(([key, member]) => [key, reversed(member)]);
  return Object.fromEntries(members.reverse());
}

test("canonical JSON is JSON for the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("the order of members and members that are undefined change nothing", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(fingerprint(reversed(value))).toBe(fingerprint(value));
    }),
  );
  expect(canonicalJson({ b: undefined, c: { z: 1, a: [] }, a: 2 })).toBe('{"a":2,"c":{"a":[],"z":1}}');
});

test("different values have different fingerprints", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const equal = canonicalJson(a) === canonicalJson(b);
      expect(fingerprint(a) === fingerprint(b)).toBe(equal);
    }),
  );
  const alike = [1, "1", [1], { 1: 1 }, null, "null", [], {}, "", [[]], true, "true", [1, 2], [12], ["1,2"]];
  expect(new Set(alike.map((value) => fingerprint(value))).size).toBe(alike.length);
});

test("the fingerprint of a value is pinned: it is the key of stored work", () => {
  expect(fingerprint({ kind: "train", seed: 1, rate: 1e-7, name: "ß→" })).toMatchInlineSnapshot(
    `"44529bb5ce58e8d3c2a12d03cce27e9cc96011c5"`,
  );
  expect(canonicalJson([-0, 1e21, 1e-7, 0.1 + 0.2])).toBe("[0,1e+21,1e-7,0.30000000000000004]");
});

test.each([
  ["NaN", Number.NaN],
  ["Infinity", [Number.POSITIVE_INFINITY]],
  ["undefined", undefined],
  ["undefined in an array", [undefined]],
  ["a hole", Object.assign(new Array(2), { 1: 1 })],
  ["a bigint", 1n],
  ["a symbol", Symbol("s")],
  ["a function", () => 1],
  ["a Date", { at: new Date(0) }],
  ["a Map", new Map([["a", 1]])],
  ["a Set", new Set([1])],
  ["a typed array", new Float64Array(2)],
  ["an instance", new (class Unit {})()],
])("%s has no canonical JSON", (_, value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});

test("objects without a prototype are plain", () => {
  expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
});

test("sha256Hex is SHA-256 of UTF-8 text or of bytes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array()), (value) => {
      expect(sha256Hex(value)).toBe(createHash("sha256").update(value).digest("hex"));
    }),
  );
  // A view in the middle of a buffer is hashed alone.
  expect(sha256Hex(new Uint8Array([9, 1, 2, 9]).subarray(1, 3))).toBe(sha256Hex(new Uint8Array([1, 2])));
});
