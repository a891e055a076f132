import { problemSchema } from "@shadowfarm/core/api/problem";
import { VERSION } from "@shadowfarm/core/version";
import { z } from "zod";
import type { Route } from "./route.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of a table of routes. */
export function openApiOf(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] ??= {};
    (paths[path] as Json)[route.method] = operationOf(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Shadowfarm",
      version: VERSION,
      description:
        "Experiments, jobs and results of a farm for membership-inference research. Errors are problem documents (RFC 9457).",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemasOf(routes),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "Needed where the API is not served to its own machine alone.",
        },
      },
    },
  };
}

function operationOf(route: Route): Json {
  const { answer, params, query, body, method, path, role } = route;
  const operationId = `${method}${path.replace(/[/:.]+(\w)/g, (_, first: string) => first.toUpperCase())}`;
  const problem = (description: string) => ({
    description,
    content: { "application/problem+json": { schema: reference("Problem") } },
  });
  const content =
    "schema" in answer
      ? { "application/json": { schema: reference(answer.name) } }
      : { [answer.mediaType]: { schema: {} } };
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    description: role === null ? "Needs no token." : `Needs the role ${role}, where tokens are needed.`,
    security: role === null ? [] : [{ token: [] }],
    parameters: [...parametersOf("path", params), ...parametersOf("query", query)],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: inlined(body, "input") } } },
    }),
    responses: {
      [route.status]: { description: "schema" in answer ? route.summary : answer.describe, content },
      "4XX": problem("what is wrong with the request"),
      "5XX": problem("what failed on the server"),
    },
  };
}

function parametersOf(where: "path" | "query", schema: z.ZodObject | undefined): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = inlined(schema, "input") as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as Json;
    return {
      name,
      in: where,
      required: where === "path" || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function inlined(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return json;
}

function schemasOf(routes: readonly Route[]): Json {
  const named = routes.flatMap(({ answer }) => ("schema" in answer ? [[answer.name, answer.schema] as const] : []));
  // Of what is answered: what has a default is there.
  return Object.fromEntries(
    [["Problem", problemSchema] as const, ...named].map(([name, schema]) => [name, inlined(schema, "output")]),
  );
}
