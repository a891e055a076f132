import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { EnvironmentFault, messageOf } from "@shadowfarm/core/errors";
import pg from "pg";
import { canReach, findPostgres, type PostgresInstallation, SYSTEM_FOLDER } from "./postgres-binaries.ts";

const run = promisify(execFile);

/** A Postgres server that belongs to one home folder. */
export interface EmbeddedPostgres {
  url: string;
  /** Stops the server, unless another process of ours still uses it; the last one stops it. */
  stop(): Promise<void>;
}

/** What a home remembers of its database, readable by its owner only. */
interface Cluster {
  data: string;
  password: string;
}

/** Whether a home has a database already. */
export function hasEmbedded(home: string): boolean {
  return existsSync(memoryOf(home));
}

function memoryOf(home: string): string {
  return path.join(home, "postgres.json");
}

/**
 * Starts the home's Postgres server, or joins it when it already runs: a second terminal, or a farm that was killed,
 * finds the server where it was left. The first start creates the database cluster.
 *
 * @param port the TCP port on 127.0.0.1; a free one when absent
 * @throws {EnvironmentFault} when the home cannot be written, or the port is in use.
 */
export async function startEmbedded(home: string, port?: number): Promise<EmbeddedPostgres> {
  // Before anything is made. A server that runs already has a port of its own.
  if (port !== undefined && !hasEmbedded(home)) await assertFree(port);
  const installation = await findPostgres();
  const cluster = await openCluster(home, installation);
  const pgCtl = (...args: string[]) => runAs(installation, installation.pgCtl, [...args, "-D", cluster.data]);
  const log = path.join(cluster.data, "server.log");

  for (let attempt = 1; ; attempt++) {
    const running = await runningPort(cluster.data);
    if (running !== null) {
      const url = urlOf(cluster, running);
      const presence = await connect(url);
      if (presence) return { url, stop: () => stopUnlessUsed(presence, pgCtl) };
    }
    const chosen = port ?? (await freePort());
    if (port !== undefined) await assertFree(port);
    try {
      await pgCtl(
        "start",
        "-w",
        "-t",
        "60",
        "-l",
        log,
        "-o",
        SETTINGS.concat([`port=${chosen}`])
          .map((s) => `-c ${s}`)
          .join(" "),
      );
    } catch (error) {
      // Another process may have started the same server in this moment; then it is joined in the next round.
      if (attempt < 5) continue;
      const lines = (await readFile(log, "utf8").catch(() => "")).trim().split("\n").slice(-3).join(" | ");
      throw new EnvironmentFault(
        `embedded Postgres in ${cluster.data} does not start: ${lines || messageOf(error)}; see ${log}`,
      );
    }
  }
}

/**
 * `synchronous_commit` is off: a power failure may lose the last moments' commits, which costs work that is redone, and
 * never corrupts; in return small jobs pass three times as fast.
 */
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "synchronous_commit=off",
  "max_connections=200",
  "shared_buffers=128MB",
  "jit=off",
];

async function openCluster(home: string, installation: PostgresInstallation): Promise<Cluster> {
  const memory = memoryOf(home);
  try {
    await mkdir(home, { recursive: true });
    const known = await readFile(memory, "utf8").catch(() => null);
    if (known !== null) {
      const cluster = JSON.parse(known) as Cluster;
      if (existsSync(path.join(cluster.data, "PG_VERSION"))) return cluster;
    }
    const cluster = { data: await placeFor(home, installation), password: randomBytes(18).toString("base64url") };
    await createCluster(cluster, installation);
    await writeFile(`${memory}.${process.pid}`, JSON.stringify(cluster), { mode: 0o600 });
    await rename(`${memory}.${process.pid}`, memory);
    return cluster;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && ["EACCES", "EROFS", "EPERM", "ENOTDIR", "EEXIST", "ENOENT", "ENOSPC"].includes(code)) {
      throw new EnvironmentFault(
        `the home folder ${home} cannot be written (${code}); make it writable, or set SHADOWFARM_HOME to another`,
      );
    }
    throw error;
  }
}

/** Inside the home where the server's user can get there; under /var/lib for a home inside root's own folders. */
async function placeFor(home: string, { runAs: user }: PostgresInstallation): Promise<string> {
  if (user === null || (await canReach(user, home))) return path.resolve(home, "postgres");
  return path.join(SYSTEM_FOLDER, "data", randomBytes(8).toString("hex"));
}

/** Creates the cluster under a temporary name and renames it, so that a half-made one is never taken for whole. */
async function createCluster({ data, password }: Cluster, installation: PostgresInstallation): Promise<void> {
  const unfinished = `${data}.${process.pid}`;
  const secret = `${unfinished}.secret`;
  await mkdir(path.dirname(data), { recursive: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(secret, `${password}\n`, { mode: 0o600 });
  if (installation.runAs) {
    const { uid, gid } = installation.runAs;
    if (data.startsWith(SYSTEM_FOLDER)) await chmod(path.dirname(data), 0o755);
    await Promise.all([chown(unfinished, uid, gid), chown(secret, uid, gid)]);
  }
  try {
    await runAs(installation, installation.initdb, [
      ...["-D", unfinished, "--username=shadowfarm", `--pwfile=${secret}`, "--auth=scram-sha-256"],
      ...["--encoding=UTF8", "--locale=C", "--no-sync"],
    ]);
    await rename(unfinished, data);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(data))
      throw new EnvironmentFault(`embedded Postgres cannot create ${data}: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(secret, { force: true });
  }
}

function runAs({ runAs: user }: PostgresInstallation, program: string, args: string[]) {
  // The server's messages are not read by programs, but `C` keeps them the same everywhere.
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  return run(program, args, { env, cwd: "/", windowsHide: true, ...(user && { uid: user.uid, gid: user.gid }) });
}

/** The port that a live server's pid file tells; null when there is none. */
async function runningPort(data: string): Promise<number | null> {
  const lines = (await readFile(path.join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const [pid, , , port] = lines;
  if (!pid || !port) return null;
  try {
    process.kill(Number(pid), 0);
    return Number(port);
  } catch {
    return null;
  }
}

function urlOf({ password }: Cluster, port: number): string {
  return `postgresql://shadowfarm:${password}@127.0.0.1:${port}/postgres`;
}

/** By this name the server knows the processes that use it. */
const PRESENCE = "shadowfarm presence";

/** A connection that is held as long as the server is used, so that nobody else stops it; null when there is no server. */
async function connect(url: string): Promise<pg.Client | null> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const client = new pg.Client({
      connectionString: url,
      application_name: PRESENCE,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      // 57P03: it is starting up, or recovering after a crash.
      if ((error as { code?: string }).code !== "57P03" || Date.now() > deadline) return null;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Each process says that it leaves before it looks who is left, so that of two that leave at once at least one stops it. */
async function stopUnlessUsed(presence: pg.Client, pgCtl: (...args: string[]) => Promise<unknown>): Promise<void> {
  try {
    await presence.query(`SET application_name = '${PRESENCE} leaving'`);
    const { rows } = await presence.query<{ others: string }>(
      "SELECT count(*) AS others FROM pg_stat_activity WHERE application_name = $1",
      [PRESENCE],
    );
    if (Number(rows[0]?.others) > 0) return;
  } catch {
    return; // It is gone already.
  } finally {
    await presence.end().catch(() => {});
  }
  // Fails when the other one that leaves was quicker.
  await pgCtl("stop", "-m", "fast", "-w").catch(() => {});
}

function freePort(): Promise<number> {
  return listenOnce(0);
}

async function assertFree(port: number): Promise<void> {
  await listenOnce(port).catch((error: NodeJS.ErrnoException) => {
    throw new EnvironmentFault(
      `port ${port} for the embedded Postgres is not free (${error.code}); set SHADOWFARM_POSTGRES_PORT to another, or leave it unset`,
    );
  });
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}
