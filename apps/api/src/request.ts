import { sha256Hex } from "@shadowfarm/core/fingerprint";
import { type Problem, problemsOf } from "@shadowfarm/core/validation";
import { z } from "zod";
import { ApiProblem, errorsIn } from "./problem.ts";

/** What Postgres cannot keep as text: NUL, and halves of a surrogate pair. */
const NOT_TEXT = /\0|\p{Surrogate}/u;

/**
 * The query of a URL by its schema: what may be given several times is a list, numbers and truth values are read as such.
 *
 * @throws {ApiProblem} naming what is unknown or wrong, and what may be given.
 */
export function parseQuery<Q extends z.ZodObject>(schema: Q, search: URLSearchParams): z.infer<Q> {
  const given: Record<string, unknown> = Object.create(null);
  const problems: Problem[] = [];
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    const field = Object.hasOwn(schema.shape, name) ? bare(schema.shape[name] as z.ZodType) : null;
    if (values.some((value) => NOT_TEXT.test(value))) {
      problems.push({ path: [name], message: "holds a character that is no text; leave it out" });
    } else if (field instanceof z.ZodArray) {
      const item = bare(field.element as z.ZodType);
      given[name] = values.map((value) => read(item, value));
    } else if (values.length > 1) {
      problems.push({ path: [name], message: `is given ${values.length} times; give it once` });
    } else given[name] = field ? read(field, values[0] as string) : values[0];
  }
  const quick = problems.length === 0 ? parseGiven(schema, given) : null;
  if (quick) return quick;
  const parsed = schema.safeParse({ ...given });
  const allowed = Object.keys(schema.shape);
  if (!parsed.success) problems.push(...problemsOf(parsed.error, { ...given }, () => allowed));
  if (problems.length > 0 || !parsed.success) throw refused("query", problems, allowed);
  return parsed.data;
}

/**
 * What a schema makes of what is given, by the fields that are: of some hundred that may be given, a query has a few, and to ask each
 * takes longer than the answer. Null where something is wrong with it, or the schema says something of fields together.
 */
function parseGiven<Q extends z.ZodObject>(schema: Q, given: Readonly<Record<string, unknown>>): z.infer<Q> | null {
  if ((schema.def.checks ?? []).length > 0) return null;
  const parsed: Record<string, unknown> = {};
  for (const name of new Set([...neededIn(schema), ...Object.keys(given)])) {
    if (!Object.hasOwn(schema.shape, name)) return null;
    const field = (schema.shape[name] as z.ZodType).safeParse(given[name]);
    if (!field.success) return null;
    parsed[name] = field.data;
  }
  return parsed as z.infer<Q>;
}

const needed = new WeakMap<z.ZodObject, readonly string[]>();

/** The fields of which something is made, or said, when they are not given. */
function neededIn(schema: z.ZodObject): readonly string[] {
  const names =
    needed.get(schema) ??
    Object.entries(schema.shape).flatMap(([name, field]) => {
      const absent = (field as z.ZodType).safeParse(undefined);
      return absent.success && absent.data === undefined ? [] : [name];
    });
  needed.set(schema, names);
  return names;
}

/** @throws {ApiProblem} as `parseQuery` does. */
export function parsePart<S extends z.ZodType>(where: "path" | "body", schema: S, given: unknown): z.infer<S> {
  const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  if (holdsNoText(given)) {
    throw refused(where, [{ path: [], message: "holds a character that is no text; leave it out" }], []);
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw refused(
    where,
    problemsOf(parsed.error, given, () => allowed),
    allowed,
  );
}

function refused(
  where: "path" | "query" | "body",
  problems: readonly Problem[],
  allowed: readonly string[],
): ApiProblem {
  const errors = errorsIn(where, problems);
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("\n");
  const unknown = problems.some(({ message }) => message.startsWith("unknown"));
  return new ApiProblem("invalid-request", detail, { errors, ...(unknown && { allowed: [...allowed] }) });
}

function holdsNoText(value: unknown): boolean {
  if (typeof value === "string") return NOT_TEXT.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]) => NOT_TEXT.test(key) || holdsNoText(member));
}

/** A schema without what makes it optional. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return bare(schema.unwrap() as z.ZodType);
  return schema;
}

function read(schema: z.ZodType, text: string): unknown {
  if (schema instanceof z.ZodNumber) return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  if (schema instanceof z.ZodBoolean) return text === "true" ? true : text === "false" ? false : text;
  return text;
}

/** A part of every cursor that only fits the list that it was made for. */
function listName(url: string): string {
  const { pathname, searchParams } = new URL(url, "http://api");
  searchParams.delete("cursor");
  searchParams.delete("limit");
  searchParams.sort();
  return sha256Hex(`${pathname}?${searchParams}`).slice(0, 12);
}

/** Where a page ended, for the URL of its list. */
export function encodeCursor(url: string, place: unknown): string {
  return Buffer.from(JSON.stringify([listName(url), place])).toString("base64url");
}

/** @throws {ApiProblem} for a cursor of another list, or none at all. */
export function decodeCursor<P extends z.ZodType>(
  url: string,
  cursor: string | undefined,
  place: P,
): z.infer<P> | null {
  if (cursor === undefined) return null;
  try {
    const [list, given] = z
      .tuple([z.string(), z.unknown()])
      .parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    if (list !== listName(url)) throw new TypeError("of another list");
    return place.parse(given);
  } catch {
    throw new ApiProblem(
      "invalid-cursor",
      "the cursor was not given by this list with these filters and this order; leave it out to begin anew",
    );
  }
}

/** The query of every list in pages. */
export function pageQuery(most: number, usual: number) {
  return {
    limit: z.int().min(1).max(most).default(usual),
    cursor: z.string().max(500).optional().describe("`nextCursor` of the page before"),
  };
}
