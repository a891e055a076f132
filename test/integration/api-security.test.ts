import { routesOf } from "@shadowfarm/api/app";
import type { Route } from "@shadowfarm/api/route";
import type { Role } from "@shadowfarm/core/role";
import { catalog } from "@shadowfarm/ml/catalog";
import { createToken, revokeToken } from "@shadowfarm/store/tokens";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";
import { type RawAnswer, rawRequest } from "../raw-request.ts";
import { heardLog, serveStored } from "../served-api.ts";
import { storeCell, storeExperiment, storeResult, storeScores } from "../stored-results.ts";

const routes = routesOf(catalog);
const KEY = "a".repeat(40);

/** The route's address with every parameter of its path filled in. */
function addressOf({ path }: Route, value: (parameter: string) => string = () => KEY): string {
  return `/api${path.replace(/:(\w+)/g, (_, parameter: string) => encodeURIComponent(value(parameter)))}`;
}

function isProblem({ status, headers, text }: RawAnswer): boolean {
  return headers["content-type"]?.includes("application/problem+json") === true && JSON.parse(text).status === status;
}

describe("who may do what", () => {
  test("every route of the table, for every role, for nobody, and for tokens that are none", {
    timeout: 120_000,
  }, async ({ store, folder }) => {
    const api = await serveStored(store, folder, { host: "0.0.0.0" });
    try {
      const ranks: readonly Role[] = ["reader", "submitter", "admin"];
      const tokens = new Map<string, string>();
      for (const rank of ranks) tokens.set(rank, await createToken(store, rank, rank));
      tokens.set("revoked", await createToken(store, "revoked", "admin"));
      await revokeToken(store, "revoked");
      const refusals: Record<string, number> = {};
      for (const [number, route] of routes.entries()) {
        const name = `${route.method.toUpperCase()} ${route.path}`;
        // Who guesses tokens is soon let wait: here each route is asked by another.
        const from = `127.0.1.${number + 1}`;
        const ask = (headers: Record<string, string>) =>
          rawRequest(api.at, { method: route.method.toUpperCase(), path: addressOf(route), headers, from });
        const answers: [string, RawAnswer][] = [["nobody", await ask({})]];
        for (const [who, token] of tokens) answers.push([who, await ask({ authorization: `Bearer ${token}` })]);
        // As browsers send it, and in forms that are none.
        const admin = tokens.get("admin") as string;
        answers.push(["admin", await ask({ cookie: `other=1; shadowfarm_token=${admin}` })]);
        for (const authorization of [`Basic ${admin}`, `Bearer ${admin}x`, `Bearer ${admin.slice(0, -1)}`, admin]) {
          answers.push(["malformed", await ask({ authorization })]);
        }
        for (const [who, answer] of answers) {
          const rank = ranks.indexOf(who as Role);
          if (route.role === null) continue;
          const expected = rank < 0 ? 401 : rank < ranks.indexOf(route.role) ? 403 : null;
          if (expected === null) {
            expect([401, 403, 429, 500], `${name} as ${who}`).not.toContain(answer.status);
          } else {
            expect(answer.status, `${name} as ${who}`).toBe(expected);
            expect(isProblem(answer), `${name} as ${who}`).toBe(true);
            refusals[who] = (refusals[who] ?? 0) + 1;
          }
        }
      }
      // So that a table without roles would not pass.
      const guarded = routes.filter(({ role }) => role !== null).length;
      expect(guarded).toBeGreaterThan(25);
      expect(refusals).toMatchObject({ nobody: guarded, revoked: guarded, reader: expect.any(Number) });
    } finally {
      await api.stop();
    }
  });

  test("a token is in no log, no audit entry and no answer, wherever it was sent and whatever failed", async ({
    store,
    folder,
  }) => {
    const { log, heard } = heardLog("trace");
    const api = await serveStored(store, folder, { host: "0.0.0.0", log });
    try {
      const token = await createToken(store, "ada", "admin");
      const secret = token.replace("shadowfarm_", "");
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const said: string[] = [];
      const ask = async (method: string, path: string, body?: object, more: Record<string, string> = headers) => {
        const text = body && JSON.stringify(body);
        said.push((await rawRequest(api.at, { method, path, headers: more, ...(text && { body: text }) })).text);
      };
      await ask("GET", "/api/me");
      await ask("GET", `/api/results?dataset=${token}`);
      await ask("GET", `/api/jobs/${token}`);
      await ask("GET", "/api/me", undefined, { cookie: `shadowfarm_token=${token}` });
      await ask("POST", "/api/session", { token }, { "content-type": "application/json" });
      await ask("POST", "/api/session", { token: `${token}x` }, { "content-type": "application/json" });
      await ask("POST", `/api/experiments?token=${token}`, { spec: { name: token }, token });
      await ask("PUT", `/api/users/${token}`, { weight: "heavy" });
      await ask("PUT", "/api/users/bob", { weight: 2 });
      // A fault of ours, of which everything is logged.
      await store.db.$executeRaw`ALTER TABLE "User" RENAME TO "Gone"`;
      await ask("GET", "/api/users");
      await ask("PUT", `/api/users/${"b".repeat(20)}?token=${token}`, { weight: 2 });
      await ask("PUT", "/api/users/bob", { weight: 2 });
      await store.db.$executeRaw`ALTER TABLE "Gone" RENAME TO "User"`;
      await ask("GET", "/api/audit?limit=100");
      expect(said.at(-1)).toContain('"path":"/api/users/bob"');
      expect(heard()).toContain("a request failed");
      expect(heard()).not.toContain(secret);
      const audit = JSON.stringify((await store.db.auditEntry.findMany()).map(({ id: _, ...entry }) => entry));
      expect(audit).not.toContain(secret);
      expect(said.at(-1)).not.toContain(secret);
      for (const text of said.slice(-5)) expect(text).not.toMatch(/Gone|relation|prisma|at .*\.ts:\d/i);
    } finally {
      await api.stop();
    }
  });
});

const payloads = [
  "../../../../../../etc/passwd",
  "..%2f..%2f..%2fetc%2fpasswd",
  "....//....//etc/passwd",
  "/etc/passwd",
  "C:\\Windows\\win.ini",
  "' OR '1'='1",
  '\'; DROP TABLE "Cell"; --',
  '" OR 1=1; --',
  "1); SELECT pg_sleep(30); --",
  "$1",
  "$(id)",
  "{{7*7}}",
  "%00",
  "\u0000",
  "\ud800",
  "<script>alert(1)</script>",
  "a".repeat(5_000),
  '{"$gt": ""}',
  "__proto__",
  "-1e999",
];

describe("hostile input", () => {
  test("in every parameter of every route is a value, and neither a path nor a statement", {
    timeout: 240_000,
  }, async ({ store, folder }) => {
    const api = await serveStored(store, folder);
    try {
      await storeExperiment(store, "abcdef0123");
      await storeCell(store, "abcdef0123", 0, KEY);
      await storeResult(store, KEY, 0.6);
      await storeScores(store, api.artifacts, KEY);
      const statuses = new Map<number, number>();
      const look = async (method: string, path: string) => {
        const answer = await rawRequest(api.at, { method, path });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const where = `${method} ${path.slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 200)}`;
        expect(answer.status, where).toBeLessThan(500);
        expect(answer.text, where).not.toMatch(/root:.*:0:0:|\[fonts\]|syntax error|at \S+\.ts:\d/);
        expect(answer.headers["x-content-type-options"], where).toBe("nosniff");
        if (answer.status >= 400) expect(isProblem(answer), where).toBe(true);
      };
      for (const [number, route] of routes.entries()) {
        const method = route.method.toUpperCase();
        const parameters = Object.keys(route.params?.shape ?? {});
        for (const parameter of parameters) {
          for (const payload of payloads) {
            const text = payload.replace("\ud800", "%ED%A0%80");
            const path = addressOf(route, (name) =>
              name === parameter ? "PAYLOAD" : name === "name" ? "scores" : KEY,
            );
            // As it is, and as a browser would write it.
            if (/^[\x21-\x7e]+$/.test(text)) await look(method, path.replace("PAYLOAD", text));
            await look(method, path.replace("PAYLOAD", encodeURIComponent(text)));
          }
        }
        const all = [...Object.keys(route.query?.shape ?? {}), "unknown", "__proto__"];
        // Each starts a process; its filters are those of the other exports.
        const names = route.path === "/results.parquet" ? all.slice(-4) : all;
        for (const [at, name] of names.entries()) {
          const some = names.length > 20 ? [payloads[(at + number) % payloads.length] as string] : payloads;
          for (const payload of some) {
            const value = encodeURIComponent(payload.replace("\ud800", "\ufffd"));
            await look(method, `${addressOf(route)}?${encodeURIComponent(name)}=${value}`);
            await look(method, `${addressOf(route)}?${value}=1`);
          }
        }
      }
      for (const path of [
        "/../../etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/..%2f..%2fpackage.json",
        "/docs/../../package.json",
      ]) {
        await look("GET", path);
      }
      expect(statuses.get(200)).toBeGreaterThan(100);
      expect(statuses.get(400)).toBeGreaterThan(100);
      expect([await store.db.cell.count(), await store.db.result.count(), await store.db.job.count()]).toEqual([
        1, 1, 1,
      ]);
    } finally {
      await api.stop();
    }
  });

  test("what was stored with markup is sent as JSON, and by nobody taken for a page", async ({ store, folder }) => {
    const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>`;
    const api = await serveStored(store, folder);
    try {
      await storeExperiment(store, "abcdef0123", evil);
      await storeCell(store, "abcdef0123", 0, KEY, { origin: evil, attackParams: { points: evil } });
      await storeResult(store, KEY, 0.6);
      await store.db.job.create({
        data: { key: "b".repeat(40), kind: "train", params: { note: evil }, state: "failed", error: evil },
      });
      await store.db.experimentJob.create({
        data: { experimentId: "abcdef0123", jobKey: "b".repeat(40) },
      });
      const paths = [
        ...[
          "/experiments",
          "/experiments/abcdef0123",
          "/experiments/abcdef0123/failures",
          "/jobs?state=failed",
          `/jobs/${"b".repeat(40)}`,
        ],
        ...[
          "/results",
          "/results/groups",
          "/results/dimensions?of=origin",
          `/results/${KEY}`,
          `/results/${KEY}/provenance`,
        ],
        `/nothing/${encodeURIComponent(evil)}`,
        `/jobs/${encodeURIComponent(evil)}`,
        "/results.csv",
        "/results.jsonl",
      ];
      for (const path of paths) {
        const { status, headers, text } = await rawRequest(api.at, { path: `/api${path}` });
        expect(status, path).toBeLessThan(500);
        if (status === 200) expect(text, path).toContain("alert(1)");
        expect(headers["content-type"], path).toMatch(/^(application\/(json|problem\+json|jsonl)|text\/csv)/);
        expect(headers["x-content-type-options"], path).toBe("nosniff");
        const policy = headers["content-security-policy"] as string;
        expect(policy, path).toMatch(/default-src 'none'.*script-src 'self'/);
        expect(policy, path).not.toMatch(/unsafe|\*|https?:/);
      }
    } finally {
      await api.stop();
    }
  });
});
