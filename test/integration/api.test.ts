import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { Store } from "@shadowfarm/store/client";
import { createToken, revokeToken } from "@shadowfarm/store/tokens";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { decode } from "fast-png";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test as plainTest } from "vitest";
import { type Cli, cliAt } from "../cli.ts";
import { eventually, test } from "../fixtures.ts";
import { type ServedApi, serveStored } from "../served-api.ts";
import { writeSpec } from "../specs.ts";

// One small experiment is run once, and everything asked of it.
let folder: string;
let cli: Cli;
let store: Store;
let api: ServedApi;
let experiment: string;
/** Operations of the document, by method and path, and those that were used. */
let operations: Map<string, { pattern: RegExp; validators: Map<string, ValidateFunction> }>;
const used = new Set<string>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-test-"));
  await chmod(folder, 0o755);
  cli = cliAt(path.join(folder, "home"));
  const paper = [
    { figure: "Fig. 1", from: "P", metric: "auc", where: { attack: "gap", defense: "none" }, values: 0.6, within: 1 },
  ];
  const spec = await writeSpec(folder, { repeats: 2, paper });
  const { code, stderr } = await cli.run(["run", spec]);
  expect(code, stderr).toBe(0);
  store = await cli.store();
  api = await serveStored(store, path.join(folder, "home"));
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenApi;
  operations = operationsOf(document);
  const { body } = await ask<{ experiments: { id: string }[] }>("GET", "/experiments");
  experiment = body.experiments[0]?.id as string;
});

afterAll(async () => {
  await api?.stop();
  await store?.close();
  await cli?.killAll();
  await rm(folder, { recursive: true, force: true });
});

interface OpenApi {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content: Record<string, { schema: { $ref?: string } }> }> }>
  >;
  components: { schemas: Record<string, object> };
}

function operationsOf(document: OpenApi): typeof operations {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validatorOf = (schema: { $ref?: string }): ValidateFunction =>
    ajv.compile(
      schema.$ref ? (document.components.schemas[schema.$ref.split("/").at(-1) as string] as object) : schema,
    );
  return new Map(
    Object.entries(document.paths).flatMap(([template, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => [
        `${method.toUpperCase()} ${template}`,
        {
          pattern: new RegExp(`^${template.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
          validators: new Map(
            Object.entries(responses).map(([status, { content }]) => [
              status,
              validatorOf(Object.values(content)[0]?.schema ?? {}),
            ]),
          ),
        },
      ]),
    ),
  );
}

/** With headers that fetch would not send. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = rawRequest(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", reject);
    request.end();
  });
}

interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** Asks, and holds the answer to what the document says of it. */
async function ask<T = Record<string, unknown>>(
  method: string,
  url: string,
  body?: unknown,
  { at = api.url, headers = {} }: { at?: string; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const response = await fetch(`${at}/api${url}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json$|json;/.test(response.headers.get("content-type") ?? "");
  const parsed = (isJson ? JSON.parse(text) : text) as T;
  const pathname = url.split("?", 1)[0] as string;
  // Paths without parameters come before those with.
  const found = [...operations]
    .filter(([name, { pattern }]) => name.startsWith(`${method} `) && pattern.test(pathname))
    .sort(([one], [other]) => Number(one.includes("{")) - Number(other.includes("{")))[0];
  if (found) {
    const [name, { validators }] = found;
    const validate = validators.get(String(response.status)) ?? validators.get(`${String(response.status)[0]}XX`);
    expect(validate, `${name} says nothing of ${response.status}`).toBeDefined();
    if (isJson && validate) expect(validate(parsed) ? [] : validate.errors, `${name} ${response.status}`).toEqual([]);
    if (response.ok) used.add(name);
  }
  if (!response.ok) expect(response.headers.get("content-type")).toContain("application/problem+json");
  return { status: response.status, headers: response.headers, body: parsed };
}

describe("reading", () => {
  plainTest("the document is OpenAPI 3.1, and names every filter", async () => {
    const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenApi;
    expect(await new Validator().validate({ ...document })).toMatchObject({ valid: true });
    const parameters = (document.paths["/results"] as unknown as { get: { parameters: { name: string }[] } }).get
      .parameters;
    expect(parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["limit", "cursor", "dataset", "attack.shadows", "training.epochs", "auc.min"]),
    );
  });

  plainTest("experiments, with their progress and their jobs by dataset and kind", async () => {
    const list = await ask<{ experiments: Record<string, unknown>[] }>("GET", "/experiments?state=done&name=MAL");
    expect(list.body.experiments).toMatchObject([{ name: "small", state: "done", progress: { failed: 0 } }]);
    expect((await ask<{ experiments: unknown[] }>("GET", "/experiments?user=nobody")).body.experiments).toEqual([]);
    const { body } = await ask<{ grid: unknown[]; spec: { seed: number } }>("GET", "/experiments/small");
    expect(body.spec.seed).toBe(7);
    expect(body.grid).toContainEqual({ dataset: "mnist", kind: "attack", counts: { done: 8 } });
    expect((await ask("GET", `/experiments/${experiment}/failures`)).body).toEqual({ failures: [] });
    const paper = await ask("GET", `/experiments/${experiment}/paper`);
    expect(paper.body).toMatchObject({ comparisons: [{ figure: "Fig. 1", holds: true, ours: { n: 2 } }] });
  });

  plainTest("jobs in pages, one by its first digits, with its lines and bytes", async () => {
    const keys: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Answer<{ jobs: { key: string }[]; nextCursor: string | null }> = await ask(
        "GET",
        `/jobs?experiment=small&limit=7${cursor && `&cursor=${cursor}`}`,
      );
      keys.push(...page.body.jobs.map(({ key }) => key));
      cursor = page.body.nextCursor;
    }
    expect(keys).toEqual([...new Set(keys)].sort());
    expect(keys).toHaveLength(await store.db.job.count());
    const attacks = await ask<{ jobs: { key: string }[] }>("GET", "/jobs?kind=attack&state=done");
    expect(attacks.body.jobs).toHaveLength(8);
    const key = attacks.body.jobs[0]?.key as string;
    expect((await ask("GET", `/jobs/${key.slice(0, 10)}`)).body).toMatchObject({
      key,
      attempts: [{ outcome: "done" }],
    });
    expect((await ask("GET", `/jobs/${key}/logs`)).body).toMatchObject({ total: 1 });
    const bytes = await ask("GET", `/jobs/${key}/artifacts/scores`);
    expect(bytes.headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
    const other = await ask("GET", `/jobs/${key}/artifacts/weights`);
    expect(other).toMatchObject({ status: 404, body: { allowed: ["scores"] } });
  });

  plainTest("results by filters of every kind, sorted, page after page", async () => {
    type Page = { results: { id: number; attack: string; metrics: { auc: number } }[]; nextCursor: string | null };
    const count = async (query: string) => (await ask<Page>("GET", `/results?${query}`)).body.results.length;
    expect(await count("")).toBe(8);
    expect(await count("attack=gap&defense=none")).toBe(2);
    expect(await count("attack=gap&attack=threshold&repeat=1")).toBe(4);
    expect(await count("attack.points=50")).toBe(4);
    expect(await count("training.epochs=3&model.hidden=16&data=real")).toBe(8);
    expect(await count("attack.points=51")).toBe(0);
    expect(await count("auc.min=0&auc.max=1&records=60")).toBe(8);
    for (const sort of ["id", "-id", "auc", "-auc", "tpr@0.001", "-testAccuracy"]) {
      const seen: Page["results"] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const url: string = `/results?sort=${sort}&limit=3${cursor && `&cursor=${cursor}`}`;
        const { body }: Answer<Page> = await ask<Page>("GET", url);
        seen.push(...body.results);
        cursor = body.nextCursor;
      }
      expect(new Set(seen.map(({ id }) => id)).size, sort).toBe(8);
      const aucs = seen.map(({ metrics }) => metrics.auc);
      if (sort === "auc") expect(aucs).toEqual([...aucs].sort((a, b) => a - b));
    }
  });

  plainTest("means over repeats, over what is asked for, and what a defense costs", async () => {
    type Groups = {
      groups: { by: Record<string, unknown>; n: number; metrics: Record<string, Record<string, unknown>> }[];
    };
    const repeats = await ask<Groups>("GET", "/results/groups?metric=auc&metric=tpr@0.1");
    expect(repeats.body.groups).toHaveLength(4);
    const [first] = repeats.body.groups;
    expect(first).toMatchObject({ n: 2, mixed: false, synthetic: 0, by: { dataset: "mnist", records: 60 } });
    expect(first?.metrics.auc).toMatchObject({ n: 2, chance: 0.5, intervalOf: "repeats" });
    // The same numbers as the database's own.
    const [row] = await store.db.$queryRaw<[{ mean: number; sd: number }]>`
      SELECT avg(auc) AS mean, stddev_samp(auc) AS sd FROM results_wide WHERE attack = 'gap' AND defense = 'none'`;
    const gap = repeats.body.groups.find(({ by }) => by.attack === "gap" && by.defense === "none");
    expect(gap?.metrics.auc?.mean).toBeCloseTo(row.mean, 12);
    expect(gap?.metrics.auc?.sd).toBeCloseTo(row.sd, 12);

    const coarse = await ask<Groups>("GET", "/results/groups?by=dataset&by=attack.points&by=attack");
    expect(coarse.body.groups).toHaveLength(2);
    expect(coarse.body.groups).toContainEqual(
      expect.objectContaining({
        by: { dataset: "mnist", "attack.points": 50, attack: "threshold" },
        n: 4,
        mixed: true,
      }),
    );
    expect(coarse.body.groups[0]?.metrics.auc).toMatchObject({ low: null, intervalOf: null });
    const single = await ask<Groups>("GET", "/results/groups?repeat=0&metric=auc&metric=queries");
    expect(single.body.groups[0]?.metrics.auc).toMatchObject({ n: 1, sd: null, intervalOf: "sample" });
    expect(single.body.groups[0]?.metrics.queries).toMatchObject({ low: null, intervalOf: null });
    const tooMany = await ask("GET", "/results/groups?limit=1");
    expect(tooMany).toMatchObject({ status: 400, body: { detail: expect.stringContaining("more than 1 groups") } });

    const { body: curves } = await ask<{ bands: { n: number; points: { tpr: number }[] }[] }>(
      "GET",
      "/results/bands?attack=gap",
    );
    expect(curves.bands).toMatchObject([{ n: 2, setting: { attack: "gap" } }, { n: 2 }]);
    expect(curves.bands[0]?.points.at(-1)?.tpr).toBe(1);
    const frontier = await ask<{ frontiers: { points: unknown[] }[] }>("GET", "/results/frontier?dataset=mnist");
    expect(frontier.body.frontiers).toHaveLength(1);
    expect(frontier.body.frontiers[0]?.points).toHaveLength(2);
    const [view] = await store.db.$queryRaw<[{ count: number }]>`SELECT count(*)::int AS count FROM frontier`;
    expect(view.count).toBe(4);
    expect((await ask("GET", "/results/dimensions")).body).toMatchObject({
      values: { dataset: [{ value: "mnist", count: 8 }] },
    });
    expect((await ask("GET", "/results/dimensions?of=attack.points")).body).toMatchObject({
      values: { "attack.points": [{ value: 50, count: 4 }] },
    });
  });

  plainTest("one result: where it comes from, its curve and its scores; the command line tells the same", async () => {
    const { body } = await ask<{ results: { jobKey: string; metrics: { auc: number } }[] }>(
      "GET",
      "/results?attack=threshold",
    );
    const [result] = body.results;
    const key = result?.jobKey as string;
    expect((await ask("GET", `/results/${key}`)).body).toMatchObject({ jobKey: key, cells: [{ experiment: "small" }] });
    const provenance = await ask<{ chain: { kind: string; key: string; attempts: { machine: string }[] }[] }>(
      "GET",
      `/results/${key.slice(0, 8)}/provenance`,
    );
    expect(provenance.body.chain.map(({ kind }) => kind)).toEqual(["prepare", "train", "query", "attack"]);
    expect(provenance.body.chain[1]?.attempts[0]?.machine).toBeTruthy();
    const roc = await ask<{ auc: number; points: unknown[] }>("GET", `/results/${key}/roc?points=20`);
    expect(roc.body.auc).toBe(result?.metrics.auc);
    expect(roc.body.points).toHaveLength(new Set(roc.body.points.map((point) => JSON.stringify(point))).size);
    expect(roc.body.points.at(-1)).toEqual({ fpr: 1, tpr: 1 });
    const scores = await ask("GET", `/results/${key}/scores?top=3&all=true`);
    expect(scores.body).toMatchObject({ records: 120, exposed: [{ member: true }, {}, {}] });
    expect((await ask("GET", `/results/${key}/pictures`)).body).toMatchObject({ pictures: true, synthetic: false });
    const record = (scores.body.exposed as { record: number }[])[0]?.record as number;
    const picture = await fetch(`${api.url}/api/results/${key}/pictures/${record}`);
    used.add("GET /results/{key}/pictures/{record}");
    expect(picture.headers.get("content-type")).toBe("image/png");
    expect(decode(new Uint8Array(await picture.arrayBuffer()))).toMatchObject({ width: 28, height: 28, channels: 1 });
    expect((await ask("GET", `/results/${key}/pictures/999999`)).status).toBe(404);
    expect(provenance.body).toMatchObject({ classes: 10, losses: [{ owner: "target" }], unread: [] });
    const verified = await ask("GET", `/results/${key}/verification`);
    expect(verified.body).toMatchObject({ holds: true, differences: [], artifacts: [{}, {}, {}, { name: "scores" }] });
    const explained = await cli.run(["explain", key.slice(0, 8)]);
    expect(explained.code, explained.stderr).toBe(0);
    for (const job of provenance.body.chain) expect(explained.stdout).toContain(`${job.kind} ${job.key}\n`);
  });

  plainTest("how the target and its shadow models learnt", async () => {
    const { body } = await ask<{ results: { jobKey: string }[] }>("GET", "/results?attack=threshold&defense=none");
    type Learnt = { classes: number; losses: { key: string; owner: string; losses: number[] }[]; unread: string[] };
    const url = `/results/${body.results[0]?.jobKey}/provenance`;
    const target = (await ask<Learnt>("GET", url)).body;
    expect(target).toMatchObject({ classes: 10, unread: [], losses: [{ owner: "target" }] });
    const [first = Number.NaN, , last = Number.NaN] = target.losses[0]?.losses ?? [];
    expect(target.losses[0]?.losses).toHaveLength(3);
    expect(last).toBeLessThan(first);
    const { losses } = (await ask<Learnt>("GET", `${url}?shadows=16`)).body;
    expect(losses[0]).toEqual(target.losses[0]);
    expect(new Set(losses.map(({ key }) => key)).size).toBe(losses.length);
  });

  plainTest(
    "a result holds while everything is as it was left, and not when a byte or a number is another",
    async () => {
      const { body } = await ask<{ results: { jobKey: string }[] }>("GET", "/results?attack=threshold&repeat=1");
      const key = body.results[0]?.jobKey as string;
      type Verified = { holds: boolean; artifacts: { kind: string; name: string; problem: string | null }[] };
      const verified = await ask<Verified>("GET", `/results/${key}/verification`);
      expect(verified.body).toMatchObject({ key, holds: true, differences: [] });
      expect(new Set(verified.body.artifacts.map(({ kind }) => kind)).size).toBe(4);
      const good = await cli.run(["verify", key.slice(0, 10)]);
      expect(good, good.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(`result ${key} holds\n`) });

      const { sha256 } = await store.db.artifact.findFirstOrThrow({ where: { jobKey: key, name: "scores" } });
      const files = await readdir(path.join(folder, "home", "artifacts"), { recursive: true });
      const file = path.join(folder, "home", "artifacts", files.find((name) => name.includes(sha256)) as string);
      const bytes = await readFile(file);
      const altered = Buffer.from(bytes);
      altered[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
      await chmod(file, 0o644);
      await writeFile(file, altered);
      const { body: broken } = await ask<Verified>("GET", `/results/${key}/verification`);
      expect(broken).toMatchObject({ holds: false, differences: null });
      expect(broken.artifacts.filter(({ problem }) => problem !== null).map(({ name }) => name)).toEqual(["scores"]);
      const bad = await cli.run(["verify", key]);
      expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining("cannot be computed anew") });
      await writeFile(file, bytes);

      const { metrics } = await store.db.result.findUniqueOrThrow({ where: { jobKey: key } });
      const { auc } = metrics as { auc: number };
      await store.db.result.update({
        where: { jobKey: key },
        data: { metrics: { ...(metrics as object), auc: auc / 2 } },
      });
      expect((await ask("GET", `/results/${key}/verification`)).body).toMatchObject({
        holds: false,
        differences: [{ metric: "auc", stored: auc / 2, recomputed: auc }],
      });
      await store.db.result.update({ where: { jobKey: key }, data: { metrics: metrics as object } });
      expect((await ask("GET", `/results/${key}/verification`)).body).toMatchObject({ holds: true });
    },
  );

  plainTest("papers: the files that come with it, and what was submitted with published numbers", async () => {
    const { body } = await ask<{ papers: { id: string; files: number }[]; problems: string[] }>("GET", "/papers");
    expect(body.problems).toEqual([]);
    expect(body.papers).toContainEqual(expect.objectContaining({ id: "salem-et-al-2019", within: 0, files: 9 }));
    const submitted = await ask("GET", "/papers/published-numbers-of-no-paper-that-is-named");
    expect(submitted.body).toMatchObject({
      ...{ numbers: 1, within: 1, beyond: 0, missing: 0 },
      experiments: [
        { name: "small", file: null, changed: [], comparisons: [{ holds: true, records: [60], ours: { n: 2 } }] },
      ],
    });
    const salem = await ask("GET", "/papers/salem-et-al-2019");
    expect(salem.body.experiments).toContainEqual(
      expect.objectContaining({ file: "apps/farm/experiments/ml-leaks/epochs.yaml", experiment: null }),
    );
    expect((await ask("GET", "/papers/salem-2019")).status).toBe(404);
  });

  plainTest("exports hold what the list has", async () => {
    const lines = await ask<string>("GET", "/results.jsonl?attack=gap");
    const rows = lines.body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).toHaveLength(4);
    const csv = (await ask<string>("GET", "/results.csv?attack=gap")).body.trim().split("\n");
    expect(csv).toHaveLength(5);
    expect(csv[0]).toBe(Object.keys(rows[0] as object).join(","));
    const means = (await ask<string>("GET", "/results/groups.csv?by=attack&by=defense")).body.trim().split("\n");
    expect(means).toHaveLength(5);
    const table = await ask<string>("GET", "/results/groups.tex?by=attack&by=defense");
    expect(table.body.match(/\\\\$/gm)).toHaveLength(5);
    const parquet = await fetch(`${api.url}/api/results.parquet?attack=gap`);
    used.add("GET /results.parquet");
    const file = await parquet.arrayBuffer();
    const read = await parquetReadObjects({ file });
    expect(read.map((row) => [row.jobKey, row.auc, row["tpr@0.001"], JSON.parse(row.attackParams as string)])).toEqual(
      rows.map((row) => [row.jobKey, row.auc, row["tpr@0.001"], row.attackParams]),
    );
  });

  plainTest("the farm itself, and who asks", async () => {
    const { body } = await ask<{ units: { kind: string; name: string }[] }>("GET", "/catalog");
    expect(body.units).toContainEqual(expect.objectContaining({ kind: "attack", name: "lira" }));
    expect((await ask<{ datasets: unknown[] }>("GET", "/datasets")).body.datasets.length).toBeGreaterThan(7);
    const [worker] = (await ask<{ workers: { utilization: number }[] }>("GET", "/workers")).body.workers;
    expect(worker).toMatchObject({ alive: false, running: 0, jobs: [], pool: expect.any(String) });
    expect(worker?.utilization).toBeGreaterThan(0);
    expect((await ask("GET", "/me")).body).toMatchObject({ role: "admin", name: "" });
    expect((await ask<{ users: unknown[] }>("GET", "/users")).body.users.length).toBeGreaterThan(0);
  });

  plainTest("what has not changed is not sent again, and large answers are packed", async () => {
    const url = `${api.url}/api/results`;
    const first = await fetch(url);
    expect(first.headers.get("content-encoding")).toMatch(/gzip|br/);
    // Not by fetch, which asks for it anew whatever it has.
    const status = await statusOf(url, { "if-none-match": first.headers.get("etag") as string });
    expect(status).toBe(304);
  });
});

describe("changing", () => {
  plainTest("an experiment is planned, submitted, changed and cancelled; live progress tells of it", async () => {
    const spec = { ...JSON.parse(await readSpec()), name: "later", seed: 99 };
    const plan = await ask("POST", "/plans", { spec });
    expect(plan.body).toMatchObject({ cells: 8, byKind: { attack: 8 } });

    const aborting = new AbortController();
    const events = await fetch(`${api.url}/api/events`, { signal: aborting.signal });
    used.add("GET /events");
    const heard: string[] = [];
    const listening = (async () => {
      for await (const chunk of events.body as unknown as AsyncIterable<Uint8Array>)
        heard.push(Buffer.from(chunk).toString());
    })().catch(() => {});
    const submitted = await ask<{ id: string }>("POST", "/experiments", { spec, priority: -1 });
    expect(submitted).toMatchObject({ status: 201, body: { name: "later", cells: 8 } });
    const { id } = submitted.body;
    expect(submitted.headers.get("location")).toBe(`/api/experiments/${id}`);
    await eventually("the submission is told", async () =>
      heard.join("").includes(`{"id":"${id}","state":"submitted"`),
    );
    const terms = { concurrency: 2, labels: ["a100"], memory: 16 };
    expect((await ask("PATCH", `/experiments/${id}`, terms)).body).toEqual({ id, priority: -1, weight: 1, ...terms });
    expect((await ask("POST", `/experiments/${id}/cancel`)).body).toEqual({ id, jobs: 0 });
    await eventually("its end is told", async () => heard.join("").includes(`{"id":"${id}","state":"cancelled"`));
    aborting.abort();
    await listening;
    expect((await ask("POST", `/experiments/${id}/retry`)).body).toEqual({ id, jobs: 0 });
    expect((await ask("POST", `/experiments/${id}/cancel`)).status).toBe(200);
    expect((await ask("PUT", "/users/bob", { weight: 2 })).body).toEqual({ name: "bob", weight: 2 });
    await eventually("all of it is in the audit log", async () => {
      const { body } = await ask<{ entries: { method: string; path: string; status: number }[] }>("GET", "/audit");
      return (
        body.entries.some(({ path, status }) => path === "/api/users/bob" && status === 200) && body.entries.length >= 7
      );
    });
  });

  plainTest("a wrong experiment is refused in the command line's words, place by place", async () => {
    const spec = { ...JSON.parse(await readSpec()), attacks: ["lyra", { name: "threshold", pionts: 3 }], datasets: [] };
    const { status, body } = await ask<{ errors: { path: string; message: string }[] }>("POST", "/experiments", {
      spec,
    });
    expect(status).toBe(422);
    const file = await writeSpec(folder, spec, "wrong.json");
    const { stderr, code } = await cli.run(["plan", file]);
    expect(code).toBe(2);
    const said = stderr
      .trim()
      .split("\n")
      .map((line) => line.replace(/^.*?wrong\.json:\d+: /, ""));
    expect(body.errors.map(({ path, message }) => `${path}: ${message}`)).toEqual(said);
  });
});

async function readSpec(): Promise<string> {
  const { body } = await ask<{ spec: object }>("GET", `/experiments/${experiment}`);
  return JSON.stringify({ ...body.spec, paper: undefined });
}

describe("bad input", () => {
  plainTest.each([
    ["/results?datset=mnist", 400, 'unknown key "datset"; did you mean "dataset"?'],
    ["/results?attack.lyra=1", 400, 'unknown key "attack.lyra"'],
    ["/results/groups?by=datset", 400, 'unknown value "datset"'],
    ["/results?sort=size", 400, 'unknown value "size"'],
    ["/results?limit=0", 400, "too small"],
    ["/results?limit=1e9", 400, "too large"],
    ["/results?cursor=abc", 400, "was not given by this list"],
    ["/results?dataset=a%00b", 400, "no text"],
    ["/results?repeat=99999999999", 400, "too large"],
    ["/experiments/nothing", 404, 'no experiment "nothing"'],
    ["/experiments/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, "no experiment"],
    ["/jobs?experiment='%20OR%201=1--", 404, "no experiment"],
    ["/jobs/abcdef0123", 404, 'no job "abcdef0123"'],
    ["/results/'%3B%20DROP%20TABLE%20x", 404, "no result"],
    ["/results/zzzzzz/scores", 404, "no result"],
    ["/nothing", 404, "nothing is at /api/nothing"],
  ])("%s is %i", async (url, status, detail) => {
    const answer = await ask<{ detail: string }>("GET", url);
    expect(answer.body.detail).toContain(detail);
    expect(answer.status).toBe(status);
  });

  plainTest("bodies: of another kind, too large, not JSON, with what no text may hold", async () => {
    expect((await ask("POST", "/experiments", "{")).status).toBe(400);
    expect((await ask("POST", "/experiments", { spec: { name: "\0" } })).status).toBe(400);
    expect((await ask("POST", "/experiments", { spec: { name: "x".repeat(1_100_000) } })).status).toBe(413);
    expect((await ask("POST", "/experiments", {}, { headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await ask("DELETE", "/results")).status).toBe(405);
    expect((await ask("PATCH", "/experiments/small", {})).status).toBe(400);
  });

  plainTest("a filter is a value and never a statement", async () => {
    for (const value of ["' OR '1'='1", '"; DROP TABLE "Cell"; --', "$1", "\\", "{}", "[1e999]"]) {
      const { body } = await ask<{ results: unknown[] }>(
        "GET",
        `/results?${new URLSearchParams({ dataset: value, "attack.points": value })}`,
      );
      expect(body.results).toEqual([]);
    }
    expect(await store.db.cell.count()).toBe(8);
  });
});

describe("safety", () => {
  plainTest("pages cannot run foreign scripts or be framed; nothing is shared with other sites", async () => {
    for (const page of ["/docs", "/api/me", "/"]) {
      const { headers } = await fetch(`${api.url}${page}`);
      const policy = headers.get("content-security-policy") as string;
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("x-powered-by")).toBeNull();
    }
    const docs = await (await fetch(`${api.url}/docs/`)).text();
    expect(docs).not.toMatch(/<script(?! src)|style=|https?:/);
    for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]) {
      expect((await fetch(`${api.url}/docs/${file}`)).status).toBe(200);
    }
  });

  plainTest("a page of another site, and one that took over this machine's name, are refused", async () => {
    const other = await ask("POST", "/plans", { spec: {} }, { headers: { origin: "https://evil.example" } });
    expect(other).toMatchObject({ status: 403, body: { type: "urn:shadowfarm:problem:foreign-origin" } });
    expect((await ask("GET", "/me", undefined, { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    expect(await statusOf(`${api.url}/api/me`, { host: "evil.example" })).toBe(403);
  });

  plainTest("a client that never ends its headers is let go", { timeout: 30_000 }, async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write("GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
    const said = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("close", () => resolve(text));
    });
    expect(said).toContain("408");
  });

  test("elsewhere than on the loopback address nothing is done without a token of its role", async ({
    store: empty,
    folder: home,
  }) => {
    const guarded = await serveStored(empty, home, { host: "0.0.0.0" });
    const { at } = guarded;
    try {
      const tokens = {
        reader: await createToken(empty, "rita", "reader"),
        submitter: await createToken(empty, "sam", "submitter"),
        admin: await createToken(empty, "ada", "admin"),
      };
      const document = (await (await fetch(`${at}/openapi.json`)).json()) as OpenApi;
      const ranks = ["reader", "submitter", "admin"] as const;
      const statusAs = async (method: string, url: string, token?: string) => {
        const response = await fetch(`${at}/api${url}`, {
          method,
          headers: token ? { authorization: `Bearer ${token}` } : {},
        });
        await response.body?.cancel();
        return response.status;
      };
      for (const [template, methods] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          const [, needed] = /role (\w+)/.exec((operation as unknown as { description: string }).description) ?? [];
          if (needed === undefined) continue;
          const url = template.replace(/\{\w+\}/g, "abcdef");
          const name = `${method} ${template}`;
          expect(await statusAs(method.toUpperCase(), url), name).toBe(401);
          for (const rank of ranks) {
            const status = await statusAs(method.toUpperCase(), url, tokens[rank]);
            if (ranks.indexOf(rank) < ranks.indexOf(needed as "reader")) expect(status, `${name} as ${rank}`).toBe(403);
            else expect([401, 403, 500], `${name} as ${rank}: ${status}`).not.toContain(status);
          }
        }
      }
      const session = await fetch(`${at}/api/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: tokens.reader }),
      });
      const cookie = session.headers.get("set-cookie") as string;
      expect(cookie).toMatch(/HttpOnly/);
      expect(cookie).toMatch(/SameSite=Strict/);
      const me = await fetch(`${at}/api/me`, { headers: { cookie: cookie.split(";")[0] as string } });
      expect(await me.json()).toMatchObject({ name: "rita", role: "reader" });
      await revokeToken(empty, "rita");
      expect(await statusAs("GET", "/me", tokens.reader)).toBe(401);
      const guesses = await Promise.all(
        Array.from({ length: 40 }, (_, at) => statusAs("GET", "/me", `guess-number-${at}`)),
      );
      expect(new Set(guesses)).toEqual(new Set([401, 429]));
      const kept = JSON.stringify([
        await empty.db.apiToken.findMany(),
        (await empty.db.auditEntry.findMany()).map(String),
      ]);
      for (const token of Object.values(tokens)) expect(kept).not.toContain(token);
      expect(await empty.db.auditEntry.count({ where: { token: "sam" } })).toBeGreaterThan(0);
    } finally {
      await guarded.stop();
    }
  });
});

plainTest("every operation of the document was used", async () => {
  const token = await createToken(store, "browser", "reader");
  expect((await ask("POST", "/session", { token: `${token}x` })).status).toBe(401);
  await ask("POST", "/session", { token });
  await ask("DELETE", "/session");
  expect([...operations.keys()].filter((name) => !used.has(name))).toEqual([]);
});
