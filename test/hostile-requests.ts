import type { Rng } from "@shadowfarm/core/rng";

/** The part of an OpenAPI document that says how to ask. */
export interface OpenApiPaths {
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  parameters: { name: string; in: "path" | "query"; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
}

type Json = Record<string, unknown>;

/** A request that some client might send. */
export interface HostileRequest {
  /** Method and path as the document has them. */
  operation: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

const texts = [
  ...[
    "",
    " ",
    "0",
    "-1",
    "1e309",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "mnist",
    "gap",
    "auc",
    "small",
    "\\",
    "'",
    '"',
    "%",
    "%zz",
    "\u0000",
  ],
  ...[
    "../..",
    "$1",
    "\ud800",
    "😀",
    "a,b",
    "é",
    "x".repeat(300),
    "-auc",
    "9007199254740993",
    "2026-11-26T00:00:00Z",
    "0x10",
    "=1+1",
  ],
];

/** Requests that violate the document's schemas, or keep to them, in every way that there is; the same for one seed. */
export function hostileRequests({ paths }: OpenApiPaths, rng: Rng, known: readonly string[]): () => HostileRequest {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const below = (limit: number) => (limit < 1 ? 0 : rng.int(limit));
  const pick = <T>(some: readonly T[]) => some[below(some.length)] as T;
  const chance = (share: number) => rng.uniform() < share;

  const anything = (depth: number): unknown => {
    const kind = below(depth > 0 ? 8 : 6);
    if (kind === 0) return null;
    if (kind === 1) return chance(0.5);
    if (kind === 2) return pick([0, -1, 1, 0.5, 1e308, -1e-308, 2 ** 31, 2 ** 53, below(100)]);
    if (kind < 6) return pick(texts);
    if (kind === 6) return Array.from({ length: below(4) }, () => anything(depth - 1));
    return Object.fromEntries(
      Array.from({ length: below(4) }, () => [pick([...texts, "name", "__proto__"]), anything(depth - 1)]),
    );
  };
  /** What a schema asks for, mostly. */
  const like = (schema: Json, depth: number): unknown => {
    if (chance(0.15)) return anything(2);
    const options = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
    if (options) return like(pick(options), depth);
    if (schema.const !== undefined) return schema.const;
    if (Array.isArray(schema.enum)) return pick(schema.enum);
    const type = Array.isArray(schema.type) ? pick(schema.type as string[]) : schema.type;
    switch (type) {
      case "object": {
        const { properties = {} } = schema as { properties?: Record<string, Json> };
        const given = Object.entries(properties).filter(() => chance(0.8));
        return Object.fromEntries(given.map(([name, member]) => [name, like(member, depth - 1)]));
      }
      case "array":
        return Array.from({ length: below(3) }, () => like((schema.items ?? {}) as Json, depth - 1));
      case "integer":
        return pick([schema.minimum, schema.maximum, 0, 1, below(1_000)].filter((value) => value !== undefined));
      case "number":
        return rng.uniform() * pick([1, -1, 1e6]);
      case "boolean":
        return chance(0.5);
      default:
        return pick([...texts, ...known]);
    }
  };
  const written = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  const encoded = (text: string) =>
    chance(0.02) ? text.replace(/[^\x21-\x7e]/gu, "%") : encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "�"));

  return () => {
    const { path, method, operation } = pick(operations);
    const query: string[] = [];
    for (const { name, in: where, schema } of operation.parameters) {
      if (where !== "query" || !chance(2 / operation.parameters.length)) continue;
      const values = [like(schema, 2)].flat();
      for (const value of values) query.push(`${encoded(name)}=${encoded(written(value))}`);
    }
    if (chance(0.1)) query.push(`${encoded(pick(texts))}=${encoded(pick(texts))}`);
    const address = path.replace(/\{\w+\}/g, () => encoded(chance(0.7) ? pick(known) : pick(texts)) || "-");
    const headers: Record<string, string> = {};
    if (chance(0.1)) headers["if-none-match"] = pick(["*", '"x"', "W/", '","']);
    if (chance(0.1)) headers["accept-encoding"] = pick(["gzip", "br;q=0.1, gzip;q=0", "*", ";;;", "identity;q=0"]);
    if (chance(0.05)) headers.cookie = pick(["shadowfarm_token=%", "a=b; shadowfarm_token=xxxxxxxxxxxx", ";;=;"]);
    const schema = operation.requestBody?.content["application/json"]?.schema;
    const request: HostileRequest = { operation: `${method} ${path}`, method, path: `/api${address}`, headers };
    if (query.length > 0) request.path += `?${query.join("&")}`;
    if (schema || chance(0.05)) {
      const body = JSON.stringify(schema && chance(0.9) ? like(schema, 3) : anything(3)) ?? "";
      request.body = chance(0.05) ? body.slice(0, below(body.length + 1)) : chance(0.02) ? "[".repeat(20_000) : body;
      headers["content-type"] = chance(0.9)
        ? "application/json"
        : pick(["text/plain", "application/json; charset=utf-7", "*/*", "application/xml"]);
    }
    return request;
  };
}
