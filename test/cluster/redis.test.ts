import { execFileSync } from "node:child_process";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { catalogFor } from "@shadowfarm/ml/catalog";
import type { QueueConfig } from "@shadowfarm/queue/backend";
import { consume, openSender } from "@shadowfarm/queue/queue";
import { startScheduler } from "@shadowfarm/scheduler/scheduler";
import { claim, commit } from "@shadowfarm/store/jobs";
import { openTelemetry } from "@shadowfarm/telemetry/telemetry";
import { describe, expect, inject } from "vitest";
import { test as base, eventually } from "../fixtures.ts";
import { aPlan, planned } from "../plans.ts";
import { aPool } from "../pool.ts";
import { freePort, hasRedis, type RedisServer, startRedis } from "../redis-server.ts";

const test = base
  .extend<{ start: typeof startRedis; tls: Record<"ca" | "cert" | "key", string> }>({
    async start({ task: _ }, use) {
      const servers: RedisServer[] = [];
      await use(async (...settings) => {
        const server = await startRedis(...settings);
        servers.push(server);
        return server;
      });
      await Promise.all(servers.map((server) => server.stop()));
    },
    async tls({ folder }, use) {
      const files = {
        ca: path.join(folder, "ca.pem"),
        cert: path.join(folder, "cert.pem"),
        key: path.join(folder, "key.pem"),
      };
      const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
      const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      openssl("req", "-x509", ...fresh, "-keyout", "ca.key", "-out", files.ca, "-subj", "/CN=lab");
      openssl("req", ...fresh, "-keyout", files.key, "-out", "cert.csr", "-subj", "/CN=queue");
      await writeFile(path.join(folder, "names"), "subjectAltName=IP:127.0.0.1");
      const signed = ["-CA", files.ca, "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
      openssl("x509", "-req", "-in", "cert.csr", ...signed, "-out", files.cert);
      for (const file of await readdir(folder)) await chmod(path.join(folder, file), 0o644);
      await use(files);
    },
  })
  .skipIf(!hasRedis);

const configOf = (databaseUrl: string, redisUrl: string | null, prefix = "lab"): QueueConfig => ({
  databaseUrl,
  redisUrl,
  prefix,
});
const onError = () => {};

/** Sends messages through a queue and waits until they were handled. */
async function deliver(config: QueueConfig, count = 20): Promise<void> {
  const sender = await openSender(config);
  const received = new Set<string>();
  const consumer = await consume(config, { concurrency: 4, onError }, async (key) => void received.add(key));
  await sender.send(Array.from({ length: count }, (_, index) => ({ key: `job${index}`, fence: 0 })));
  await eventually("all arrive", async () => received.size === count && (await sender.size()) === 0);
  await consumer.close();
  await sender.close();
}

async function refusal(config: QueueConfig): Promise<string> {
  const error = await openSender(config).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EnvironmentFault);
  return String(error);
}

describe("a queue on Redis", () => {
  test("is reached by a user who may do nothing else", async ({ start, databaseUrl }) => {
    const { url, ask } = await start();
    ask("ACL", "SETUSER", "farm", "on", ">p@ss", "~{lab}:*", "&*", "+@all", "-@admin", "-@dangerous", "+info");
    ask("ACL", "SETUSER", "default", "off");
    const at = (login: string) => url.replace("//", `//${login}@`);
    await deliver(configOf(databaseUrl, at("farm:p%40ss")));
    expect(await refusal(configOf(databaseUrl, at("farm:p%40ss"), "other"))).toMatch(
      /user "farm" lacks a permission; grant it: ACL SETUSER farm ~\{other\}:\* /,
    );
  });

  test("is reached by TLS, with a client's certificate", async ({ start, databaseUrl, tls }) => {
    const files = { "tls-cert-file": tls.cert, "tls-key-file": tls.key, "tls-ca-cert-file": tls.ca };
    const { port } = await start({ "tls-port": "same", ...files });
    const at = (query: string) => configOf(databaseUrl, `rediss://127.0.0.1:${port}${query}`);
    await deliver(at(`?ca=${tls.ca}&cert=${tls.cert}&key=${tls.key}`));
    expect(await refusal(at(""))).toMatch(/certificate is of an unknown authority; .*rediss:\/\/host\?ca=FILE/);
    expect(await refusal(at(`?ca=${tls.ca}`))).toMatch(
      /asks for a client certificate[;,] name one.*cert=FILE&key=FILE/,
    );
    expect(await refusal(at("?ca=/nowhere"))).toMatch(/\?ca= of REDIS_URL cannot be read \(ENOENT/);
    expect(await refusal(configOf(databaseUrl, `redis://127.0.0.1:${port}`))).toMatch(/write rediss:\/\/ instead/);
  });

  test("says that Redis is away, and goes on when it is back", async ({ start, databaseUrl }) => {
    const before = await start();
    const config = configOf(databaseUrl, before.url);
    const sender = await openSender(config);
    const received = new Set<string>();
    const consumer = await consume(config, { concurrency: 4, onError }, async (key) => void received.add(key));
    await before.stop();
    await expect(sender.send([{ key: "lost", fence: 0 }])).rejects.toThrow(/max retries per request/);
    await expect(sender.size()).rejects.toThrow();
    await start({ port: String(before.port) });
    await eventually("messages are taken again", () =>
      sender.send([{ key: "after", fence: 0 }]).then(
        () => true,
        () => false,
      ),
    );
    await eventually("it arrives", async () => received.has("after"));
    expect([...received]).not.toContain("lost");
    await consumer.close();
    await sender.close();
  });

  test("goes on with the replica that sentinels make the master", { timeout: 90_000 }, async ({
    start,
    databaseUrl,
    folder,
  }) => {
    const secret = { requirepass: "secret", masterauth: "secret" };
    const master = await start(secret);
    const replica = await start({ ...secret, replicaof: `127.0.0.1 ${master.port}` });
    const file = path.join(folder, "sentinel.conf");
    await writeFile(
      file,
      [
        `sentinel monitor farm 127.0.0.1 ${master.port} 1`,
        "sentinel auth-pass farm secret",
        "sentinel down-after-milliseconds farm 1000",
        "sentinel failover-timeout farm 3000",
        "requirepass watched\n",
      ].join("\n"),
    );
    const sentinel = await start({}, [file, "--sentinel"]);
    await eventually("the sentinel knows the replica", async () =>
      sentinel.ask("-a", "watched", "SENTINEL", "replicas", "farm").includes(`127.0.0.1:${replica.port}`),
    );
    const at = (name: string, password: string) =>
      configOf(
        databaseUrl,
        `redis+sentinel://:secret@127.0.0.1:1,127.0.0.1:${sentinel.port}/${name}?sentinelPassword=${password}`,
      );
    expect(await refusal(at("barn", "watched"))).toMatch(/know no master "barn"; correct the name/);
    expect(await refusal(at("farm", "guess"))).toMatch(/the password is refused/);
    const config = at("farm", "watched");
    const sender = await openSender(config);
    const received = new Set<string>();
    const consumer = await consume(config, { concurrency: 4, onError }, async (key) => void received.add(key));
    await sender.send([{ key: "before", fence: 0 }]);
    await eventually("the first arrives", async () => received.has("before"));
    await master.stop();
    await eventually("messages arrive by the other", async () => {
      // What is lost meanwhile is sent again, as the scheduler would.
      await sender.send([{ key: "after", fence: 0 }]).catch(() => {});
      return received.has("after");
    });
    expect(replica.ask("-a", "secret", "ROLE")).toMatch(/^master/);
    await consumer.close();
    await sender.close();
  });

  test("may be a cluster", { timeout: 90_000 }, async ({ start, databaseUrl, folder }) => {
    const nodes: RedisServer[] = [];
    for (let node = 0; node < 3; node++) {
      nodes.push(
        await start({
          "cluster-enabled": "yes",
          "cluster-port": String(await freePort()),
          dir: folder,
          "cluster-config-file": `nodes-${node}.conf`,
        }),
      );
    }
    const [first, ...others] = nodes as [RedisServer, RedisServer, RedisServer];
    const url = `redis+cluster://127.0.0.1:1,127.0.0.1:${first.port}`;
    expect(await refusal(configOf(databaseUrl, url))).toMatch(/is not up; see redis-cli --cluster check 127/);
    const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
    execFileSync("redis-cli", ["--cluster", "create", ...hosts, "--cluster-yes"], { stdio: "ignore" });
    await eventually("the cluster is up", async () =>
      nodes.every((node) => node.ask("CLUSTER", "INFO").includes("cluster_state:ok")),
    );
    await deliver(configOf(databaseUrl, url), 100);
    expect(await refusal(configOf(databaseUrl, first.url))).toMatch(
      /is a node of a cluster; write redis\+cluster:\/\//,
    );
    const holders = nodes.filter((node) => node.ask("DBSIZE") !== "0");
    expect(holders).toHaveLength(1);
    others[1]?.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    expect(await refusal(configOf(databaseUrl, url))).toMatch(/evicts keys \(maxmemory-policy allkeys-lru\)/);
  });

  test("takes no more memory after thousands of messages", { timeout: 90_000 }, async ({ start, databaseUrl }) => {
    const { url, ask } = await start();
    const config = configOf(databaseUrl, url);
    const taken = () => {
      const keys = ask("KEYS", "*").split("\n").sort();
      return { keys, bytes: keys.reduce((sum, key) => sum + Number(ask("MEMORY", "USAGE", key, "SAMPLES", "0")), 0) };
    };
    await deliver(config, 2_000);
    const early = taken();
    for (let round = 0; round < 3; round++) await deliver(config, 2_000);
    const late = taken();
    for (const { keys, bytes } of [early, late]) {
      // The mark of the farm and BullMQ's books, one key of which comes and goes.
      expect(keys.length).toBeLessThan(10);
      // Its record of events is trimmed roughly.
      expect(bytes).toBeLessThan(25_000);
    }
  });
});

test("a farm may move from Postgres to Redis and back with jobs in flight", { timeout: 120_000 }, async ({
  start,
  store,
  databaseUrl,
}) => {
  const keys = Array.from({ length: 80 }, (_, index) => `a${index}`);
  const id = await planned(store, "moved", aPlan(Object.fromEntries(keys.map((key) => [key, []]))));
  const { url } = await start();
  const pool = await aPool(store);
  const did: string[] = [];

  /** A farm that does so many jobs and then holds four more in its hands. */
  const open = async (redisUrl: string | null, jobs: number) => {
    const queue = configOf(databaseUrl, redisUrl);
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = 0;
    const worker = await consume(queue, { concurrency: 4, pool, onError }, async (key) => {
      const held = await claim(store, key, "worker");
      if (held === null) return;
      begun += 1;
      if (begun > jobs) await released;
      did.push(key);
      await commit(store, held, { artifacts: {}, seconds: 0.1 }, { engine: "test", machine: "test", version: "0" });
    });
    const sender = await openSender(queue);
    const telemetry = openTelemetry({ level: "silent", addresses: [] });
    const scheduler = await startScheduler({ store, sender, catalogFor, telemetry, silentSeconds: 600 });
    return {
      holdsFour: () => eventually("four jobs are in its hands", async () => begun === jobs + 4),
      async leave() {
        await scheduler.stop();
        await sender.close();
        return {
          async end() {
            const closed = worker.close();
            release();
            await closed;
          },
        };
      },
    };
  };

  let before: { end(): Promise<void> } | null = null;
  for (const redisUrl of [null, url]) {
    const farm = await open(redisUrl, 20);
    await farm.holdsFour();
    // What the one before had in its hands ends while this one is at work.
    await before?.end();
    before = await farm.leave();
  }
  const last = await open(null, keys.length);
  await before?.end();
  await eventually(
    "all is done",
    async () => (await store.db.experiment.findUnique({ where: { id } }))?.state === "done",
  );
  await (await last.leave()).end();
  expect(did.sort()).toEqual([...keys].sort());
  expect(await store.db.attempt.count({ where: { outcome: "done" } })).toBe(keys.length);
  expect(await store.db.attempt.count()).toBe(keys.length);
});

describe("a Redis that cannot be used says what to do", () => {
  test("a wrong password, and none", async ({ start, databaseUrl }) => {
    const { url } = await start({ requirepass: "secret-one" });
    const wrong = await refusal(configOf(databaseUrl, url.replace("//", "//lab:guess-one@")));
    expect(wrong).toMatch(/REDIS_URL cannot be reached: 127.0.0.1:\d+: the password of user "lab" is refused/);
    expect(wrong).not.toContain("guess-one");
    expect(await refusal(configOf(databaseUrl, url))).toMatch(/a password is asked for; put it into REDIS_URL/);
  });

  test("a wrong port, host, database and scheme", async ({ start, databaseUrl }) => {
    const { url } = await start();
    const web = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
    await new Promise((resolve) => web.once("listening", resolve));
    const { port } = web.address() as { port: number };
    const cases: [string, RegExp][] = [
      ["redis://127.0.0.1:1", /nothing listens there; start Redis, .*or unset REDIS_URL/],
      ["redis://nowhere.invalid", /there is no such host|start Redis, or correct/],
      [`${url}/99`, /it has no database 99; correct \/99/],
      [`redis://127.0.0.1:${port}`, /it is no Redis; correct the host or the port/],
      [url.replace("redis:", "rediss:"), /not (to )?speak TLS.*write redis:\/\/ instead/],
      [url.replace("redis:", "redis+cluster:"), /is no cluster; write redis:\/\/ instead/],
      [`${url.replace("redis:", "redis+sentinel:")}/farm`, /it is no sentinel/],
    ];
    for (const [address, message] of cases) expect(await refusal(configOf(databaseUrl, address))).toMatch(message);
    web.close();
  });

  test("a replica, one that evicts, and one that is full", async ({ start, databaseUrl }) => {
    const master = await start();
    const replica = await start({ replicaof: `127.0.0.1 ${master.port}` });
    await eventually("it has joined", async () => replica.ask("INFO", "replication").includes("master_link_status:up"));
    expect(await refusal(configOf(databaseUrl, replica.url))).toMatch(/a read-only replica; name its master/);
    const evicting = await start({ "maxmemory-policy": "volatile-lru" });
    expect(await refusal(configOf(databaseUrl, evicting.url))).toMatch(
      /evicts keys \(maxmemory-policy volatile-lru\).*CONFIG SET maxmemory-policy noeviction/,
    );
    const full = await start({ maxmemory: "100kb" });
    expect(await refusal(configOf(databaseUrl, full.url))).toMatch(/its memory is full; raise maxmemory/);
  });

  test("the prefix of another farm", async ({ start, databaseUrl }) => {
    const { url, ask } = await start();
    await deliver(configOf(databaseUrl, url));
    const other = new URL(inject("serverUrl"));
    const clash = await refusal(configOf(other.href, url));
    expect(clash).toMatch(
      /the prefix "lab" .* in use by the farm of database test_\w+ on .*; set SHADOWFARM_QUEUE_PREFIX/,
    );
    expect(clash).not.toContain(other.password);
    await deliver(configOf(other.href, url, "barn"));
    // The same farm by another name of its server.
    await deliver(configOf(databaseUrl.replace("127.0.0.1", "localhost"), url));
    // The remedy for a database that replaces the other.
    ask("DEL", "{lab}:farm");
    await deliver(configOf(other.href, url));
  });

  test("doctor and a command, before anything runs", async ({ start, cli }) => {
    const { url } = await start({ "maxmemory-policy": "allkeys-lru" });
    const { code, stdout } = await cli.run(["doctor", "--json"], { REDIS_URL: url });
    expect(code).toBe(1);
    const queue = (JSON.parse(stdout) as { check: string }[]).find(({ check }) => check === "queue");
    expect(queue).toMatchObject({ status: "fail", detail: expect.stringMatching(/evicts keys/) });
    const wrong = await cli.run(["results"], { REDIS_URL: "redis://:hush@hush@queue" });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/^REDIS_URL: .*percent-encode/)]);
    expect(wrong.stderr).not.toContain("hush");
  });
});
