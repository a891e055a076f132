import type { z } from "zod";
import { suggestion } from "./suggestion.ts";

/** One thing wrong with an input: where it is, and a message that names the value and the remedy. */
export interface Problem {
  path: readonly PropertyKey[];
  message: string;
}

/** The keys that the object at a path may have, to suggest one for an unknown key. */
export type KnownKeys = (path: readonly PropertyKey[]) => readonly string[];

type Issue = z.core.$ZodIssue;

/**
 * A zod error as problems that name the offending value.
 *
 * @param input the value that was parsed
 */
export function problemsOf(error: z.ZodError, input: unknown, knownKeys: KnownKeys = () => []): Problem[] {
  return problemsOfIssues(error.issues, input, knownKeys);
}

function problemsOfIssues(issues: readonly Issue[], input: unknown, knownKeys: KnownKeys): Problem[] {
  return issues
    .filter((issue, index) => !issues.slice(index + 1).some((later) => limitsAgain(issue, later)))
    .flatMap((issue) => problemsOfIssue(issue, input, knownKeys));
}

/** An integer too large for a number to hold is reported twice; the schema's own limit comes second, and is tighter. */
function limitsAgain(issue: Issue, later: Issue): boolean {
  return (
    (issue.code === "too_big" || issue.code === "too_small") &&
    issue.code === later.code &&
    issue.path.join("/") === later.path.join("/")
  );
}

function problemsOfIssue(issue: Issue, input: unknown, knownKeys: KnownKeys): Problem[] {
  const { path } = issue;
  const value = at(input, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key ${show(key)}; ${suggestion(key, knownKeys(path))}`,
      }));
    case "invalid_union": {
      const branches = alternatives(issue);
      // The branch whose type fits is the one that was meant: its own problems say more than "not a string".
      const meant = branches.find((branch) => branch.every((inner) => !isOfOtherType(inner, value)));
      if (meant) {
        const placed = meant.map((inner) => ({ ...inner, path: [...path, ...inner.path] }) as Issue);
        return problemsOfIssues(placed, input, knownKeys);
      }
      const wanted = branches.flat().flatMap((inner) => {
        if (inner.path.length > 0) return [];
        if (inner.code === "invalid_value") return inner.values.map(show);
        return inner.code === "invalid_type" ? [withArticle(inner.expected)] : [];
      });
      const remedy =
        wanted.includes("a number") && isNumeral(value) ? "write it without quotes" : `give ${either(wanted)}`;
      return [{ path, message: `${value === undefined ? "missing" : `${show(value)} does not fit`}; ${remedy}` }];
    }
    case "invalid_type":
      if (value === undefined) {
        const place = path.length > 1 ? ` in ${show(at(input, path.slice(0, -1)))}` : "";
        return [{ path, message: `missing${place}; give ${withArticle(issue.expected)}` }];
      }
      return [{ path, message: wrongType(value, issue.expected) }];
    case "invalid_value":
      return [
        {
          path,
          message: `${value === undefined ? "missing" : `unknown value ${show(value)}`}; use ${either(issue.values.map(show))}`,
        },
      ];
    case "too_small":
      if (issue.origin === "array") return [{ path, message: issue.message }];
      return [
        {
          path,
          message:
            issue.origin === "string"
              ? `${show(value)} is too short; use at least ${characters(issue.minimum)}`
              : `${show(value)} is too small; use ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`,
        },
      ];
    case "too_big":
      return [
        {
          path,
          message:
            issue.origin === "string"
              ? `${show(value)} is too long; use at most ${characters(issue.maximum)}`
              : `${show(value)} is too large; use ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`,
        },
      ];
    default:
      return [{ path, message: `${show(value)} does not fit; ${issue.message}` }];
  }
}

/** The branches of a union, those of a union within it included. */
function alternatives(issue: z.core.$ZodIssueInvalidUnion): Issue[][] {
  return issue.errors.flatMap((branch) => {
    const [inner] = branch;
    return inner?.code === "invalid_union" && inner.path.length === 0 ? alternatives(inner) : [branch];
  });
}

function isOfOtherType(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_value") return true;
  if (issue.code !== "invalid_type") return false;
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return type !== ({ int: "number", record: "object" }[issue.expected as string] ?? issue.expected);
}

function wrongType(value: unknown, expected: string): string {
  if (typeof value === "number" && !Number.isFinite(value)) return `${value} is not a finite number; give one`;
  const remedy =
    expected === "array" && value !== null
      ? `write [${show(value)}]`
      : expected === "string" && (typeof value === "number" || typeof value === "boolean")
        ? "write it in quotes"
        : expected === "number" && isNumeral(value)
          ? "write it without quotes"
          : "give one";
  return `${show(value)} is not ${withArticle(expected)}; ${remedy}`;
}

function isNumeral(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    input,
  );
}

/** A value as a message names it: JSON on one line, cut when long. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return cut(JSON.stringify(value));
  } catch {
    return Array.isArray(value) ? "a list that JSON cannot hold" : "an object that JSON cannot hold";
  }
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function withArticle(expected: string): string {
  const noun =
    { int: "integer", array: "list", record: "object (key: value)", object: "object (key: value)" }[expected] ??
    expected;
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

/** `a`, `a or b`, `a, b or c`, without repetition. */
function either(options: readonly string[]): string {
  const distinct = [...new Set(options)];
  const last = distinct.pop() ?? "another value";
  return distinct.length === 0 ? last : `${distinct.join(", ")} or ${last}`;
}

function characters(count: number | bigint): string {
  return `${count} character${Number(count) === 1 ? "" : "s"}`;
}
