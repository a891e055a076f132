import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openStore } from "@shadowfarm/store/client";
import { startEmbedded } from "@shadowfarm/store/embedded";
import { migrate } from "@shadowfarm/store/migrate";
import { seed } from "./seed.ts";

// `npm run bench:api --silent`: what users wait for, one JSON object a kind of request.
const { values } = parseArgs({
  options: {
    results: { type: "string", default: "1000000" },
    jobs: { type: "string", default: "50000" },
    users: { type: "string", default: "50" },
    seconds: { type: "string", default: "10" },
  },
});
const { results, jobs, users, seconds } = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, Number(value)]),
) as Record<keyof typeof values, number>;

/** Each user asks the next question as soon as the last one is answered; `at` makes questions differ. */
const kinds: Record<string, (at: number) => string> = {
  list: (at) => `/results?limit=100&sort=${["-id", "-auc", "testAccuracy"][at % 3]}`,
  filter: (at) => `/results?limit=100&dataset=${pick(datasets, at)}&attack=${pick(attacks, at >> 3)}&repeat=${at % 5}`,
  "filter by parameter": (at) =>
    `/results?limit=100&dataset=${pick(datasets, at)}&training.epochs=${10 * (1 + (at % 5))}`,
  "group an experiment": (at) =>
    `/results/groups?by=dataset&by=attack&metric=auc&metric=tpr@0.01&experimentId=${(1 + (at % 20)).toString(16).padStart(10, "0")}`,
  "group everything": (at) => `/results/groups?by=${["dataset", "defense", "model"][at % 3]}&by=attack&metric=auc`,
  "combinations of a filter": (at) =>
    `/results/groups?dataset=${pick(datasets, at)}&attack=${pick(attacks, at >> 3)}&defense=${pick(defenses, at >> 5)}`,
  "compare 1,000": (at) => `/results?limit=1000&attack=${pick(attacks, at)}`,
  experiments: () => "/experiments?limit=20",
  jobs: (at) => `/jobs?limit=100&kind=attack&experiment=sweep-${1 + (at % 20)}`,
};
const datasets = ["adult", "cifar10", "cifar100", "face", "location", "mnist", "news", "purchase100"];
const attacks = ["gap", "threshold", "shadow", "lira", "rmia"];
const defenses = ["none", "dropout", "l2"];

function pick(names: readonly string[], at: number): string {
  return names[at % names.length] as string;
}

const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-bench-"));
await chmod(home, 0o755);
const postgres = await startEmbedded(home);
try {
  await migrate(postgres.url);
  const store = await openStore(postgres.url);
  const before = performance.now();
  await seed(store, { results, jobs });
  await store.close();
  say({ name: "seed", results, jobs, seconds: (performance.now() - before) / 1000 });
  await measure(postgres.url);
} finally {
  await postgres.stop();
  await rm(home, { recursive: true, force: true });
}

async function measure(databaseUrl: string): Promise<void> {
  const main = fileURLToPath(new URL("../../farm/src/main.ts", import.meta.url));
  const server = spawn(process.execPath, ["--import", "tsx", main, "api"], {
    env: { ...process.env, DATABASE_URL: databaseUrl, SHADOWFARM_HOME: home, SHADOWFARM_API_PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => server.once("close", resolve));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.stderr.on("data", (chunk: Buffer) => {
        said += chunk;
        const [, found] = /the API is at (\S+)\/api/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      server.once("exit", () => reject(new Error(`the API ended:\n${said}`)));
    });
    const agent = new Agent({ keepAlive: true, maxSockets: users });
    for (const [name, urlOf] of Object.entries(kinds)) say(await load(name, (at) => `${url}/api${urlOf(at)}`, agent));
    const started = performance.now();
    const { bytes } = await get(`${url}/api/results.parquet`, agent);
    say({ name: "export to Parquet", results, bytes, seconds: (performance.now() - started) / 1000 });
    agent.destroy();
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

async function load(name: string, urlOf: (at: number) => string, agent: Agent) {
  const times: number[] = [];
  let errors = 0;
  let asked = 0;
  const until = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: users }, async () => {
      while (performance.now() < until) {
        const started = performance.now();
        const { status } = await get(urlOf(asked++), agent);
        times.push(performance.now() - started);
        if (status !== 200) errors++;
      }
    }),
  );
  times.sort((one, other) => one - other);
  const quantile = (share: number) => Number((times[Math.ceil(times.length * share) - 1] ?? Number.NaN).toFixed(1));
  return { name, p50Ms: quantile(0.5), p95Ms: quantile(0.95), p99Ms: quantile(0.99), errors, requests: times.length };
}

function get(url: string, agent: Agent): Promise<{ status: number | undefined; bytes: number }> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { "accept-encoding": "gzip" } }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () => resolve({ status: response.statusCode, bytes }));
    })
      .on("error", reject)
      .end();
  });
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
