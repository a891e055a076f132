import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Metrics } from "@shadowfarm/core/metrics";
import { makeQueueTables } from "@shadowfarm/queue/postgres-tables";
import { consume, openSender } from "@shadowfarm/queue/queue";
import { keepLines } from "@shadowfarm/store/attempt-logs";
import { dropCheckpoint, keepCheckpoint } from "@shadowfarm/store/checkpoints";
import { openStore } from "@shadowfarm/store/client";
import { cancelExperiment, retryFailed } from "@shadowfarm/store/experiments";
import {
  type Claim,
  claim,
  commit,
  enqueueAgain,
  failAttempt,
  freeLost,
  handBack,
  heartbeat,
} from "@shadowfarm/store/jobs";
import { loseInput } from "@shadowfarm/store/lost-inputs";
import { migrate } from "@shadowfarm/store/migrate";
import { listResults } from "@shadowfarm/store/results";
import { makeRoles } from "@shadowfarm/store/roles";
import { mendOffers } from "@shadowfarm/store/shares";
import { onWake, seekLead } from "@shadowfarm/store/signals";
import { createToken } from "@shadowfarm/store/tokens";
import { registerWorker, retireWorker } from "@shadowfarm/store/workers";
import pg from "pg";
import { describe, expect } from "vitest";
import { cliAt } from "../cli.ts";
import { eventually, test } from "../fixtures.ts";
import { aPlan, planned, statesOf } from "../plans.ts";
import { serveStored } from "../served-api.ts";
import { writeSpec } from "../specs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A login that is a member of a role; logins belong to the server, which tests share. */
async function loginAs(role: string, databaseUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const [name, password] = [`${role}_${randomBytes(4).toString("hex")}`, randomBytes(12).toString("hex")];
  const asOwner = async (statement: string) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await asOwner(`CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE ${role}`);
  const url = new URL(databaseUrl);
  [url.username, url.password] = [name, password];
  return { url: url.href, drop: () => asOwner(`DROP OWNED BY ${name}; DROP ROLE ${name}`) };
}

async function withLogins<T>(
  databaseUrl: string,
  use: (urls: { scheduler: string; worker: string; reader: string; api: string }) => Promise<T>,
): Promise<T> {
  const logins = [];
  for (const name of ["scheduler", "worker", "reader", "api"]) {
    logins.push(await loginAs(`shadowfarm_${name}`, databaseUrl));
  }
  const [scheduler = "", worker = "", reader = "", api = ""] = logins.map(({ url }) => url);
  try {
    return await use({ scheduler, worker, reader, api });
  } finally {
    for (const { drop } of logins) await drop();
  }
}

async function refusal(url: string, statement: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
    return "allowed";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

describe("roles", () => {
  test("refuse what is not theirs, also when they are made anew", async ({ databaseUrl }) => {
    await makeRoles(databaseUrl);
    await makeRoles(databaseUrl);
    await withLogins(databaseUrl, async ({ scheduler, worker, reader, api }) => {
      const refused = async (url: string, statements: string[]) => {
        for (const statement of statements) {
          expect(`${statement}: ${await refusal(url, statement)}`).toMatch(/: (permission denied|must be owner)/);
        }
      };
      await refused(worker, [
        'DELETE FROM "Result"',
        'DELETE FROM "Job"',
        'DELETE FROM "Artifact"',
        `UPDATE "Job" SET params = '{}'`,
        `UPDATE "Experiment" SET state = 'submitted'`,
        `INSERT INTO "Experiment" (id, name, spec, datasets, engine) VALUES ('x', 'x', '{}', '[]', 'onnx')`,
        `INSERT INTO "Job" (key, kind, params, state) VALUES ('x', 'prepare', '{}', 'ready')`,
        "CREATE TABLE mine ()",
        "CREATE SCHEMA mine",
        'DROP TABLE "Result"',
        'TRUNCATE "Result"',
        "DELETE FROM _prisma_migrations",
      ]);
      await refused(scheduler, [
        'DELETE FROM "Result"',
        'DELETE FROM "Job"',
        `UPDATE "Result" SET metrics = '{}'`,
        `INSERT INTO "Artifact" ("jobKey", name, sha256, bytes) VALUES ('x', 'x', 'x', 1)`,
        "CREATE TABLE mine ()",
      ]);
      await refused(reader, [
        `UPDATE "Result" SET metrics = '{}'`,
        `INSERT INTO "User" (name) VALUES ('x')`,
        'DELETE FROM "Experiment"',
        `UPDATE "Job" SET state = 'ready'`,
        "CREATE TABLE mine ()",
      ]);
      await refused(api, [
        `INSERT INTO "ApiToken" (name, role, sha256) VALUES ('x', 'admin', 'x')`,
        `UPDATE "ApiToken" SET "revokedAt" = NULL`,
        'DELETE FROM "AuditEntry"',
        `UPDATE "AuditEntry" SET body = ''`,
        `UPDATE "Result" SET metrics = '{}'`,
        'DELETE FROM "ResultRow"',
        `INSERT INTO "Job" (key, kind, params, state) VALUES ('x', 'prepare', '{}', 'ready')`,
        `UPDATE "Job" SET params = '{}'`,
        `UPDATE "Experiment" SET spec = '{}'`,
        'DELETE FROM "Experiment"',
        "CREATE TABLE mine ()",
      ]);
      for (const url of [scheduler, worker, reader]) {
        expect(await refusal(url, 'SELECT FROM "ApiToken"')).toMatch(/permission denied/);
      }
      for (const url of [scheduler, worker, reader, api]) {
        expect(await refusal(url, 'SELECT FROM "Result", "Experiment", "Cell", "Job"')).toBe("allowed");
      }
    });
  });

  test("allow what is: all that schedulers, workers and readers ask of the database", async ({ databaseUrl }) => {
    const queue = { databaseUrl, redisUrl: null, prefix: "test" };
    await makeQueueTables(databaseUrl);
    await makeRoles(databaseUrl);
    await withLogins(databaseUrl, async (urls) => {
      const [scheduler, worker, reader] = [
        await openStore(urls.scheduler),
        await openStore(urls.worker),
        await openStore(urls.reader),
      ];
      const lead = await seekLead(scheduler, "roles", () => {});
      expect(lead.held()).toBe(true);
      const woken: (string | undefined)[] = [];
      const waking = await onWake(scheduler, (what) => woken.push(what));

      const plan = aPlan({ a: [], b: ["a"], c: ["a"], d: ["c"] });
      const id = await planned(scheduler, "allowed", plan);
      const claimed = async (key: string) => (await claim(worker, key, "w")) as Claim;
      const ref = { sha256: "a".repeat(64), bytes: 1 };
      await registerWorker(worker, { id: "w", machine: "m", pid: 1, slots: 2, engine: "test", version: "0" });
      expect(await migrate(urls.worker)).toEqual([]);

      const sender = await openSender({ ...queue, databaseUrl: urls.scheduler });
      const heard: string[] = [];
      const consumer = await consume(
        { ...queue, databaseUrl: urls.worker },
        { concurrency: 1, onError: (error) => heard.push(error.message) },
        async (key) => void heard.push(key),
      );
      await sender.send([{ key: "a", fence: 0 }]);
      await eventually("the message is delivered", async () => heard.length > 0);
      expect(heard).toEqual(["a"]);
      await consumer.close();
      await sender.close();

      const where = { engine: "test", machine: "m", version: "0" };
      const metrics = { auc: 0.5 } as unknown as Metrics;
      const first = await claimed("a");
      expect(await heartbeat(worker, "w", ["a"])).toEqual(new Set(["a"]));
      await keepLines(worker, [{ key: "a", fence: first.fence, lines: [], dropped: 0 }]);
      await keepCheckpoint(worker, [first], [ref]);
      expect(await dropCheckpoint(worker, ["a"])).toEqual([ref.sha256]);
      await worker.db.$executeRaw`SELECT charge_company('a', ARRAY['b'])`;
      await handBack(worker, first);
      const done = { artifacts: { x: ref }, metrics, seconds: 1 };
      for (const key of ["a", "b"]) expect(await commit(worker, await claimed(key), done, where)).toBe(true);
      await loseInput(worker, await claimed("c"), "a", "a is missing");
      expect(await commit(worker, await claimed("a"), done, where)).toBe(true);
      const failure = { error: "wrong", retryable: false, maxFailures: 3, backoffSeconds: 0 };
      await failAttempt(worker, await claimed("c"), failure);

      expect(await retryFailed(scheduler, id)).toBe(1);
      expect((await statesOf(reader)).c).toBe("ready");
      await claimed("c");
      expect(await freeLost(scheduler)).toBe(1);
      await mendOffers(scheduler);
      await enqueueAgain(scheduler);
      await cancelExperiment(scheduler, id);
      expect(await reader.db.result.count()).toBe(2);
      expect(await listResults(reader, {})).toEqual([]);
      await retireWorker(worker, "w");
      await eventually("the scheduler is woken", async () => woken.includes("jobs"));
      await waking.close();
      await lead.close();
      for (const store of [scheduler, worker, reader]) await store.close();
    });
  });

  test("allow the API what its users may", async ({ store, databaseUrl, folder }) => {
    await makeRoles(databaseUrl);
    const token = await createToken(store, "ada", "admin");
    const plan = aPlan({ a: [], b: ["a"] });
    const id = await planned(store, "theirs", plan);
    await withLogins(databaseUrl, async ({ api: url }) => {
      const mine = await openStore(url);
      const api = await serveStored(mine, folder, { host: "0.0.0.0" });
      try {
        const ask = async (method: string, path: string, body?: object) => {
          const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
          const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) };
          const response = await fetch(`${api.at}/api${path}`, sent);
          return { status: response.status, body: (await response.text()).slice(0, 500) };
        };
        const spec = JSON.parse(await readFile(await writeSpec(folder, { data: "synthetic" }), "utf8"));
        const answers = [
          await ask("POST", "/experiments", { spec, priority: 1 }),
          await ask("POST", "/experiments", { spec, priority: 2 }),
          await ask("POST", "/plans", { spec }),
          await ask("PATCH", "/experiments/small", { labels: ["big"], memory: 2, concurrency: 3, weight: 2 }),
          await ask("POST", "/experiments/small/cancel"),
          await ask("POST", `/experiments/${id}/cancel`),
          await ask("POST", `/experiments/${id}/retry`),
          await ask("PUT", "/users/bob", { weight: 2 }),
          await ask("PUT", "/users/bob", { weight: 3 }),
        ];
        const reads = [
          "/experiments",
          `/experiments/${id}`,
          "/jobs",
          "/results",
          "/results/groups",
          "/results/dimensions",
        ];
        reads.push("/results.csv", "/results.parquet", "/workers", "/users", "/audit", "/me");
        for (const path of reads) answers.push(await ask("GET", path));
        expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
        expect((await statesOf(store)).a).toBe("ready");
        await eventually("all of it is in the audit log", async () => (await store.db.auditEntry.count()) >= 9);
      } finally {
        await api.stop();
        await mine.close();
      }
    });
  });

  test("run a farm, each process under its own", { timeout: 400_000 }, async ({ store, databaseUrl, folder }) => {
    const cli = cliAt(path.join(folder, "home"));
    const roles = await cli.run(["db", "roles"], { DATABASE_URL: databaseUrl });
    expect(roles).toMatchObject({ code: 0, stdout: expect.stringMatching(/shadowfarm_reader +reads everything/) });
    await withLogins(databaseUrl, async (as) => {
      const processes: ChildProcess[] = [];
      const complaints: string[] = [];
      const start = (app: string, url: string) => {
        const child = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps", app, "src/main.ts")], {
          cwd: ROOT,
          env: {
            ...process.env,
            ...{ DATABASE_URL: url, REDIS_URL: "", SHADOWFARM_HOME: cli.home, SHADOWFARM_LOG_LEVEL: "warn" },
          },
          stdio: ["ignore", "ignore", "pipe"],
        });
        child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
        processes.push(child);
      };
      try {
        start("scheduler", as.scheduler);
        start("worker", as.worker);
        const spec = await writeSpec(folder, {
          name: "small",
          data: "synthetic",
          defenses: ["none"],
          attacks: ["gap"],
        });
        const run = (args: string[], url: string) => cli.run(args, { DATABASE_URL: url });
        expect(await run(["submit", spec], as.reader)).toMatchObject({
          code: 2,
          stderr: expect.stringMatching(
            /this login .* may not do that: permission denied for table \w+; shadowfarm db/,
          ),
        });
        expect(await run(["submit", spec], as.scheduler)).toMatchObject({ code: 0 });
        await eventually(
          "it is done",
          async () => {
            expect(complaints).toEqual([]);
            return (await store.db.experiment.findFirst())?.state === "done";
          },
          200_000,
        );
        const { code, stdout } = await run(["results", "--json"], as.reader);
        expect({ code, results: JSON.parse(stdout).length }).toEqual({ code: 0, results: 1 });
      } finally {
        for (const child of processes) child.kill("SIGTERM");
        await Promise.all(
          processes.map((child) =>
            child.exitCode === null && child.signalCode === null
              ? new Promise((resolve) => child.once("exit", resolve))
              : null,
          ),
        );
      }
    });
  });
});
