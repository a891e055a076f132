import { valueText } from "../../parts/words.ts";

/** A unit's parameter as people read it. */
export interface Parameter {
  name: string;
  type: string;
  /** Undefined: it must be given. */
  fallback: unknown;
  range: string;
  meaning: string;
}

/** Of a JSON Schema, what zod writes into one. */
interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Schema[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
}

/** Reads a parameter's JSON Schema. */
export function parameterOf(name: string, schema: unknown): Parameter {
  const known = typeof schema === "object" && schema !== null ? (schema as Schema) : {};
  const { description = "", default: fallback } = known;
  return { name, type: typeOf(known), fallback, range: rangeOf(known), meaning: description };
}

function typeOf(schema: Schema): string {
  if (schema.enum || schema.const !== undefined) return "choice";
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  if (schema.type === "array") return schema.items ? `list of ${typeOf(schema.items)}` : "list";
  return (
    { integer: "whole number", boolean: "yes or no", string: "text", null: "none" }[schema.type ?? ""] ??
    schema.type ??
    "any"
  );
}

function rangeOf(schema: Schema): string {
  if (schema.const !== undefined) return valueText(schema.const);
  if (schema.enum) return schema.enum.map(valueText).join(", ");
  if (schema.anyOf)
    return schema.anyOf
      .map(rangeOf)
      .filter((range) => range !== "")
      .join("; ");
  if (schema.type === "array" && schema.items) return rangeOf(schema.items);
  const least = bound(schema.minimum, "≥") ?? bound(schema.exclusiveMinimum, ">");
  const most = bound(schema.maximum, "≤") ?? bound(schema.exclusiveMaximum, "<");
  return [least, most].filter((own) => own !== null).join(", ");
}

/** What zod writes for whole numbers without a bound is none. */
function bound(value: number | undefined, sign: string): string | null {
  return value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER
    ? null
    : `${sign} ${value.toLocaleString("en", { maximumSignificantDigits: 12 })}`;
}
