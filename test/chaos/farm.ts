import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { openStore, type Store } from "@shadowfarm/store/client";
import { type EmbeddedPostgres, startEmbedded } from "@shadowfarm/store/embedded";
import type { Submission } from "@shadowfarm/store/experiments";
import { submitExperiment } from "@shadowfarm/store/experiments";
import { migrate } from "@shadowfarm/store/migrate";
import { findPostgres } from "@shadowfarm/store/postgres-binaries";
import { eventually } from "../eventually.ts";
import { openProxy, type Way } from "../proxy.ts";
import { freePort, type RedisServer, startRedis } from "../redis-server.ts";
import { type Service, startService } from "./services.ts";

const run = promisify(execFile);

/** In the environment of every process of a farm, so that none that is left over is missed. */
const MARK = "CHAOS_FARM";
const PREFIX = "chaos";

/** A whole cluster on this machine: Postgres, Redis, two schedulers, two workers of one slot each, and the API. */
export interface Farm {
  readonly store: Store;
  readonly folder: string;
  /** The artifacts of all workers; a file system of its own where `hasOwnDisk`. */
  readonly artifacts: string;
  readonly hasOwnDisk: boolean;
  readonly queue: { databaseUrl: string; redisUrl: string; prefix: string };
  readonly schedulers: readonly Service[];
  readonly workers: readonly Service[];
  readonly api: Service;
  /** What the API answers at a path. */
  askApi(path: string): Promise<unknown>;
  /** The way of the first worker to the database. */
  readonly proxy: Way;
  postgres(action: "restart fast" | "restart immediate" | "stop" | "start"): Promise<void>;
  /** What Redis answers. */
  redis(command: string): string;
  killRedis(): Promise<void>;
  startRedis(): Promise<void>;
  /** Has the clock of a process jump. */
  setClock(service: Service, byMs: number): Promise<void>;
  submit(submission: Submission): Promise<string>;
  /** What ended without being asked to. */
  surprises(): string[];
  /** Ends every service in order. */
  stopServices(): Promise<void>;
  /** Processes of this farm that are alive. */
  survivors(): Promise<string[]>;
  /** Ends the servers, and forgets everything; its folder stays unless `forget`. */
  close(forget?: boolean): Promise<void>;
}

export interface FarmOptions {
  /** Bytes that the artifacts' own disk holds; null: they are on the disk of everything else. */
  diskBytes: number | null;
  env?: Record<string, string>;
}

export async function openFarm({ diskBytes, env = {} }: FarmOptions): Promise<Farm> {
  const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-chaos-"));
  await chmod(folder, 0o755);
  const home = path.join(folder, "database");
  let embedded: EmbeddedPostgres = await startEmbedded(home);
  const { url } = embedded;
  await migrate(url);
  const { data } = JSON.parse(await readFile(path.join(home, "postgres.json"), "utf8")) as { data: string };
  const { pgCtl, runAs } = await findPostgres();
  const control = (...args: string[]) =>
    run(pgCtl, [...args, "-w", "-D", data, "-l", path.join(data, "server.log")], {
      cwd: "/",
      ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
    });
  let redis: RedisServer = await startRedis();
  const port = String(redis.port);
  const proxy = await openProxy(url);
  const artifacts = path.join(folder, "artifacts");
  await mkdir(artifacts);
  const hasOwnDisk =
    diskBytes !== null &&
    (await run("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "shadowfarm-chaos", artifacts]).then(
      () => true,
      () => false,
    ));
  const store = await openStore(url);
  const mark = randomUUID();
  const clock = path.join(folder, "clock");
  const apiPort = await freePort();
  const service = (name: string, program: string, databaseUrl: string) => {
    const own = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redis.url,
      SHADOWFARM_QUEUE_PREFIX: PREFIX,
      SHADOWFARM_HOME: path.join(folder, name),
      SHADOWFARM_ARTIFACTS: artifacts,
      SHADOWFARM_WORKERS: "1",
      SHADOWFARM_LOG_LEVEL: "warn",
      SHADOWFARM_API_PORT: String(apiPort),
      CHAOS_CLOCK: clock,
      [MARK]: mark,
    };
    return startService(name, program, { ...own, ...env }, path.join(folder, `${name}.log`));
  };
  const schedulers = ["scheduler-1", "scheduler-2"].map((name) => service(name, "scheduler/src/main.ts", url));
  const workers = [proxy.url, url].map((way, at) => service(`worker-${at + 1}`, "worker/src/main.ts", way));
  const api = service("api", "farm/src/main.ts api", url);
  const services = [...schedulers, ...workers, api];

  return {
    store,
    folder,
    artifacts,
    hasOwnDisk,
    queue: { databaseUrl: url, redisUrl: redis.url, prefix: PREFIX },
    schedulers,
    workers,
    api,
    async askApi(path) {
      const answer = await fetch(`http://127.0.0.1:${apiPort}/api${path}`);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    proxy,
    async postgres(action) {
      if (action === "stop") await control("stop", "-m", "fast");
      else if (action === "start") embedded = await startEmbedded(home, Number(new URL(url).port));
      else await control("restart", "-m", action === "restart fast" ? "fast" : "immediate");
    },
    redis: (command) => redis.ask(command),
    killRedis: () => redis.stop(),
    async startRedis() {
      redis = await startRedis({ port });
    },
    async setClock(service, byMs) {
      await writeFile(clock, String(byMs));
      service.kill("SIGUSR2");
    },
    submit: (submission) => submitExperiment(store, submission),
    surprises: () => services.flatMap((one) => one.surprises),
    async stopServices() {
      await Promise.all(services.map((one) => one.stop()));
    },
    survivors: () => processesMarked(mark),
    async close(forget = true) {
      await Promise.all(services.map((one) => one.stop("SIGKILL")));
      // Those that compute end by themselves when their worker has.
      await eventually("the farm's processes are gone", async () => (await processesMarked(mark)).length === 0);
      await store.close();
      await redis.stop();
      await embedded.stop();
      await control("stop", "-m", "immediate").catch(() => {});
      if (hasOwnDisk) await run("umount", [artifacts]);
      if (forget) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The command lines, after their ids, of the processes that have this mark in their environment. */
async function processesMarked(mark: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`${MARK}=${mark}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command !== "") found.push(`${pid} ${command.replaceAll("\0", " ")}`);
  }
  return found;
}

/** The compute processes of a worker. */
export async function computeProcesses({ pid }: Service): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const found: number[] = [];
  for (const child of children.split(" ").filter(Boolean)) {
    const command = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
    if (command.includes("child.ts")) found.push(Number(child));
  }
  return found;
}
