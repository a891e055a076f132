import { InvalidInput, NotFound } from "@shadowfarm/core/errors";
import { InvalidExperiment } from "@shadowfarm/core/experiment";
import { catalog } from "@shadowfarm/ml/catalog";
import { expect, test } from "vitest";
import { isLoopback } from "./access.ts";
import { routesOf } from "./app.ts";
import { openApiOf } from "./openapi.ts";
import { problemOf } from "./problem.ts";

const routes = routesOf(catalog);

test("who may do what", () => {
  const byRole = (role: string | null) =>
    routes.filter((route) => route.role === role).map(({ method, path }) => `${method} ${path}`);
  expect(byRole(null)).toEqual(["post /session", "delete /session"]);
  expect(byRole("submitter")).toEqual([
    "post /experiments",
    "post /plans",
    "patch /experiments/:experiment",
    "post /experiments/:experiment/cancel",
    "post /experiments/:experiment/retry",
  ]);
  expect(byRole("admin")).toEqual(["put /users/:name", "get /audit"]);
  // Whoever only reads can change nothing.
  for (const { method, role } of routes) if (role === "reader") expect(method).toBe("get");
});

test("every parameter of a path has its schema, and every operation an id of its own", () => {
  for (const { path, params } of routes) {
    const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    expect(Object.keys(params?.shape ?? {}), path).toEqual(named);
  }
  const { paths } = openApiOf(routes) as { paths: Record<string, Record<string, { operationId: string }>> };
  const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(routes.length);
});

test("errors become problems; a fault of ours tells nothing", () => {
  expect(problemOf(new NotFound("no such"))?.document).toMatchObject({ status: 404, detail: "no such" });
  expect(problemOf(new InvalidInput("wrong"))?.document).toMatchObject({ status: 400 });
  const invalid = new InvalidExperiment([{ path: ["attacks", 1, "name"], message: 'unknown attack "lyra"' }]);
  expect(problemOf(invalid)?.document).toEqual({
    type: "urn:shadowfarm:problem:invalid-experiment",
    title: "The experiment cannot be accepted",
    status: 422,
    detail: 'attacks[1].name: unknown attack "lyra"',
    errors: [{ in: "body", path: "attacks[1].name", message: 'unknown attack "lyra"' }],
  });
  expect(problemOf(new Error("password=secret"))).toBeNull();
});

test.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["127.evil.example", false],
  ["::", false],
])("%s is loopback: %s", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
