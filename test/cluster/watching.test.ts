import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { AttemptRow } from "@shadowfarm/store/attempt-logs";
import type { Store } from "@shadowfarm/store/client";
import { afterEach, describe, expect } from "vitest";
import { eventually, test } from "../fixtures.ts";
import { openProxy } from "../proxy.ts";
import { slow, writeSpec } from "../specs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Process and all that it wrote. */
interface Watched {
  process: ChildProcess;
  output(): string;
}

const started: ChildProcess[] = [];

function watched(child: ChildProcess): Watched {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  }
  return { process: child, output: () => output };
}

function startApp(app: "scheduler" | "worker", env: Record<string, string>): Watched {
  const child = spawn(process.execPath, ["--import", "tsx", path.join(ROOT, "apps", app, "src/main.ts")], {
    cwd: ROOT,
    env: { ...process.env, REDIS_URL: "", SHADOWFARM_DATASETS: "", SHADOWFARM_METRICS_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return watched(child);
}

afterEach(async () => {
  await Promise.all(
    started.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }),
  );
});

/** Where a process says that it serves its metrics. */
async function addressOf({ output }: Watched): Promise<string> {
  return eventually(
    "metrics are served",
    async () => /"url":"(http:[^"]+)","msg":"metrics are served"/.exec(output())?.[1],
  );
}

/** The samples of a page of metrics, by name and labels as they are written. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

async function readiness(url: string): Promise<{ status: number; what: string[]; body: string }> {
  const response = await fetch(`${url}/readyz`);
  const body = await response.text();
  const { problems } = JSON.parse(body) as { problems: { what: string }[] };
  return { status: response.status, what: problems.map(({ what }) => what), body };
}

/** What the metrics should say of the jobs, from the database itself. */
async function jobsIn({ db }: Store): Promise<Record<string, number>> {
  const rows = await db.job.findMany({ select: { kind: true, state: true } });
  const counts: Record<string, number> = {};
  for (const { kind, state } of rows) {
    const name = `shadowfarm_jobs{kind="${kind}",state="${state}"}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe("metrics", () => {
  test("of a farm that ran an experiment agree with its database", async ({ cli, folder }) => {
    const { process: up, finished } = cli.start(["up"], { SHADOWFARM_METRICS_PORT: "0" });
    const url = await addressOf(watched(up));
    const store = await cli.store();
    await cli.run(["submit", await writeSpec(folder)]);
    await store.until("it is done", ({ db }) => db.experiment.findFirst({ where: { state: "done" } }));

    const expected = await jobsIn(store);
    expect(Object.values(expected).reduce((sum, count) => sum + count, 0)).toBe(11);
    const page = await eventually("the counts are of now", async () => {
      const samples = await scrape(url);
      return samples.get('shadowfarm_experiments{state="done"}') === 1 && samples;
    });
    for (const [name, count] of Object.entries(expected)) expect(page.get(name), name).toBe(count);
    const jobs = [...page].filter(([name]) => name.startsWith("shadowfarm_jobs{"));
    expect(jobs).toHaveLength(4 * 7);
    expect(jobs.reduce((sum, [, count]) => sum + count, 0)).toBe(11);

    for (const kind of ["prepare", "train", "query", "attack"] as const) {
      const { _count, _sum } = await store.db.job.aggregate({ where: { kind }, _count: true, _sum: { seconds: true } });
      expect(page.get(`shadowfarm_attempts_total{kind="${kind}",outcome="done"}`)).toBe(_count);
      expect(page.get(`shadowfarm_job_duration_seconds_count{kind="${kind}"}`)).toBe(_count);
      expect(page.get(`shadowfarm_job_duration_seconds_sum{kind="${kind}"}`)).toBeCloseTo(_sum.seconds as number, 6);
      expect(page.get(`shadowfarm_attempts_total{kind="${kind}",outcome="failed"}`)).toBe(0);
    }
    const { _sum } = await store.db.job.aggregate({ _sum: { seconds: true } });
    expect(page.get('shadowfarm_experiment_compute_seconds{experiment_kind="sweep"}')).toBeCloseTo(
      _sum.seconds as number,
      6,
    );
    const [worker] = await store.db.worker.findMany();
    expect(page.get("shadowfarm_worker_slots")).toBe(worker?.slots);
    expect(page.get("shadowfarm_slots")).toBe(worker?.slots);
    expect(page.get("shadowfarm_workers")).toBe(1);
    expect(page.get("shadowfarm_worker_busy_slots")).toBe(0);
    expect(page.get("shadowfarm_queue_messages")).toBe(0);
    expect(page.get("shadowfarm_scheduler_round_duration_seconds_count")).toBeGreaterThan(0);
    expect(page.get("shadowfarm_jobs_lost_total")).toBe(0);
    expect([...page.keys()].find((name) => name.startsWith('shadowfarm_build_info{version="'))).toBeDefined();
    const documented = await readFile(path.join(ROOT, "docs/cluster.md"), "utf8");
    const names = [...page.keys()].map((name) => name.replace(/\{.*/, "").replace(/_(bucket|sum|count)$/, ""));
    expect(names.filter((name) => name.startsWith("shadowfarm_") && !documented.includes(`\`${name}`))).toEqual([]);
    // No name and no label grows with what is computed.
    const { key } = (await store.db.job.findFirst()) as { key: string };
    expect([...page.keys()].filter((name) => name.includes(key.slice(0, 8)))).toEqual([]);

    expect(await readiness(url)).toMatchObject({ status: 200, what: [] });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await store.close();
    up.kill("SIGTERM");
    expect((await finished).code).toBe(0);
  });

  test("are refused a port that is taken, and the farm does not start without them", async ({ cli }) => {
    const first = cli.start(["up"], { SHADOWFARM_METRICS_PORT: "0" });
    const { port } = new URL(await addressOf(watched(first.process)));
    const other = cli.sibling("other");
    const refused = await other.run(["up"], { SHADOWFARM_METRICS_PORT: port });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`metrics cannot be served at 127.0.0.1:${port}`);
  });
});

describe("a worker and a scheduler of their own", () => {
  test("are ready while the database is there, say what is wrong while it is not, and show no secret", async ({
    databaseUrl,
    folder,
    store,
  }) => {
    const proxy = await openProxy(databaseUrl);
    const { password } = new URL(databaseUrl);
    const env = { DATABASE_URL: proxy.url, SHADOWFARM_HOME: path.join(folder, "home"), SHADOWFARM_LOG_LEVEL: "trace" };
    const processes = [startApp("scheduler", env), startApp("worker", { ...env, SHADOWFARM_WORKERS: "3" })];
    const [scheduler, worker] = (await Promise.all(processes.map(addressOf))) as [string, string];
    for (const url of [scheduler, worker]) {
      await eventually("it is ready", async () => (await readiness(url)).status === 200);
    }

    await proxy.cut();
    const bodies: string[] = [];
    for (const url of [scheduler, worker]) {
      const away = await eventually("it is not ready", async () => {
        const answer = await readiness(url);
        return answer.status === 503 && answer;
      });
      expect(away.what).toContain("database");
      expect(away.what).not.toContain("compute");
      // What they need is away; they themselves are well.
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      bodies.push(away.body);
    }
    const without = await eventually("the cached counts are forgotten", async () => {
      const page = await scrape(scheduler);
      return !page.has("shadowfarm_slots") && page;
    });
    expect([...without.keys()].filter((name) => /^shadowfarm_(jobs|queue_messages)\b/.test(name))).toEqual([]);
    // Without its lead a scheduler asks nothing of the database, so that nothing fails: it says that it stands by.
    const said = [/"level":40.*lost its connection to the database/, /"level":50/];
    await eventually("both have logged that", async () =>
      processes.every(({ output }, at) => said[at]?.test(output())),
    );

    await proxy.mend();
    for (const url of [scheduler, worker]) {
      await eventually("it is ready again", async () => (await readiness(url)).status === 200);
    }
    expect(await store.db.worker.count({ where: { slots: 3 } })).toBe(1);
    for (const { process: child } of processes) child.kill("SIGTERM");
    await eventually("both have ended", async () => processes.every(({ process: child }) => child.exitCode === 0));
    const everything = [...processes.map(({ output }) => output()), ...bodies].join("\n");
    expect(everything).toContain("worker stopped");
    expect(password.length).toBeGreaterThan(10);
    expect(everything).not.toContain(password);
    await proxy.cut();
  });

  test("that cannot reach their database say so without its password", async ({ cli, folder }) => {
    const secret = "hush-hush:of@the/lab";
    const wellFormed = `postgres://lab:${encodeURIComponent(secret)}@127.0.0.1:1/farm`;
    for (const DATABASE_URL of [wellFormed, `postgres://lab:${secret}@127.0.0.1:port/farm`]) {
      const apps = (["scheduler", "worker"] as const).map((app) =>
        startApp(app, { DATABASE_URL, SHADOWFARM_HOME: path.join(folder, "home") }),
      );
      await eventually("both have given up", async () => apps.every(({ process: child }) => child.exitCode === 1));
      const command = await cli.run(["status", "--verbose"], { DATABASE_URL });
      const short = await cli.run(["status"], { DATABASE_URL });
      expect(command.code).not.toBe(0);
      const outputs = [...apps.map(({ output }) => output()), command.stderr + command.stdout, short.stderr];
      for (const output of outputs) {
        expect(output).toMatch(/database/);
        expect(output).not.toContain("hush-hush");
        expect(output).not.toContain("the/lab");
      }
    }
  });
});

describe("the lines of attempts", () => {
  test("are shown by job and by experiment, with what made it fail", async ({ cli, folder }) => {
    const spec = await writeSpec(folder, {
      name: "diverging",
      training: { epochs: 20, optimizer: "sgd", learningRate: 10, l2: 10 },
      attacks: ["gap"],
      defenses: ["none"],
    });
    expect((await cli.run(["run", spec])).code).toBe(1);
    const listed = await cli.run(["logs", "diverging", "--json"]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    const { total, attempts } = JSON.parse(listed.stdout) as { total: number; attempts: AttemptRow[] };
    const failed = attempts.filter(({ outcome }) => outcome === "failed");
    expect(total).toBe(attempts.length);
    expect(failed).toMatchObject([{ kind: "train", fence: 1, dropped: 0 }]);
    const { key, lines } = failed[0] as AttemptRow;
    expect(lines.map(({ from, text }) => `${from} ${text}`)).toContainEqual(
      expect.stringMatching(/^worker attempt failed: .*the loss is not a finite number/),
    );

    const text = await cli.run(["logs", key.slice(0, 10)]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(new RegExp(`^train ${key.slice(0, 10)} attempt 1 failed after \\d+s `));
    expect(text.stdout).toMatch(/^ {2}[\d:.]{12} worker attempt failed: .*the loss is not a finite number/m);

    const written = await readFile(path.join(cli.home, "farm.log"), "utf8");
    const log = written
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const about = log.filter((line) => line.job !== undefined);
    expect(about.length).toBeGreaterThan(0);
    const experiment = log.find(({ msg }) => msg === "experiment planned")?.experiment;
    for (const line of about) {
      expect(line).toMatchObject({ experiment, kind: expect.any(String), attempt: expect.any(Number) });
    }

    const unknown = await cli.run(["logs", "nothing"]);
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toMatch(/^there is no experiment "nothing", nor a job whose key begins so/);
  });

  test("hold what compute processes wrote on their streams", async ({ cli, folder }) => {
    // Node says on standard error when it is given a certificate that is not there.
    const { finished } = cli.start(["run", await writeSpec(folder, { name: "loud", ...slow })], {
      NODE_EXTRA_CA_CERTS: path.join(folder, "no-such-file"),
    });
    expect((await finished).code).toBe(0);
    const listed = await cli.run(["logs", "loud", "--json"]);
    const { attempts } = JSON.parse(listed.stdout) as { attempts: AttemptRow[] };
    const heard = attempts.flatMap(({ lines }) => lines).filter(({ from }) => from === "stderr");
    expect(heard).toContainEqual(expect.objectContaining({ text: expect.stringContaining("no-such-file") }));
  });
});
