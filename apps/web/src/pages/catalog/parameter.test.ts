import { expect, test } from "vitest";
import { parameterOf } from "./parameter.ts";

test.each([
  [{ type: "integer", minimum: 1, maximum: 1024, default: 64 }, "whole number", "≥ 1, ≤ 1,024"],
  [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.5 }, "number", "> 0, < 0.5"],
  [{ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, "whole number", "≥ 0"],
  [{ type: "string", enum: ["tanh", "relu"] }, "choice", "tanh, relu"],
  [{ type: "boolean" }, "yes or no", ""],
  [{ anyOf: [{ type: "number", minimum: 0 }, { type: "null" }] }, "number or none", "≥ 0"],
  [{ type: "array", items: { type: "integer", minimum: 1 } }, "list of whole number", "≥ 1"],
  [{ anyOf: [{ type: "string" }, { type: "object" }] }, "text or object", ""],
  [{}, "any", ""],
])("%j is a %s in the range %j", (schema, type, range) => {
  expect(parameterOf("own", schema)).toMatchObject({ type, range });
});

test("a parameter without a default must be given", () => {
  expect(parameterOf("from", { type: "string" }).fallback).toBeUndefined();
  expect(parameterOf("k", { type: "integer", default: 0 }).fallback).toBe(0);
});
