import type { z } from "zod";
import { suggestion } from "./suggestion.ts";

/** One thing wrong with an input: where it is, and a message that names the value and the remedy. */
export interface Problem {
  path: readonly PropertyKey[];
  message: string;
}

/**
 * A zod error as problems that name the offending value.
 *
 * @param input the value that was parsed
 * @param knownKeys names to suggest for an unknown key at the top level; taken from the error otherwise
 */
export function problemsOf(error: z.ZodError, input: unknown, knownKeys: readonly string[] = []): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, input, knownKeys));
}

function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown, knownKeys: readonly string[]): Problem[] {
  const value = at(input, issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: `unknown key "${key}"; ${suggestion(key, issue.path.length === 0 ? knownKeys : [])}`,
      }));
    case "invalid_union": {
      // The branch that got furthest is the one that was meant: an object's own problems say more than "not a string".
      const branches = issue.errors.filter((branch) => branch.length > 0);
      const deepest = branches.sort((a, b) => depth(b) - depth(a))[0];
      if (deepest && depth(deepest) > 0) {
        return deepest.flatMap((inner) =>
          problemsOfIssue({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, input, knownKeys),
        );
      }
      const wanted = branches.flat().map((inner) => ("expected" in inner ? String(inner.expected) : inner.message));
      return [
        { path: issue.path, message: `${show(value)} does not fit; expected ${[...new Set(wanted)].join(" or ")}` },
      ];
    }
    case "invalid_type":
      if (value === undefined) return [{ path: issue.path, message: `missing; give ${article(issue.expected)}` }];
      return [{ path: issue.path, message: `${show(value)} is not ${article(issue.expected)}` }];
    case "invalid_value":
      return [
        {
          path: issue.path,
          message: `${show(value)} is none of ${issue.values.map((known) => show(known)).join(", ")}`,
        },
      ];
    case "too_small":
      if (issue.origin === "array") return [{ path: issue.path, message: issue.message }];
      return [
        {
          path: issue.path,
          message: `${show(value)} is too small; use ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`,
        },
      ];
    case "too_big":
      return [
        {
          path: issue.path,
          message: `${show(value)} is too large; use ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`,
        },
      ];
    default:
      return [{ path: issue.path, message: `${show(value)}: ${issue.message}` }];
  }
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length + (issue.code === "unrecognized_keys" ? 1 : 0)));
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    input,
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function article(expected: string): string {
  const noun = expected === "int" ? "integer" : expected === "array" ? "list" : expected;
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
