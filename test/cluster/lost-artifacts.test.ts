import { mkdir, readdir, rm, truncate, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Store } from "@shadowfarm/store/client";
import { cancelExperiment } from "@shadowfarm/store/experiments";
import { type Claim, claim, commit } from "@shadowfarm/store/jobs";
import { loseInput } from "@shadowfarm/store/lost-inputs";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";
import { aPlan, planned, statesOf } from "../plans.ts";
import { startS3 } from "../s3-server.ts";
import { writeSpec } from "../specs.ts";

const where = { engine: "test", machine: "test", version: "0" };

async function claimed(store: Store, key: string): Promise<Claim> {
  const held = await claim(store, key, "worker");
  if (!held) throw new Error(`${key} cannot be claimed`);
  return held;
}

async function finish(store: Store, key: string): Promise<void> {
  expect(await commit(store, await claimed(store, key), { artifacts: {}, seconds: 1 }, where)).toBe(true);
}

describe("an input that lost its artifacts", () => {
  test("is done again, and what depends on it waits; what is done stays done", async ({ store }) => {
    await planned(store, "lost", aPlan({ a: [], b: ["a"], c: ["a"], d: ["b", "c"], e: ["a"] }));
    await finish(store, "a");
    await finish(store, "b");
    await loseInput(store, await claimed(store, "c"), "a", "a is missing");
    expect(await statesOf(store)).toEqual({ a: "ready", b: "done", c: "waiting", d: "waiting", e: "waiting" });
    expect(await store.db.attempt.findFirst({ where: { jobKey: "c" } })).toMatchObject({
      outcome: "failed",
      error: "a is missing",
    });
    for (const key of ["a", "c", "d", "e"]) await finish(store, key);
    expect(Object.values(await statesOf(store))).toEqual(["done", "done", "done", "done", "done"]);
  });

  test("is done again once, whoever else finds out, also late", async ({ store }) => {
    await planned(store, "late", aPlan({ a: [], b: ["a"], c: ["a"], d: ["a"] }));
    await finish(store, "a");
    const [b, c, d] = [await claimed(store, "b"), await claimed(store, "c"), await claimed(store, "d")];
    await Promise.all([loseInput(store, b, "a", "missing"), loseInput(store, c, "a", "missing")]);
    expect(await statesOf(store)).toEqual({ a: "ready", b: "waiting", c: "waiting", d: "running" });
    await finish(store, "a");
    await loseInput(store, d, "a", "missing");
    expect(await statesOf(store)).toEqual({ a: "done", b: "ready", c: "ready", d: "ready" });
    expect(await store.db.job.findUnique({ where: { key: "a" } })).toMatchObject({ losses: 1 });
    await loseInput(store, d, "a", "missing");
    expect((await statesOf(store)).a).toBe("done");
  });

  test("waits for its own inputs, if they are not done either", async ({ store }) => {
    await planned(store, "chain", aPlan({ a: [], b: ["a"], c: ["b"], x: ["a"] }));
    await finish(store, "a");
    await finish(store, "b");
    await loseInput(store, await claimed(store, "x"), "a", "missing");
    await loseInput(store, await claimed(store, "c"), "b", "missing");
    expect(await statesOf(store)).toEqual({ a: "ready", b: "waiting", c: "waiting", x: "waiting" });
    for (const key of ["a", "b", "c", "x"]) await finish(store, key);
  });

  test("fails when it loses them again and again, until it is asked for anew", async ({ store }) => {
    const plan = aPlan({ a: [], b: ["a"], c: ["b"] });
    await planned(store, "again", plan);
    for (const _ of [1, 2, 3]) {
      await finish(store, "a");
      await loseInput(store, await claimed(store, "b"), "a", "missing");
      expect(await statesOf(store)).toEqual({ a: "ready", b: "waiting", c: "waiting" });
    }
    await finish(store, "a");
    await loseInput(store, await claimed(store, "b"), "a", "missing");
    expect(await statesOf(store)).toEqual({ a: "failed", b: "blocked", c: "blocked" });
    expect((await store.db.job.findUnique({ where: { key: "a" } }))?.error).toMatch(
      /done 4 times.*one store.*: missing/,
    );
    await store.db.experiment.updateMany({ data: { state: "submitted" } });
    await planned(store, "again", plan);
    expect(await statesOf(store)).toEqual({ a: "ready", b: "waiting", c: "waiting" });
    expect(await store.db.job.findUnique({ where: { key: "a" } })).toMatchObject({ losses: 0 });
  });
});

/** Every artifact file of a folder. */
async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.includes(".safetensors")).sort();
}

const more = { attacks: ["gap", { name: "threshold", points: 50 }, { name: "threshold", points: 60 }] };

describe("a farm", { timeout: 300_000 }, () => {
  test("makes again what was altered or is missing, and collects what nothing refers to", async ({ cli, folder }) => {
    expect(await cli.run(["run", await writeSpec(folder)])).toMatchObject({ code: 0 });
    const artifacts = path.join(cli.home, "artifacts");
    expect(await cli.run(["artifacts", "verify", "--json"])).toMatchObject({ code: 0 });
    const before = await filesIn(artifacts);

    const store = await cli.store();
    const rows = await store.db.artifact.findMany({ include: { job: true } });
    const fileOf = (kind: string) => {
      const { sha256 = "" } = rows.find(({ job }) => job.kind === kind) ?? {};
      return path.join(artifacts, sha256.slice(0, 2), `${sha256}.safetensors`);
    };
    await truncate(fileOf("query"), 100);
    for (const { sha256 } of rows.filter(({ job }) => job.kind === "prepare"))
      await rm(path.join(artifacts, sha256.slice(0, 2), `${sha256}.safetensors`), { force: true });
    const verified = await cli.run(["artifacts", "verify"]);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/are missing or altered[\s\S]*query \w{10} \w+: .*it was altered/);

    // Further attacks on the same models read both.
    const again = await cli.run(["run", await writeSpec(folder, { name: "more", ...more })]);
    expect(again).toMatchObject({ code: 0 });
    expect(await store.db.job.count({ where: { losses: { gt: 0 } } })).toBeGreaterThan(0);
    const said = await store.db.attemptLog.findMany();
    expect(JSON.stringify(said)).toMatch(/attempt failed: .*(?:missing|altered)/);
    expect(await store.db.job.count({ where: { state: { not: "done" } } })).toBe(0);
    await rm(fileOf("train"), { force: true });

    const old = new Date(Date.now() - 3 * 86_400_000);
    const orphan = path.join(artifacts, "ab", `${"ab".repeat(32)}.safetensors`);
    await writeFile(path.join(artifacts, before[0] as string).concat(".1234"), "half");
    await mkdir(path.dirname(orphan), { recursive: true });
    await writeFile(orphan, "left by a crash");
    const referred = (await filesIn(artifacts)).filter((name) => !name.endsWith(".1234") && !orphan.endsWith(name));
    const young = JSON.parse((await cli.run(["artifacts", "gc", "--json"])).stdout);
    expect(young).toMatchObject({ removed: { count: 0 }, young: { count: 2 }, kept: { count: referred.length } });
    for (const name of await filesIn(artifacts)) await utimes(path.join(artifacts, name), old, old);
    const dry = JSON.parse((await cli.run(["artifacts", "gc", "--dry-run", "--json"])).stdout);
    expect(dry).toMatchObject({ dryRun: true, removed: { count: 2, bytes: 19 }, kept: { count: referred.length } });
    expect(await filesIn(artifacts)).toHaveLength(referred.length + 2);
    const { stdout } = await cli.run(["artifacts", "gc", "--unwanted"]);
    expect(stdout).toMatch(/removed 2 artifacts.*0 jobs that no experiment wants/);
    expect(await filesIn(artifacts)).toEqual(referred);
    await store.close();
  });

  test("forgets what only cancelled experiments want, and makes it again when it is wanted", async ({
    cli,
    folder,
  }) => {
    const spec = await writeSpec(folder, { attacks: ["gap"], defenses: ["none"] });
    expect(await cli.run(["run", spec])).toMatchObject({ code: 0 });
    const store = await cli.store();
    const [experiment] = await store.db.experiment.findMany();
    await cancelExperiment(store, experiment?.id ?? "");
    // While there is a result, what it came from stays.
    const kept = JSON.parse((await cli.run(["artifacts", "gc", "--unwanted", "--keep-days", "0", "--json"])).stdout);
    expect(kept).toMatchObject({ unwantedJobs: 0, removed: { count: 0 } });
    await store.db.result.deleteMany();
    const gone = JSON.parse((await cli.run(["artifacts", "gc", "--unwanted", "--keep-days", "0", "--json"])).stdout);
    expect(gone).toMatchObject({ kept: { count: 0 } });
    expect(gone.unwantedJobs).toBeGreaterThan(2);
    expect(await filesIn(path.join(cli.home, "artifacts"))).toEqual([]);
    expect(await cli.run(["run", spec])).toMatchObject({ code: 0 });
    expect(await store.db.result.count()).toBe(1);
    await store.close();
  });

  test("keeps its artifacts on S3", async ({ cli, folder }) => {
    const s3 = await startS3(path.join(folder, "s3"));
    try {
      const env = s3.variables("farm");
      const spec = await writeSpec(folder);
      expect(await cli.run(["run", spec], env)).toMatchObject({ code: 0 });
      const verified = JSON.parse((await cli.run(["artifacts", "verify", "--json"], env)).stdout);
      expect(verified).toMatchObject({ bad: { count: 0 }, problems: [] });
      expect(verified.good.count).toBeGreaterThan(5);
      expect(await readdir(cli.home)).not.toContain("artifacts");
      const report = path.join(folder, "report.html");
      expect(await cli.run(["report", "small", "--out", report], env)).toMatchObject({ code: 0 });
      // Another bucket's worth of nothing: everything is missing there, and is made again as it is asked for.
      const elsewhere = { ...env, ...s3.variables("moved") };
      await rm(path.join(cli.home, "artifact-cache"), { recursive: true });
      const moved = await cli.run(["run", await writeSpec(folder, { name: "more", ...more })], elsewhere);
      expect(moved).toMatchObject({ code: 0 });
      expect(JSON.parse((await cli.run(["artifacts", "gc", "--json"], elsewhere)).stdout).kept.count).toBeGreaterThan(
        0,
      );
    } finally {
      await s3.stop();
    }
  });
});
